"""The tables that detectors read, as frames of what was known before a date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from features.cut_tables import cut_at
from features.source_tables import SOURCE_TABLES
from features.time_windows import day_number
from features.warehouse import Warehouse, warehouse

HAPPY = 0.9  # of the scale: 9 and 10 of ten
UNHAPPY = 0.6  # 6 and below
DTYPES = {
    "text": "str",
    "time": "datetime64[us, UTC]",
    "number": "float64",
    "integer": "float64",
    "flag": "boolean",
}
USE = 400  # days of use that are looked at


@dataclass(frozen=True, eq=False)
class KnownTables:
    """A book cut at `as_of`; a table that it lacks is empty, and its detectors find nothing to ask."""

    source: Warehouse
    as_of: pd.Timestamp

    @classmethod
    def of(cls, book: Warehouse, as_of: pd.Timestamp) -> KnownTables:
        """What `book` knew before `as_of`."""
        return cls(warehouse(cut_at(book.tables, as_of)), as_of)

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """`account_id`, `owner` (the CSM), `segment`; accounts of nobody are left out."""
        found = self._frame("accounts", "account_id", "owner", "segment")
        return found[found["owner"].notna()].reset_index(drop=True)

    @cached_property
    def questions(self) -> pd.DataFrame:
        """NPS questions with `touchpoint`, `sent_at`, and where they were answered `responded_at`, `share`
        (of the scale), `happy` and `unhappy`."""
        names = ("response_id", "account_id", "contact_id", "kind", "touchpoint", "sent_at", "responded_at")
        found = self._frame("surveys", *names, "score", "scale_min", "scale_max")
        found = found[found["kind"] == "nps"]
        share = (found["score"] - found["scale_min"]) / (found["scale_max"] - found["scale_min"])
        return found.assign(share=share, happy=share >= HAPPY, unhappy=share <= UNHAPPY).reset_index(
            drop=True
        )

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The questions that were answered, of accounts of somebody, with the account's `owner`."""
        found = self.questions[self.questions["share"].notna() & self.questions["responded_at"].notna()]
        return found.merge(self.accounts[["account_id", "owner"]], on="account_id").reset_index(drop=True)

    @cached_property
    def contacts(self) -> pd.DataFrame:
        """`contact_id`, `account_id`, `role`, and when each was on the list."""
        return self._frame("contacts", "contact_id", "account_id", "role", "valid_from", "valid_to")

    @cached_property
    def notes(self) -> pd.DataFrame:
        """Who wrote to whose account, in what kind of note, and when it happened."""
        return self._frame("notes", "note_id", "account_id", "author", "kind", "happened_at")

    @cached_property
    def tickets(self) -> pd.DataFrame:
        """Tickets as they are handled."""
        names = ("ticket_id", "account_id", "contact_id", "kind", "severity", "opened_at", "resolved_at")
        return self._frame("tickets", *names, "contacts_to_resolve", "reopened")

    @cached_property
    def user_days(self) -> pd.DataFrame:
        """Of the last `USE` days, by account, user and day: `events` and their summed `quantity`."""
        if not self.source.has("usage"):
            kinds = {"account_id": "str", "user_id": "str", "quantity": "float64"}
            whole_numbers = dict.fromkeys(("occurred_day", "events"), "int64")
            return pd.DataFrame({n: pd.Series([], dtype=k) for n, k in (kinds | whole_numbers).items()})
        rows = self.source["usage"]
        rows = rows.filter(rows["occurred_day"] >= day_number(self.as_of) - USE)
        by_day = rows.group_by("account_id", "user_id", "occurred_day")
        whole = by_day.aggregate(events=rows.count(), quantity=rows["quantity"].sum())
        found: pd.DataFrame = whole.order_by("account_id", "user_id", "occurred_day").to_pandas()
        return found

    def _frame(self, table: str, *names: str) -> pd.DataFrame:
        if self.source.has(table):
            found: pd.DataFrame = self.source[table].select(*names).to_pandas()
            return found
        kinds = {column.name: column.kind for column in SOURCE_TABLES[table].columns}
        return pd.DataFrame({name: pd.Series([], dtype=DTYPES[kinds[name]]) for name in names})

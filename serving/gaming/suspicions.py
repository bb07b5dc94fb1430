"""Per CSM and trick: how many records are suspicious, how many were expected, how likely by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.gaming.detectors import all_opportunities
from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities
from features.gaming.permuted_accounts import chance_of
from features.warehouse import Warehouse
from serving.gaming.gaming_params import GamingParams


@dataclass(frozen=True, eq=False)
class Suspicion:
    """One trick of one CSM. `p_value`: of as many suspicious records or more, were accounts dealt to CSMs by
    chance; `adjusted`: for all CSMs and tricks that were asked. `accused`: beyond what params allow.

    `records`: `account_id`, `record`, `at` of each suspicious one, newest first.
    """

    csm: str
    kind: str
    table: str
    key: str
    opportunities: int
    suspicious: int
    expected: float
    accounts: int
    p_value: float
    adjusted: float
    accused: bool
    records: pd.DataFrame

    def as_dict(self, most: int = 50) -> dict[str, Any]:
        """Plain values, fit for JSON, with at most so many records."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "records"}
        shown = self.records.head(most)
        rows = zip(shown["account_id"], shown["record"], shown["at"], strict=True)
        told["records"] = [{"account_id": a, "record": str(r), "at": f"{at:%Y-%m-%d}"} for a, r, at in rows]
        return told

    def as_text(self, most: int = 5) -> str:
        """A paragraph for people: what was found, how likely by chance, and some of the very records."""
        n = f"{self.suspicious} of {self.opportunities}, {self.expected:.1f} expected"
        head = f"{self.csm}: {self.kind}: {n}, {self.accounts} accounts; by chance {self.adjusted:.2g}"
        rows = self.records.head(most)
        shown = [
            f"    {a} {self.table} {r} {at:%Y-%m-%d}"
            for a, r, at in zip(rows["account_id"], rows["record"], rows["at"], strict=True)
        ]
        rest = len(self.records) - most
        more = [f"    … and {rest} more (--json)"] if most and rest > 0 else []
        return "\n".join([head, *shown, *more])


def suspicions(book: Warehouse, as_of: pd.Timestamp, params: GamingParams) -> list[Suspicion]:
    """Every CSM and trick with an opportunity, the least likely first.

    Nothing known at or after `as_of` takes part. An accusation needs both: too little chance, and enough
    records to look at.
    """
    accounts = KnownTables.of(book, as_of).accounts
    asked = all_opportunities(book, as_of, params.window, params.compensation_dates, params.before)
    found = [one for each in asked if len(each.rows) for one in _of_kind(each, accounts)]
    adjusted = _adjusted([p for *_, p in found])
    made = [_suspicion(*one, q, params) for one, q in zip(found, adjusted, strict=True)]
    return sorted(made, key=lambda one: (one.adjusted, one.p_value, one.csm, one.kind))


def _of_kind(
    each: Opportunities, accounts: pd.DataFrame
) -> Iterator[tuple[Opportunities, str, pd.DataFrame, int, float]]:
    chance = chance_of(each.excess(), accounts)
    owners = each.rows["account_id"].map(accounts.set_index("account_id")["owner"])
    for csm, rows in each.rows.groupby(owners):
        accounts_of, p_value = (chance[name].to_dict()[csm] for name in ("accounts", "p_value"))
        yield each, str(csm), rows, int(accounts_of), float(p_value)


def _suspicion(
    each: Opportunities,
    csm: str,
    rows: pd.DataFrame,
    accounts: int,
    p_value: float,
    adjusted: float,
    params: GamingParams,
) -> Suspicion:
    suspicious, expected = int(rows["suspicious"].sum()), float(rows["expected"].sum())
    enough = suspicious - expected >= params.fewest_records
    records = rows.loc[rows["suspicious"], ["account_id", "record", "at"]]
    return Suspicion(
        csm,
        each.kind,
        each.table,
        each.key,
        len(rows),
        suspicious,
        expected,
        accounts,
        p_value,
        adjusted,
        adjusted <= params.false_discoveries and enough,
        records.sort_values(["at", "record"], ascending=False).reset_index(drop=True),
    )


def _adjusted(p_values: Sequence[float]) -> list[float]:
    """Benjamini & Yekutieli (2001): an answer may be counted by several tricks, so that tests depend."""
    p = np.asarray(p_values, dtype=float)
    places = np.arange(1, len(p) + 1)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / places * (1 / places).sum()
    found = np.empty(len(p))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(q) for q in found]

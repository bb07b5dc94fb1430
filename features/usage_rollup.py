"""Use, rolled up by account, user and day: what every feature and every piece of evidence reads of it.

One row per account, user, day, module, feature, day on which it became known, and whether it counts
(a row of quantity 0 is no use, but it is a fact). It holds the number of records, their quantity in whole
thousandths, and when the newest of them became known. Sums of whole numbers and sets are the same whichever
way rows are grouped: features of the roll-up are features of the rows, to the bit. Which features are
sticky is a parameter, so their names stay; the module's stay because breadth and evidence go by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir

from features.increments import PART_COLUMNS
from features.source_tables import USAGE
from features.warehouse import with_days

GROUPS = ("account_id", "user_id", "occurred_day", "module", "feature", "known_day", "used")
MEASURES = ("records", "thousandths", "known_at")


def rolled(usage: ir.Table) -> ir.Table:
    """Accepted rows of use (typed, with days) rolled up: GROUPS, then MEASURES."""
    return usage.group_by(*GROUPS).agg(
        records=usage.records.sum(), thousandths=usage.thousandths.sum(), known_at=usage.known_at.max()
    )


def roll_up(usage: ir.Table) -> ir.Table:
    """Accepted rows of use, as checked, rolled up."""
    return rolled(with_days(usage, USAGE))


def as_usage(kept: ir.Table) -> ir.Table:
    """A roll-up with the columns of the table `usage` and those of its days, as the features read them.

    `occurred_at` is the midnight at which the day begins; `recorded_at` the newest moment of its records.
    """
    midnight = ibis.literal(0, "int64").as_timestamp("s") + kept.occurred_day.as_interval("D")
    return kept.mutate(
        occurred_at=midnight.cast("timestamp('UTC')"),
        recorded_at=kept.known_at,
        quantity=kept.thousandths.cast("float64") / 1000.0,
        recorded_day=kept.known_day,
    )


@dataclass(eq=False)
class KeptUse:
    """The roll-up of the parts of a book, the rows that are no fault's, and the faulty ones as they came.

    `owners` has one row per account with its `records`.
    """

    rows: ir.Table
    owners: ir.Table
    faulty: ir.Table

    def to_check(self, came: ir.Table, accounts: ir.Table | None) -> ir.Table:
        """The rows to be checked one by one: those known to be faulty, and those of unknown accounts."""
        unknown = self._unknown(accounts)
        strangers = self.strangers(came, unknown)
        others = self.faulty.filter(~self.faulty.account_id.cast("string").isin(unknown).fill_null(False))
        others = others.select(strangers.columns).cast(dict(strangers.schema()))
        return others.union(strangers) if unknown else others

    def strangers(self, came: ir.Table, unknown: Sequence[str]) -> ir.Table:
        """The rows of unknown accounts as they came, as texts."""
        texts = {name: came[name].cast("string") for name in came.columns if name not in PART_COLUMNS}
        return came.mutate(**texts).filter(lambda t: t.account_id.isin(unknown))

    def records(self, accounts: ir.Table | None) -> int:
        """How many rows of the table the roll-up stands for, those of known accounts."""
        unknown = set(self._unknown(accounts))
        return sum(n for account, n in self._owned.items() if account not in unknown)

    def accepted(self, accounts: ir.Table | None) -> ir.Table:
        """The roll-up of the known accounts."""
        unknown = self._unknown(accounts)
        rows = self.rows.filter(~self.rows.account_id.isin(unknown)) if unknown else self.rows
        return as_usage(rows)

    @cached_property
    def _owned(self) -> dict[str, int]:
        found = self.owners.group_by("account_id").agg(records=self.owners.records.sum()).to_pyarrow()
        return dict(zip(found["account_id"].to_pylist(), found["records"].to_pylist(), strict=True))

    def _unknown(self, accounts: ir.Table | None) -> Sequence[str]:
        if accounts is None:
            return []
        known = set(accounts.select("account_id").to_pyarrow()["account_id"].to_pylist())
        return sorted(self._owned.keys() - known)

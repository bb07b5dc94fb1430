"""What evidence is made of: rows of a table as they were known then, each marked with what it counts for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.params import FeatureParams
from features.source_tables import SourceTable

Marks = dict[str, ir.BooleanValue]
"""For each feature that reads a table: whether a row of it counts."""


@dataclass(frozen=True)
class AsOf:
    """An as-of day (whole days since 1970), and how features are read."""

    day: int
    params: FeatureParams

    def within(self, day: ir.IntegerValue, length: int, times: int = 1) -> ir.BooleanValue:
        """Whether `day` lies in the window of `times · length` days before the as-of date."""
        return (day < self.day) & (day >= self.day - times * length)

    @property
    def labels(self) -> tuple[str, str, str, str]:
        """How month, quarter, half year and year stand in feature names."""
        w = self.params.windows.labels()
        return w["month"], w["quarter"], w["half_year"], w["year"]


LeftOut = Counter[tuple[str, str, str]]
"""How many mentions are left out, by account, feature and why."""


class Span(NamedTuple):
    """Words that were read: characters [start, end) of the row's text.

    A mention has a `theme`, a tonal word a `value` (−1 … 1). `left_out` says why a mention does not
    count: "negated", "hypothetical" or "elsewhere" (said of somebody else); None: it counts.
    """

    start: int
    end: int
    theme: str | None
    value: float | None
    left_out: str | None


@dataclass(frozen=True)
class Records:
    """Rows of one table that stand behind features: by account, in an account the newest first.

    `behind` has a row for each of `rows` and a boolean column per feature. `spans`, where the table has
    texts, holds what was read in each row. `left_out` counts mentions in texts that are no record because
    every mention of the theme in them is left out.
    """

    table: str
    rows: pd.DataFrame
    behind: pd.DataFrame
    spans: Sequence[tuple[Span, ...]] = ()
    left_out: LeftOut = field(default_factory=Counter)

    def of(self, feature: str) -> pd.DataFrame:
        """The rows behind one feature; none where the feature does not read this table."""
        found = self.rows[self.behind[feature]] if feature in self.behind else self.rows.iloc[:0]
        return found.reset_index(drop=True)

    def behind_one_of(self, names: Collection[str]) -> Records:
        """The rows behind one of these features, and the marks of these alone."""
        behind = self.behind[[name for name in self.behind if name in names]]
        kept = behind.any(axis=1).to_numpy(dtype=bool)
        rows, behind = (frame[kept].reset_index(drop=True) for frame in (self.rows, behind))
        spans = [spans for spans, keep in zip(self.spans, kept, strict=True) if keep] if self.spans else ()
        return Records(self.table, rows, behind, spans, self.left_out)


class Columns(NamedTuple):
    """Marks as columns of a table: one for each different mark, since many features read the same rows."""

    values: dict[str, ir.BooleanValue]
    of: dict[str, str]

    def flags(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A boolean column per feature, from the columns of `values`."""
        return frame[list(self.of.values())].set_axis(list(self.of), axis=1).astype(bool)


def columns_of(marks: Marks, names: Collection[str]) -> Columns:
    """The marks of these features as columns that are never null."""
    wanted = {name: mark for name, mark in marks.items() if name in names}
    places = {op: f"mark {place}" for place, op in enumerate({mark.op(): None for mark in wanted.values()})}
    values = {column: op.to_expr().fill_null(False) for op, column in places.items()}
    return Columns(values, {name: places[mark.op()] for name, mark in wanted.items()})


def known_then(rows: ir.Table, table: SourceTable, day: int) -> ir.Table:
    """The rows known before as-of day `day`; what comes later of a row is null unless known by then."""
    known = rows.filter(rows.known_day < day)
    for later in table.later:
        stem = later.removesuffix("_at")
        told = (known[f"{stem}_known_day"] < day).fill_null(False)
        hidden = {name: known[name] for name in (*table.told_by(later), f"{stem}_day")}
        known = known.mutate(
            **{name: ibis.ifelse(told, value, ibis.null(value.type())) for name, value in hidden.items()}
        )
    return known

"""How far an account can plausibly bring a feature in 60 days: what one in ten accounts like it did.

Two things are read from rows of accounts at several dates, and no outcome:

    limits   where one in ten accounts stands or beyond, on the better side (by segment, where it has enough
             accounts); of a feature that is not monotone, the median: towards it is better
    moves    how much nearer to that limit an account came within 60 days, exceeded by one in ten of those
             that started about as far from it (thirds of the distance)

What is missing can become known; `becomes_known` is the share of accounts for which it did within 60 days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature

Values = NDArray[np.float64]

DAYS = 60
NEAR = 7  # two dates are 60 days apart where they are 53 to 67
BEST = 0.9  # one in ten accounts stands there, or moves as far
FEWEST_ACCOUNTS = 10  # of a segment with a value, for a limit of its own
FEWEST_PAIRS = 10  # pairs of rows with room to improve, for a move to be called plausible
ASSUMED = 0.5  # of the distance to the limit, where no two dates are 60 days apart


@dataclass(frozen=True)
class PlausibleMoves:
    """`limits`, `segment_limits`: feature → value. `moves`: feature → `{"from": [edges], "by": [distances]}`.

    `moves` is None where no two dates were 60 days apart: then half of the distance to the limit is assumed,
    and whoever shows it says so. `whole`: the features that only take whole numbers.
    """

    limits: Mapping[str, float]
    segment_limits: Mapping[str, Mapping[str, float]]
    moves: Mapping[str, Mapping[str, Sequence[float]]] | None
    becomes_known: Mapping[str, float]
    whole: frozenset[str]

    def limit(self, feature: str, segment: object) -> float | None:
        """The farthest value that is plausible for accounts of this segment; None where none is known."""
        own = self.segment_limits.get(segment, {}) if isinstance(segment, str) else {}
        return own.get(feature, self.limits.get(feature))

    def longest_move(self, feature: str, distance: float, start: float) -> float:
        """How far towards the limit 60 days plausibly bring it; 0 where nothing like it was seen.

        `distance`: from the value to the limit that is used; `start`: to the limit of the whole portfolio.
        """
        if self.moves is None:
            return ASSUMED * distance
        if (seen := self.moves.get(feature)) is None:
            return 0.0
        place = int(np.searchsorted(np.asarray(seen["from"]), start, side="right"))
        return float(min(distance, seen["by"][place]))

    def as_facts(self) -> dict[str, Any]:
        """Plain JSON, for the bundle."""
        moves = self.moves and {
            name: {k: list(v) for k, v in seen.items()} for name, seen in self.moves.items()
        }
        return {
            "limits": dict(self.limits),
            "segment_limits": {name: dict(own) for name, own in self.segment_limits.items()},
            "moves": moves,
            "becomes_known": dict(self.becomes_known),
            "whole": sorted(self.whole),
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> PlausibleMoves:
        """As `as_facts` wrote it."""
        return cls(**{**facts, "whole": frozenset(facts["whole"])})


def plausible_moves(rows: pd.DataFrame, catalog: Sequence[Feature]) -> PlausibleMoves:
    """Read from rows: account_id, as_of, segment (may be absent) and the features that can be acted on."""
    acted = [f for f in catalog if f.actionable and f.name in rows and rows[f.name].notna().any()]
    limits = {f.name: _limit(rows[f.name], f) for f in acted}
    before, after = _pairs(rows)
    moves = {f.name: _moves(before[f.name], after[f.name], f, limits[f.name]) for f in acted}
    seen = {name: move for name, move in moves.items() if move is not None}
    return PlausibleMoves(
        limits,
        _segment_limits(rows, acted),
        seen if len(before) else None,
        {f.name: _becomes_known(before[f.name], after[f.name]) for f in acted} if len(before) else {},
        frozenset(f.name for f in acted if _is_whole(rows[f.name])),
    )


def room(value: Any, limit: float, direction: str) -> Any:
    """How far a value may still go towards its limit, 0 or more; NaN stays NaN.

    >>> room(0.2, 0.9, "better"), room(30.0, 5.0, "worse"), room(2.0, 5.0, "not_monotone")
    (0.7, 25.0, 3.0)
    """
    away = {"better": limit - value, "worse": value - limit, "not_monotone": abs(value - limit)}[direction]
    return np.maximum(away, 0.0) if isinstance(away, np.ndarray | pd.Series) else max(float(away), 0.0)


def _limit(values: pd.Series, feature: Feature) -> float:
    share = {"better": BEST, "worse": 1 - BEST, "not_monotone": 0.5}[feature.direction]
    known = values.dropna().to_numpy("float64")
    return float(np.quantile(known, share, method="nearest")) + 0.0  # a value that an account really had


def _segment_limits(rows: pd.DataFrame, features: Sequence[Feature]) -> dict[str, dict[str, float]]:
    if "segment" not in rows:
        return {}
    found = {}
    for segment, own in rows.groupby("segment", dropna=True):
        accounts = own["account_id"]
        enough = [f for f in features if accounts[own[f.name].notna()].nunique() >= FEWEST_ACCOUNTS]
        found[str(segment)] = {f.name: _limit(own[f.name], f) for f in enough}
    return found


def _pairs(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that have the same account about 60 days later, and those later rows, one to one."""
    dates = pd.DatetimeIndex(np.sort(rows["as_of"].unique()))
    by_date = {date: own.set_index("account_id") for date, own in rows.groupby("as_of")}
    before, after = [rows.iloc[:0]], [rows.iloc[:0]]
    for date in dates:
        apart = np.abs((dates - date).days.to_numpy() - DAYS)
        if apart.min() > NEAR:
            continue
        later, here = by_date[dates[int(apart.argmin())]], by_date[date]
        both = here.index.intersection(later.index)
        before.append(here.loc[both].reset_index())
        after.append(later.loc[both].reset_index())
    return pd.concat(before, ignore_index=True), pd.concat(after, ignore_index=True)


def _moves(
    before: pd.Series, after: pd.Series, feature: Feature, limit: float
) -> dict[str, list[float]] | None:
    known = before.notna() & after.notna()
    start = np.asarray(room(before[known].to_numpy("float64"), limit, feature.direction))
    end = np.asarray(room(after[known].to_numpy("float64"), limit, feature.direction))
    free = start > 0
    start, nearer = start[free], np.maximum(start - end, 0.0)[free]
    if len(start) < FEWEST_PAIRS:
        return None
    edges = np.quantile(start, [1 / 3, 2 / 3]) if len(start) >= 3 * FEWEST_PAIRS else np.array([])
    third = np.searchsorted(edges, start, side="right")
    by = [_one_in_ten(nearer[third == place], nearer) for place in range(len(edges) + 1)]
    return {"from": edges.tolist(), "by": by}


def _one_in_ten(own: Values, every: Values) -> float:
    return float(np.quantile(own if len(own) >= FEWEST_PAIRS else every, BEST))


def _becomes_known(before: pd.Series, after: pd.Series) -> float:
    missing = before.isna()
    return float(after[missing].notna().mean()) if missing.sum() >= FEWEST_PAIRS else 0.0


def _is_whole(values: pd.Series) -> bool:
    known = values.dropna().to_numpy("float64")
    return bool((known == np.round(known)).all())

"""Challenger beside champion, on the same accounts and dates: how far they differ, and about whom.

Which of the two is right is not told here: within weeks almost no account of a yearly horizon has shown what
becomes of it. That is the gate's question, on past dates; this is about what people will see change.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from training.account_sums import Span, ratio, resampled_sums, span

BANDS = ("green", "yellow", "red")
FARTHEST = 10


@dataclass(frozen=True)
class ShadowComparison:
    """Of the newest date: `accounts`, `rank_correlation` (Spearman; None below 3 accounts), `band_changes`
    (share in another band), `moves` (accounts by the champion's band, then the challenger's) and the
    `farthest` accounts. Over all `dates`: `difference` (challenger − champion, health points) and each one's
    `unrest`, the mean absolute change from one date to the next.
    """

    dates: tuple[str, ...]
    accounts: int
    difference: Span
    band_changes: Span
    moves: dict[str, dict[str, int]]
    rank_correlation: float | None
    unrest: dict[str, float | None]
    farthest: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, document: dict[str, Any]) -> ShadowComparison:
        """From what `as_dict` gave."""
        spans = {name: Span(**document[name]) for name in ("difference", "band_changes")}
        lists = {name: tuple(document[name]) for name in ("dates", "farthest")}
        return cls(**{**document, **spans, **lists})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """For people."""
        if not self.dates:
            return "nothing was scored beside the champion yet: vitals watch does it each night"
        rank = "-" if self.rank_correlation is None else f"{self.rank_correlation:.3f}"
        moved = ", ".join(
            f"{n} {was} → {now}"
            for was, row in self.moves.items()
            for now, n in row.items()
            if n and was != now
        )
        far = [f"  {a['account_id']}: {a['champion']:.1f} → {a['challenger']:.1f}" for a in self.farthest]
        return "\n".join(
            [
                f"{self.accounts} accounts as of {self.dates[-1][:10]}, {len(self.dates)} dates",
                f"challenger − champion {self.difference.as_text('+.1f')} points; rank correlation {rank}",
                f"another band: {self.band_changes.as_text()} of the accounts ({moved or 'none'})",
                *(f"{who}: {_points(moved)} from date to date" for who, moved in self.unrest.items()),
                "farthest apart:",
                *far,
            ]
        )


def shadow_comparison(both: pd.DataFrame, resamples: int, seed: int) -> ShadowComparison:
    """Compares what `shadow_scores.side_by_side` gives: rows of any number of dates, also none.

    Intervals are drawn by account, as everywhere.
    """
    dates = tuple(sorted(both["as_of"].unique()))
    if not dates:
        nothing = Span(None, None, None)
        return ShadowComparison((), 0, nothing, nothing, {}, None, {}, ())
    newest = both[both["as_of"] == dates[-1]].reset_index(drop=True)
    apart = both.assign(apart=both["challenger"] - both["champion"], rows=1.0).groupby("account_id")
    sums = resampled_sums(apart[["apart", "rows"]].sum(), resamples, seed)
    other = (newest["champion_band"] != newest["challenger_band"]).astype(float)
    changed = resampled_sums(pd.DataFrame({"other": other, "rows": 1.0}), resamples, seed)
    return ShadowComparison(
        dates,
        len(newest),
        span(ratio(sums["apart"], sums["rows"])),
        span(ratio(changed["other"], changed["rows"])),
        _moves(newest),
        _rank(newest),
        {who: _unrest(both, who) for who in ("champion", "challenger")},
        _farthest(newest),
    )


def _moves(newest: pd.DataFrame) -> dict[str, dict[str, int]]:
    pairs = newest.groupby(["champion_band", "challenger_band"]).size()
    return {was: {now: int(pairs.get((was, now), 0)) for now in BANDS} for was in BANDS}


def _rank(newest: pd.DataFrame) -> float | None:
    if len(newest) < 3 or min(newest["champion"].nunique(), newest["challenger"].nunique()) < 2:
        return None
    return float(spearmanr(newest["champion"], newest["challenger"]).statistic)


def _unrest(both: pd.DataFrame, who: str) -> float | None:
    by_date = both.pivot(index="account_id", columns="as_of", values=who).to_numpy(float)
    steps = np.abs(np.diff(by_date, axis=1))
    steps = steps[np.isfinite(steps)]
    return float(steps.mean()) if len(steps) else None


def _farthest(newest: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    apart = (newest["challenger"] - newest["champion"]).abs()
    first = newest.assign(apart=apart).sort_values(["apart", "account_id"], ascending=[False, True])
    columns = ["account_id", "champion", "champion_band", "challenger", "challenger_band"]
    return tuple(
        {str(k): v for k, v in row.items()} for row in first[columns].head(FARTHEST).to_dict("records")
    )


def _points(moved: float | None) -> str:
    return "-" if moved is None else f"{moved:.2f} points"

"""What a play did, as far as it can be told: stayed against expected, and against who was as severe.

Severity is the health at opening, in tenths of the scale: an account at 45 is compared with accounts from 40
to 50, and a playbook that is used on hopeless accounts is not blamed for it (direct standardisation, to the
severity of those who got the play). Where nobody as severe was left without the play nothing can be told,
and that is said. It stays an observation: who gets a play is chosen by people, unless `plays.hold_out` chose.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from training.account_sums import Span, ratio, resampled_sums, span
from training.bootstrap import LEVEL

TENTH = 10.0
FEWEST_BESIDE = 5  # untouched account-dates of a tenth, below which it is no comparison
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class PlayEffect:
    """One playbook. `closed` cases that somebody worked on, of which `known` have shown what came.

    `stayed` with its exact interval (Clopper & Pearson 1934) beside `expected`, the mean of the published
    probabilities (None where the rule answered); `difference` in share staying against `beside` untouched
    account-dates of the same tenths, bootstrapped by account. `cannot_tell`: why there is none; else empty.
    """

    playbook: str
    closed: int
    known: int
    stayed: Span
    expected: float | None
    overlap: float
    beside: int
    difference: Span
    cannot_tell: str

    @classmethod
    def of(cls, document: dict[str, Any]) -> PlayEffect:
        """From what `as_dict` gave."""
        plain = {name: value for name, value in document.items() if name != "says"}
        spans = {name: Span(**document[name]) for name in ("stayed", "difference")}
        return cls(**{**plain, **spans})

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON, and the verdict in words."""
        return asdict(self) | {"says": self.says}

    @property
    def says(self) -> str:
        """What may be said of it."""
        if self.cannot_tell:
            return f"cannot tell: {self.cannot_tell}"
        low, high = self.difference.low, self.difference.high
        assert low is not None
        assert high is not None
        if low <= 0 <= high:
            return "not told apart from doing nothing"
        return "more stayed than without it" if low > 0 else "fewer stayed than without it"

    def as_text(self) -> str:
        """A line for people."""
        told = f"{self.playbook}: {self.closed} closed, {self.known} known"
        if self.known:
            expected = "" if self.expected is None else f", {self.expected:.0%} expected by their health"
            told += f": {self.stayed.as_text()} stayed{expected}"
        if not self.cannot_tell:
            told += f"; {self.difference.as_text('+.0%')} against {self.beside} as severe"
        return f"{told}: {self.says}"


def play_effect(
    playbook: str, played: pd.DataFrame, untouched: pd.DataFrame, fewest: int, resamples: int, seed: int
) -> PlayEffect:
    """`played` has a row per closed case, `untouched` one per account and date without any: `account_id`,
    `health` at that time, `stayed` (NaN: not known yet), and of `played` the `expected` chance of staying.
    """
    known = played[played["stayed"].notna()]
    beside = untouched[untouched["stayed"].notna()]
    here = _tenths(known).isin(_enough(beside))
    compared = known[here]
    used = beside[_tenths(beside).isin(_tenths(compared).unique())]
    why = _why_not(played, known, compared, fewest)
    expected = known["expected"].astype(float)
    return PlayEffect(
        playbook,
        len(played),
        len(known),
        exact_share(int(known["stayed"].sum()), len(known)),
        None if expected.empty or expected.isna().any() else float(expected.mean()),
        float(here.mean()) if len(known) else 0.0,
        len(used),
        Span(None, None, None) if why else _standardised(compared, used, resamples, seed),
        why,
    )


def _tenths(rows: pd.DataFrame) -> pd.Series:
    return (rows["health"].astype(float) // TENTH).clip(0, 9)


def _enough(beside: pd.DataFrame) -> list[float]:
    counts = _tenths(beside).value_counts()
    return [float(tenth) for tenth in counts.index[counts >= FEWEST_BESIDE]]


def _why_not(played: pd.DataFrame, known: pd.DataFrame, compared: pd.DataFrame, fewest: int) -> str:
    if played.empty:
        return "no case with it was closed"
    if known.empty:
        return "what became of the accounts is not known yet"
    if compared.empty:
        return "nobody as severe was left without it"
    if len(compared) < fewest:
        return f"{len(compared)} cases can be compared, fewer than {fewest}"
    return ""


def _standardised(played: pd.DataFrame, beside: pd.DataFrame, resamples: int, seed: int) -> Span:
    """The share staying, played less untouched, each tenth weighted by those who got the play."""
    columns = {}
    for group, rows in (("played", played), ("beside", beside)):
        tenth = _tenths(rows).astype(int)
        for number in sorted(set(_tenths(played).astype(int))):
            mine = rows[tenth == number]
            columns[f"{group}:{number}:n"] = mine.groupby("account_id").size().astype(float)
            columns[f"{group}:{number}:stayed"] = mine.groupby("account_id")["stayed"].sum().astype(float)
    sums = resampled_sums(pd.DataFrame(columns).fillna(0.0).sort_index(), resamples, seed)
    total, weight = np.zeros(resamples + 1), np.zeros(resamples + 1)
    for part in sorted({name.split(":")[1] for name in sums}):
        n, m = sums[f"played:{part}:n"], sums[f"beside:{part}:n"]
        both = (n > 0) & (m > 0)
        apart = ratio(sums[f"played:{part}:stayed"], n) - ratio(sums[f"beside:{part}:stayed"], m)
        total += np.where(both, n * apart, 0.0)
        weight += np.where(both, n, 0.0)
    return span(ratio(total, weight))


def exact_share(count: int, of: int, level: float = LEVEL) -> Span:
    """A share with its exact interval.

    >>> exact_share(0, 0)
    Span(value=None, low=None, high=None)
    >>> exact_share(9, 10).as_text()
    '90% [61%, 99%]'
    """
    if not of:
        return Span(None, None, None)
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(1 - tail, count + 1, of - count))
    return Span(count / of, low, high)

"""Figures with intervals, held against their bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from training.audit.told_and_true import Figure

RESAMPLES = 2_000
LEVEL = 0.9


@dataclass(frozen=True)
class Bar:
    """What a figure is held to: at least, or at most, so much."""

    sort: Literal["at least", "at most"]
    value: float

    def met(self, value: float) -> bool:
        """Whether the value keeps to it."""
        return value >= self.value if self.sort == "at least" else value <= self.value


@dataclass(frozen=True)
class Judged:
    """A figure with its interval, and what it means: `met` by the estimate, `sure` if the whole interval
    lies on the same side of the bar; both None without a bar. `cases` is how many there were."""

    name: str
    value: float
    low: float
    high: float
    cases: int
    bar: str | None
    met: bool | None
    sure: bool | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.met is None:
            return ""
        word = "met" if self.met else "missed"
        return f"{self.bar}: {word}" if self.sure else f"{self.bar}: {word}, not for sure"


def judged(
    figures: Sequence[Figure],
    group: NDArray[np.int64],
    bars: Mapping[str, Bar],
    seed: int = 0,
    binomial: bool = False,
) -> tuple[Judged, ...]:
    """Every figure with a 90 % interval: groups (accounts, or worlds) are resampled whole.

    `binomial`: the interval of a share is never narrower than Jeffreys' of as many groups, so that a share
    of 0 or 1 among few accounts has one too (Brown, Cai & DasGupta 2001).
    """
    code = np.unique(group, return_inverse=True)[1]
    count = int(code.max()) + 1
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return tuple(_judged(figure, code, draws, bars.get(figure.name), binomial) for figure in figures)


def _judged(
    figure: Figure, code: NDArray[np.int64], draws: NDArray[np.int64], bar: Bar | None, binomial: bool
) -> Judged:
    cases = np.bincount(code, figure.cases.astype(float), draws.shape[1])
    of = np.bincount(code, figure.of.astype(float), draws.shape[1])
    drawn, drawn_of = draws @ cases, draws @ of
    ratios = drawn[drawn_of > 0] / drawn_of[drawn_of > 0]
    value = cases.sum() / of.sum()
    low, high = np.quantile(ratios, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    if binomial and figure.share:
        few = int((of > 0).sum())
        yes, no = value * few + 0.5, (1 - value) * few + 0.5
        low = min(low, float(beta.ppf((1 - LEVEL) / 2, yes, no)))
        high = max(high, float(beta.ppf((1 + LEVEL) / 2, yes, no)))
    if figure.root:
        value, low, high = np.sqrt([value, low, high])
    sides = None if bar is None else [bar.met(float(x)) for x in (value, low, high)]
    return Judged(
        name=figure.name,
        value=float(value),
        low=float(low),
        high=float(high),
        cases=round(float(of.sum())),
        bar=None if bar is None else f"{bar.sort} {bar.value:.0%}",
        met=None if sides is None else sides[0],
        sure=None if sides is None else len(set(sides)) == 1,
    )


def as_lines(found: Sequence[Judged], titles: Mapping[str, str]) -> list[str]:
    """A line per figure, for people."""
    wide = max(len(titles[one.name]) for one in found)
    return [
        f"  {titles[one.name]:<{wide}}  {_shown(one):<28}{one.cases:>8,}  {one.verdict}".rstrip()
        for one in found
    ]


def _shown(one: Judged) -> str:
    return f"{one.value:7.1%}  [{one.low:.1%}, {one.high:.1%}]"

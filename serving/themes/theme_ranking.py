"""Themes by the revenue at risk behind them.

An account that speaks of a theme brings in its *excess risk*: (its churn probability − that of its segment) ×
its yearly revenue, where the segment's is weighted with revenue. So what everybody mentions comes to nothing
however loud it is, and a theme is harmful as far as those who mention it are likelier to leave than others
like them. An account counts once, however many texts it wrote, and what it brings in is divided equally among
the themes it mentions: no euro is counted twice. Friendly themes (expansion, praise) share among themselves.
It says what goes with a theme, not what the theme causes; see docs/decisions/revenue-behind-a-theme-is-the-
excess-over-its-own-segments-risk.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.text.themes import FRIENDLY, THEMES
from training.bootstrap import account_draws

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
NAMES: tuple[str, ...] = tuple(THEMES)
RESAMPLES = 1_000
LEVEL = 0.9
SEED = 7


@dataclass(frozen=True, eq=False)
class Mentioned:
    """A book of n accounts: `risk` and yearly `revenue` (n,); who mentions which theme `now` and in the
    period `before` (n, themes), in the order of NAMES; and with whom each is compared, `group` (n,), codes
    from 0."""

    risk: Matrix
    revenue: Matrix
    now: Mask
    before: Mask
    group: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ranked:
    """By theme (themes,), in yearly revenue: `value` now, `value_before`, each interval (themes, 2).

    `above` is the share of the resamples in which the value is above 0 (half of those where it is 0).
    `parts` (n, themes) is what each account brings in: `value` is its sum. `base` (groups,) is
    each group's own risk.
    """

    base: Matrix
    value: Matrix
    interval: Matrix
    above: Matrix
    value_before: Matrix
    change: Matrix
    change_interval: Matrix
    parts: Matrix


def ranked(book: Mentioned, resamples: int = RESAMPLES, seed: int = SEED) -> Ranked:
    """The themes' revenue at risk, with percentile intervals over resampled accounts (LEVEL).

    `before` is valued with today's risk and revenue, so that a change tells who speaks of a theme, not
    whose health moved. The bases are estimated anew in every resample.

    >>> two = np.array([[True] + [False] * 8, [False] * 9])
    >>> book = Mentioned(np.array([0.5, 0.1]), np.array([100.0, 100.0]), two, two, np.array([0, 0]))
    >>> found = ranked(book, resamples=20)
    >>> found.base.round(3).tolist(), float(found.value[0].round(1)), float(found.value[1])
    ([0.3], 20.0, 0.0)
    """
    now, before = shares(book.now), shares(book.before)
    groups = int(book.group.max(initial=-1)) + 1
    table = _table(book, now, before, groups)
    whole = np.ones((1, len(table)))
    base, value, value_before = (each[0] for each in _valued(whole @ table, groups))
    drawn = [whole]
    if len(table):
        drawn = _draws(len(table), resamples, seed)
    blocks = [_valued(weights.astype(np.float64) @ table, groups) for weights in drawn]
    values, befores = (np.concatenate([block[place] for block in blocks]) for place in (1, 2))
    tails = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    return Ranked(
        base,
        value,
        np.quantile(values, tails, axis=0).T,
        (values > 0).mean(axis=0) + (values == 0).mean(axis=0) / 2,
        value_before,
        value - value_before,
        np.quantile(values - befores, tails, axis=0).T,
        now * ((book.risk - base[book.group]) * book.revenue)[:, None],
    )


@lru_cache(maxsize=4)
def _draws(accounts: int, resamples: int, seed: int) -> list[NDArray[Any]]:
    """The draws of a book of so many accounts: the same for every question, and half of what one costs.
    How often an account is drawn fits into a byte."""
    return [block.astype(np.uint8) for block in account_draws(np.arange(accounts), resamples, seed)]


def shares(mentions: Mask) -> Matrix:
    """How an account is divided among the themes it mentions (n, themes): equally, the friendly apart."""
    friendly = np.array([name in FRIENDLY for name in NAMES])
    found = np.zeros(mentions.shape)
    for kind in (friendly, ~friendly):
        of_kind = mentions & kind
        found += of_kind / np.maximum(of_kind.sum(axis=1, keepdims=True), 1)
    return found


def order_of(found: Ranked, accounts: NDArray[np.int64]) -> list[int]:
    """The themes, most revenue at risk first; those that nobody mentions last, in the order of NAMES."""
    return sorted(range(len(NAMES)), key=lambda t: (accounts[t] == 0, -found.value[t], t))


def _table(book: Mentioned, now: Matrix, before: Matrix, groups: int) -> Matrix:
    """Whatever is summed over accounts, as columns: for each group its expected loss and revenue, and both
    by theme now and before."""
    lost = book.risk * book.revenue
    totals = np.column_stack([lost, book.revenue])
    by_theme = [s * each[:, None] for s in (now, before) for each in (lost, book.revenue)]
    columns = np.concatenate([totals, *by_theme], axis=1)
    parts = [columns * (book.group == group)[:, None] for group in range(groups)]
    return np.concatenate(parts or [columns], axis=1)


def _valued(sums: Matrix, groups: int) -> tuple[Matrix, Matrix, Matrix]:
    """The bases (b, groups) and the values now and before (b, themes) of b weighted sums of the table."""
    bases: list[Matrix] = []
    now, before = np.zeros((2, len(sums), len(NAMES)))
    for part in np.split(sums, max(groups, 1), axis=1):
        lost, revenue = part[:, 0], part[:, 1]
        base = np.divide(lost, revenue, out=np.zeros(len(part)), where=revenue > 0)
        now_lost, now_revenue, before_lost, before_revenue = np.split(part[:, 2:], 4, axis=1)
        now = now + now_lost - base[:, None] * now_revenue
        before = before + before_lost - base[:, None] * before_revenue
        bases.append(base)
    return np.stack(bases, axis=1), now, before

"""The revenue at risk behind a theme: what must hold of any book."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.written_words import FRIENDLY
from serving.themes.theme_ranking import NAMES, Mentioned, order_of, ranked, shares

UNFRIENDLY = np.array([name not in FRIENDLY for name in NAMES])
QUALITY, COMPETITOR = NAMES.index("quality"), NAMES.index("competitor")


def drawn(seed: int, n: int) -> Mentioned:
    draws = np.random.default_rng(seed)
    now, before = draws.random((2, n, len(NAMES))) < 0.3
    return Mentioned(draws.random(n), draws.integers(0, 5, n) * 100.0, now, before, draws.integers(0, 3, n))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 30))
def test_no_revenue_is_counted_twice(seed: int, n: int) -> None:
    book = drawn(seed, n)
    found = ranked(book, resamples=5)
    assert found.parts.sum(axis=0) == pytest.approx(found.value, abs=1e-6)
    spoke = book.now[:, UNFRIENDLY].any(axis=1)
    excess = ((book.risk - found.base[book.group]) * book.revenue)[spoke].sum()
    assert found.value[UNFRIENDLY].sum() == pytest.approx(excess, abs=1e-6)
    assert set(shares(book.now)[:, UNFRIENDLY].sum(axis=1).round(9)) <= {0.0, 1.0}


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30))
def test_what_everybody_mentions_comes_to_nothing(seed: int, n: int) -> None:
    book = drawn(seed, n)
    only = np.zeros_like(book.now)
    only[:, QUALITY] = True
    found = ranked(replace(book, now=only), resamples=20)
    assert found.value == pytest.approx(0, abs=1e-6)
    assert found.interval == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 30))
def test_the_order_of_the_accounts_does_not_matter(seed: int, n: int) -> None:
    book, mixed = drawn(seed, n), np.random.default_rng(seed + 1).permutation(n)
    columns = (book.risk, book.revenue, book.now, book.before, book.group)
    other = Mentioned(*(column[mixed] for column in columns))
    assert ranked(other, resamples=1).value == pytest.approx(ranked(book, resamples=1).value, abs=1e-6)


def planted(seed: int, loud: int = 300, quiet: int = 6) -> Mentioned:
    """Many healthy accounts mention one theme, a few that are about to leave another; all pay alike."""
    draws = np.random.default_rng(seed)
    n = loud + quiet + 60
    risk, revenue = draws.uniform(0.02, 0.12, n), draws.uniform(800, 1200, n)
    risk[loud : loud + quiet] = draws.uniform(0.5, 0.8, quiet)
    now = np.zeros((n, len(NAMES)), dtype=bool)
    now[: loud + quiet // 2, QUALITY] = True  # some of those at risk join in
    now[loud : loud + quiet, COMPETITOR] = True
    return Mentioned(risk, revenue, now, now, np.zeros(n, dtype=np.int64))


@pytest.mark.parametrize("seed", range(20))
def test_the_loud_harmless_theme_ranks_below_the_quiet_harmful_one(seed: int) -> None:
    book = planted(seed)
    found = ranked(book, resamples=200)
    order = order_of(found, book.now.sum(axis=0))
    assert order.index(COMPETITOR) == 0 < order.index(QUALITY)
    assert found.interval[COMPETITOR, 0] > 0
    assert found.above[COMPETITOR] > 0.99
    lost = (book.risk * book.revenue)[:, None] * book.now
    assert lost[:, QUALITY].sum() > 2 * lost[:, COMPETITOR].sum(), "by plain sums the loud one would lead"


def test_a_theme_without_a_part_in_the_risk_has_an_interval_around_0() -> None:
    """Over 200 books in which nothing goes with a theme, nine of ten intervals hold 0."""
    held = 0
    for seed in range(200):
        draws = np.random.default_rng(seed)
        now = draws.random((150, len(NAMES))) < 0.25
        book = Mentioned(draws.beta(1, 5, 150), np.full(150, 1000.0), now, now, np.arange(150) % 2)
        low, high = ranked(book, resamples=200, seed=seed).interval[QUALITY]
        held += low <= 0 <= high
    assert 165 <= held <= 195


def test_the_same_book_gives_the_same_bytes_and_a_change_is_now_minus_before() -> None:
    book = drawn(3, 20)
    first, second = ranked(book), ranked(book)
    assert (first.interval == second.interval).all()
    assert (first.change == first.value - first.value_before).all()


def test_a_book_of_nobody_has_no_risk() -> None:
    nobody = Mentioned(np.zeros(0), np.zeros(0), *np.zeros((2, 0, len(NAMES)), dtype=bool), np.zeros(0, int))
    found = ranked(nobody)
    assert (found.base.tolist(), found.value.any(), found.interval.any()) == ([0.0], False, False)


def test_a_theme_of_a_risky_segment_is_not_harmful_for_that() -> None:
    """Half of a risky segment praises, and praise goes with nothing there; so with few of the safe one."""
    draws = np.random.default_rng(5)
    group = np.repeat([0, 1], 100)
    risk = np.where(group == 1, 0.4, 0.05) + draws.uniform(-0.02, 0.02, 200)
    now = np.zeros((200, len(NAMES)), dtype=bool)
    now[:, QUALITY] = draws.random(200) < np.where(group == 1, 0.5, 0.05)
    book = Mentioned(risk, np.full(200, 1000.0), now, now, group)
    low, high = ranked(book).interval[QUALITY]
    assert low <= 0 <= high
    alike = replace(book, group=np.zeros(200, dtype=np.int64))
    assert ranked(alike).interval[QUALITY, 0] > 5_000, "against the whole book it would look harmful"

"""Waits of which some are open: against order statistics, a naive estimate, and a truth that is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.kpis.kaplan_meier import Waits, time_quantile

WAITS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=25)


def waits_of(pairs: list[tuple[int, bool]]) -> Waits:
    lengths, ended = zip(*pairs, strict=True)
    return Waits(np.array(lengths, dtype=np.float64), np.array(ended), np.arange(len(pairs)))


def naively(pairs: list[tuple[int, bool]], share: float) -> float | None:
    """Moment by moment, as the paper has it."""
    waiting = 1.0
    for moment in sorted({length for length, _ in pairs}):
        at_risk = sum(length >= moment for length, _ in pairs)
        waiting *= 1 - sum(length == moment and ended for length, ended in pairs) / at_risk
        if waiting <= 1 - share + 1e-9:
            return float(moment)
    return None


@settings(deadline=None, max_examples=80)
@given(WAITS, st.sampled_from([0.5, 0.9]))
def test_the_estimate_is_that_of_the_paper(pairs: list[tuple[int, bool]], share: float) -> None:
    found = time_quantile(waits_of(pairs), share)
    assert found.value == naively(pairs, share)
    ends = [np.inf if end is None else end for end in (found.low, found.value, found.high)]
    assert ends[0] <= ends[2]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=25), st.sampled_from([0.5, 0.9]))
def test_where_nothing_is_open_it_is_the_order_statistic(lengths: list[int], share: float) -> None:
    found = time_quantile(waits_of([(length, True) for length in lengths]), share)
    place = int(np.ceil(share * len(lengths) - 1e-9)) - 1
    assert found.value == sorted(lengths)[place]


@settings(deadline=None, max_examples=40)
@given(WAITS, st.integers(0, 24))
def test_a_call_that_was_not_made_never_makes_the_team_look_faster(
    pairs: list[tuple[int, bool]], place: int
) -> None:
    place %= len(pairs)
    missed = [*pairs[:place], (max(length for length, _ in pairs), False), *pairs[place + 1 :]]
    before, after = (time_quantile(waits_of(each), 0.5).value for each in (pairs, missed))
    assert after is None or (before is not None and after >= before)


def test_the_interval_holds_the_true_median_and_leaving_open_calls_out_would_flatter() -> None:
    """120 worlds of 60 calls of 6 hours at the median, looked at on average 8 hours after the alarm."""
    truth, held, dropped = 6.0, 0, []
    for seed in range(120):
        draws = np.random.default_rng(seed)
        takes, seen = draws.exponential(truth / np.log(2), 60), draws.exponential(8, 60)
        ended = takes <= seen
        found = time_quantile(Waits(np.minimum(takes, seen), ended, np.arange(60)), 0.5)
        held += (found.low or 0) <= truth <= (np.inf if found.high is None else found.high)
        dropped.append(np.median(takes[ended]))
    assert 98 <= held <= 120
    assert np.mean(dropped) < 0.7 * truth


def test_the_calls_of_one_account_are_no_independent_evidence() -> None:
    draws = np.random.default_rng(1)
    takes = np.repeat(draws.exponential(6, 12), 10)
    apart = time_quantile(Waits(takes, np.ones(120, dtype=bool), np.arange(120)), 0.5)
    together = time_quantile(Waits(takes, np.ones(120, dtype=bool), np.repeat(np.arange(12), 10)), 0.5)
    assert apart.value == together.value
    assert together.high - together.low > 1.5 * (apart.high - apart.low)  # type: ignore[operator]


def test_of_nothing_nothing_is_said() -> None:
    nothing = Waits(np.zeros(0), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    assert time_quantile(nothing, 0.5).value is None
    assert time_quantile(waits_of([(3, False), (4, False)]), 0.5) == time_quantile(nothing, 0.5)
    assert time_quantile(waits_of([(3, True)]), 0.9).value == pytest.approx(3)

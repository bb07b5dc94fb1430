"""Intervals that know how many accounts there are, and what they say of a bar."""

from __future__ import annotations

import numpy as np
import pytest

from training.audit.told_and_true import Figure
from training.audit.verdicts import Bar, as_lines, judged

ONES = np.ones(400)


def one(cases: np.ndarray, bar: Bar | None = None, group: np.ndarray | None = None, **more: bool):
    figure = Figure(
        "f", cases, np.ones(len(cases)), root=more.pop("root", False), share=more.pop("share", True)
    )
    bars = {} if bar is None else {"f": bar}
    (found,) = judged([figure], np.arange(len(cases)) if group is None else group, bars, **more)
    return found


def test_the_interval_of_a_share_is_that_of_as_many_accounts() -> None:
    found = one(np.arange(400) % 4 == 0)
    assert (found.value, found.cases) == (0.25, 400)
    assert found.high - found.low == pytest.approx(2 * 1.645 * np.sqrt(0.25 * 0.75 / 400), rel=0.1)


def test_rows_of_one_account_are_no_evidence_of_their_own() -> None:
    alone, tied = np.arange(400) % 4 == 0, np.arange(400) // 4 % 4 == 0
    narrow, wide = one(alone), one(tied, group=np.arange(400) // 4)
    assert wide.high - wide.low == pytest.approx(2 * (narrow.high - narrow.low), rel=0.15)


def test_a_share_of_one_has_an_interval_where_it_is_asked_to_be_binomial() -> None:
    assert one(np.ones(20)).low == 1.0
    assert 0.8 < one(np.ones(20), binomial=True).low < 0.95
    assert one(np.ones(20), binomial=True, share=False).low == 1.0


@pytest.mark.parametrize(
    ("share", "bar", "met", "sure"),
    [
        (0.9, Bar("at least", 0.6), True, True),
        (0.61, Bar("at least", 0.6), True, False),
        (0.59, Bar("at least", 0.6), False, False),
        (0.2, Bar("at least", 0.6), False, True),
        (0.2, Bar("at most", 0.6), True, True),
        (0.9, Bar("at most", 0.6), False, True),
    ],
)
def test_a_bar_is_met_by_the_estimate_and_for_sure_by_the_whole_interval(share, bar, met, sure) -> None:
    found = one(np.arange(400) < 400 * share, bar)
    assert (found.met, found.sure) == (met, sure)
    assert found.verdict == f"{bar.sort} 60%: {'met' if met else 'missed'}{'' if sure else ', not for sure'}"


def test_without_a_bar_there_is_no_verdict() -> None:
    found = one(np.arange(400) % 2 == 0)
    assert (found.bar, found.met, found.sure, found.verdict) == (None, None, None, "")
    assert as_lines([found], {"f": "a title"})[0].rstrip().endswith("400")


def test_a_root_is_taken_of_the_figure_and_of_its_interval() -> None:
    found = one(np.full(400, 0.04), share=False, root=True)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))


def test_equal_figures_have_equal_intervals() -> None:
    assert one(np.arange(400) % 3 == 0) == one(np.arange(400) % 3 == 0)

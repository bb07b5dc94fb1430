"""The interval keeps its word at every n, and says more where more is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.nps_intervals import BAR, DRAWN, FIXED, drawn_coverage, error, worst_by_n
from features.nps_posterior import (
    Floats,
    account_interval,
    account_nps,
    expected_nps,
    posterior,
    role_interval,
    role_nps,
    segment_shares,
)
from features.params import RoleWeights

WEIGHTS = np.array(list(dict(RoleWeights()).values()))
THIRDS = np.full(3, 1 / 3)
people = st.tuples(*[st.integers(0, 60)] * 3).filter(any).map(lambda n: np.array(n, dtype=float))
shares = st.tuples(*[st.floats(0.001, 1)] * 3).map(lambda s: np.array(s) / sum(s))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 33])
def test_whatever_a_role_thinks_its_interval_holds_it_often_enough(n: int) -> None:
    """No simulation: summed over every panel of n, at the worst latent of the grid and the worst segment."""
    [(_, worst, elsewhere, latent)] = worst_by_n([n])
    assert worst >= BAR, (worst, elsewhere, latent)


@pytest.mark.parametrize("population", [*DRAWN, *FIXED])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 30, 200])
def test_the_interval_of_an_account_holds_what_its_roles_think(population: str, n: int) -> None:
    draws, rng = 400, np.random.default_rng(n)
    found = drawn_coverage(rng, (DRAWN | FIXED)[population], n, draws, whole=True)
    assert found >= BAR - 3 * error(BAR, draws)


def test_the_normal_interval_of_before_missed_an_even_opinion_with_every_first_answer() -> None:
    """The measure is not blind: the NPS of one answer, ±100, give or take 70, never holds a latent 0."""
    down, up = np.eye(3)[[0, 2]]
    for one in (down, up):
        mean, spread = (one[2] - one[0]) / 2.5, 2 / 2.5
        half = 1.645 * 100 * np.sqrt((spread - mean**2) / 3.5)
        assert abs(role_nps(one)) > half
        low, high = role_interval(one, THIRDS)
        assert low <= 0 <= high


@given(people, shares)
def test_an_interval_lies_in_the_scale_and_holds_the_nps_by_the_answers(counts: Floats, g: Floats) -> None:
    low, high = role_interval(counts, g)
    assert -100 <= low <= role_nps(counts) <= high <= 100
    assert low < high


@given(people, shares)
def test_turning_every_score_around_turns_the_interval_around(counts: Floats, g: Floats) -> None:
    low, high = role_interval(counts, g)
    mirrored = role_interval(counts[::-1], g[::-1])
    assert mirrored == (pytest.approx(-high, abs=1e-6), pytest.approx(-low, abs=1e-6))


@given(people)
def test_ten_times_the_same_answers_say_more(counts: Floats) -> None:
    few, many = role_interval(counts, THIRDS), role_interval(10 * counts, THIRDS)
    assert many[1] - many[0] < few[1] - few[0]


def test_one_answer_leaves_nearly_everything_open() -> None:
    for one in np.eye(3):
        low, high = role_interval(one, THIRDS)
        assert high - low > 170


def test_the_segment_pulls_a_little_and_the_less_the_more_answered() -> None:
    happy, sad = np.array([0.0, 0.1, 0.9]), np.array([0.9, 0.1, 0.0])
    pulls = [
        float(expected_nps(posterior(n * THIRDS, happy)) - expected_nps(posterior(n * THIRDS, sad)))
        for n in (1, 3, 30)
    ]
    assert pulls == pytest.approx([100 * 0.18 / (n + 0.2) for n in (1, 3, 30)])


def counts_of(*accounts: tuple[int, int, int]) -> Floats:
    """One role per account."""
    return np.array(accounts, dtype=float)[:, None, :]


def test_elsewhere_is_the_segment_without_the_account_then_the_book_then_a_third_each() -> None:
    counts = counts_of((1, 0, 0), (0, 0, 3), (0, 1, 0), (0, 0, 0), (2, 2, 0))
    segment = pd.Series(["smb", "smb", "big", None, "alone"])
    found = segment_shares(counts, np.zeros(5, dtype=np.int64), segment)[:, 0]
    assert found[0].tolist() == [0, 0, 1]
    assert found[1].tolist() == [1, 0, 0]
    for account, others in ((2, [3, 2, 3]), (3, [3, 3, 3]), (4, [1, 1, 3])):
        assert found[account].tolist() == pytest.approx([n / sum(others) for n in others])
    alone = segment_shares(counts[:1], np.zeros(1, dtype=np.int64), segment[:1])
    assert alone[0, 0].tolist() == pytest.approx([1 / 3] * 3)


def test_elsewhere_is_of_the_same_date() -> None:
    counts = counts_of((1, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 0))
    days = np.array([1, 1, 2, 2])
    found = segment_shares(counts, days, pd.Series(["a"] * 4))
    assert found[:, 0].tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0]]


def of_roles(*nps: float) -> tuple[Floats, Floats, Floats]:
    """(by_role, low, high) of one account, each role known to within 10 below and 4 above."""
    by_role = np.array([nps])
    return by_role, by_role - 10, by_role + 4


NONE = float("nan")


def test_roles_heard_add_their_chances_in_squares() -> None:
    present = np.zeros((1, 5), dtype=bool)
    low, high = account_interval(*of_roles(50, -50, NONE, NONE, NONE), present, WEIGHTS)
    reach = float(np.hypot(0.5 / 0.7, 0.2 / 0.7))
    middle = (0.5 * 50 - 0.2 * 50) / 0.7
    assert (low[0], high[0]) == pytest.approx((middle - 10 * reach, middle + 4 * reach))


def test_a_silent_role_adds_all_that_it_could_be() -> None:
    silent = np.array([[True, False, False, False, False]])
    low, high = account_interval(*of_roles(NONE, NONE, 20, NONE, NONE), silent, WEIGHTS)
    assert low[0] == pytest.approx((0.1 * 10 - 0.5 * 100) / 0.6)
    assert high[0] == pytest.approx((0.1 * 24 + 0.5 * 100) / 0.6)


def test_nobody_heard_leaves_the_account_unknown_and_so_does_a_role_without_a_weight() -> None:
    present = np.ones((1, 5), dtype=bool)
    nobody = of_roles(*[NONE] * 5)
    assert np.isnan(account_interval(*nobody, present, WEIGHTS)).all()
    only_users = np.array([0, 0, 1.0, 0, 0])
    assert np.isnan(account_nps(of_roles(50, NONE, NONE, NONE, NONE)[0], only_users)).all()
    assert np.isnan(account_interval(*of_roles(50, NONE, NONE, NONE, NONE), present, only_users)).all()


def test_a_row_has_the_same_bits_whoever_stands_beside_it() -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 4, (200, 5, 3)).astype(float)
    elsewhere = np.broadcast_to(THIRDS, counts.shape)
    present = rng.random((200, 5)) < 0.5

    def rows(some: slice) -> bytes:
        low, high = role_interval(counts[some], elsewhere[some])
        found = account_interval(role_nps(counts[some]), low, high, present[some], WEIGHTS)
        return np.array(found).T.tobytes()

    assert b"".join(rows(slice(i, i + 1)) for i in range(200)) == rows(slice(None))

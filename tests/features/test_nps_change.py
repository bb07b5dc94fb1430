"""A drop is claimed in at most 5 % of panels without change, and a real one is seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from benchmarks.nps_intervals import (
    FALSE_DROPS,
    WEIGHTS,
    claimed,
    error,
    panels,
    worst_of_moved,
    worst_of_new,
)
from features.nps_change import CLAIMED, probabilities
from features.nps_posterior import Floats

SIMULATED = {name: panel for name, panel in panels().items() if max(panel.people) <= 50}
tables = st.lists(st.integers(0, 3), min_size=80, max_size=80).map(
    lambda n: np.array(n, dtype=float).reshape(1, 5, 4, 4)
)


def moved(**people: int) -> Floats:
    """The cells of one role: `p31=2` are two promoters (3) who became detractors (1)."""
    cells = np.zeros((1, 1, 4, 4))
    for name, count in people.items():
        cells[0, 0, int(name[1]), int(name[2])] = count
    return cells


def chances_of(cells: Floats) -> tuple[float, float]:
    fell, rose = probabilities(cells, np.ones(cells.shape[1]))
    return float(fell[0]), float(rose[0])


@pytest.mark.parametrize("n", range(1, 25))
def test_people_who_move_by_chance_are_a_drop_in_one_panel_of_twenty_at_most(n: int) -> None:
    assert worst_of_moved(n) <= FALSE_DROPS


@pytest.mark.parametrize("before", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("new", [1, 2, 4, 8, 13])
def test_other_voices_of_one_opinion_are_a_drop_in_one_panel_of_twenty_at_most(before: int, new: int) -> None:
    share, latent = worst_of_new(before, new)
    assert share <= FALSE_DROPS, latent


@pytest.mark.parametrize("name", SIMULATED)
def test_a_panel_asked_twice_without_change_seldom_drops(name: str) -> None:
    draws = 1_000
    assert claimed(np.random.default_rng(11), SIMULATED[name], draws) <= FALSE_DROPS + 3 * error(0.05, draws)


@pytest.mark.parametrize(
    "name", ["12 users, all asked again", "big, all by chance", "20 users, happy, some new"]
)
def test_a_real_fall_of_three_points_is_seen(name: str) -> None:
    assert claimed(np.random.default_rng(11), SIMULATED[name], 500, fall=3.0) > 0.75


@pytest.mark.parametrize(("down", "up"), [(1, 0), (5, 0), (8, 1), (3, 3), (20, 9)])
def test_people_who_pull_alike_make_a_sign_test(down: int, up: int) -> None:
    fell, rose = chances_of(moved(p32=down, p23=up, p11=4))
    assert fell == pytest.approx(binom.cdf(down - 1, down + up, 0.5))
    assert rose == pytest.approx(binom.cdf(up - 1, down + up, 0.5))


@given(tables)
def test_the_two_probabilities_leave_room_and_change_places_when_scores_turn_around(cells: Floats) -> None:
    cells[0, 2, 2, 2] += 1  # somebody is heard at both dates
    fell, rose = probabilities(cells, WEIGHTS)
    assert min(fell[0], rose[0]) >= 0
    assert fell[0] + rose[0] <= 1 + 1e-12
    turned = cells[:, :, [0, 3, 2, 1]][..., [0, 3, 2, 1]]
    assert probabilities(turned, WEIGHTS) == (pytest.approx(rose), pytest.approx(fell))


@given(tables)
def test_who_answers_the_same_again_changes_nothing_in_a_panel_of_the_same_people(cells: Floats) -> None:
    cells[:, :, 0, :] = 0  # nobody new
    stays = np.zeros_like(cells)
    stays[:, :, [1, 2, 3], [1, 2, 3]] = 1
    one_role = [0, 0, 1, 0, 0]
    heard = probabilities(cells + stays, np.array(one_role))
    assert probabilities(cells + 5 * stays, np.array(one_role)) == (
        pytest.approx(heard[0]),
        pytest.approx(heard[1]),
    )


def test_nobody_moved_is_neither_a_fall_nor_a_rise() -> None:
    assert chances_of(moved(p11=3, p33=2)) == (0, 0)


def test_answers_that_grow_old_are_no_move_and_neither_are_new_ones_like_them() -> None:
    assert chances_of(moved(p30=6, p11=6)) == (0, 0)
    assert chances_of(moved(p33=3, p03=9)) == (0, 0)


def test_a_role_heard_at_one_date_alone_cannot_be_compared() -> None:
    assert np.isnan(chances_of(moved(p30=2))).all()
    assert np.isnan(chances_of(moved(p03=2))).all()


def test_ten_who_fall_are_claimed_and_one_is_not() -> None:
    assert chances_of(moved(p31=10))[0] >= CLAIMED
    assert chances_of(moved(p31=1))[0] == 0.5


def test_a_decision_makers_fall_is_not_made_sure_by_many_users() -> None:
    """All fall, but half of the account's weight rests on one person."""
    cells = np.zeros((1, 5, 4, 4))
    cells[0, 0, 3, 1], cells[0, 2, 3, 1] = 1, 12
    fell, _ = probabilities(cells, WEIGHTS)
    assert 0.5 < fell[0] < 0.75
    alone, _ = probabilities(cells[:, [2]], np.ones(1))
    assert alone[0] > 0.999


def test_a_row_has_the_same_bits_whoever_stands_beside_it() -> None:
    cells = np.random.default_rng(3).integers(0, 3, (100, 5, 4, 4)).astype(float)
    together = np.array(probabilities(cells, WEIGHTS)).T.tobytes()
    apart = b"".join(np.array(probabilities(cells[[i]], WEIGHTS)).T.tobytes() for i in range(100))
    assert apart == together

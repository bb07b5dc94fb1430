"""The search on problems small enough to try every plan."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.path_to_green.candidates import Candidates
from serving.path_to_green.levers import Lever
from serving.path_to_green.search import Problem, cheapest_plan
from serving.path_to_green.standing import Standing

NAMES = ("a", "b", "c", "d")
SIZES = st.lists(st.floats(-3, 10), min_size=4, max_size=4)


def problem(worth: list[float], needed: float, capped: bool = False) -> Problem:
    """Each of four levers has two steps; a plan is worth the sum, and where `capped` nothing until both
    a and b are moved."""

    def standing(X: np.ndarray) -> Standing:
        total = X @ np.array(worth)
        held = (X[:, 0] == 0) | (X[:, 1] == 0)
        margin = np.where(capped & held, -100.0, total - needed)
        return Standing(total, margin, total + capped * 100.0 * ((X[:, 0] > 0) + 1.0 * (X[:, 1] > 0)))

    levers = [Lever(name, (0.5, 1.0), (0.75, 1.25)) for name in NAMES]
    return Problem(
        levers,
        lambda moves: Candidates.of(NAMES, np.zeros(4), moves),
        lambda rows: np.ones(len(rows.X), dtype=bool),
        standing,
    )


def every_plan() -> list[dict[str, int]]:
    steps = itertools.product((None, 0, 1), repeat=4)
    return [{n: s for n, s in zip(NAMES, each, strict=True) if s is not None} for each in steps]


@settings(deadline=None, max_examples=150)
@given(SIZES, st.floats(0.1, 25), st.booleans())
def test_a_plan_is_found_where_there_is_one_and_it_is_irreducible(
    worth: list[float], needed: float, capped: bool
) -> None:
    asked = problem(worth, needed, capped)
    plans = every_plan()
    margins = asked.judged(plans).margin
    found = cheapest_plan(asked)
    assert found.reached == bool((margins >= 0).any())
    if found.reached:
        assert asked.judged([found.chosen]).margin[0] >= 0
        best = min(asked.cost(p) for p, margin in zip(plans, margins, strict=True) if margin >= 0)
        assert best <= asked.cost(found.chosen) <= 1.7 * best + 1e-9
        for name, step in found.chosen.items():
            rest = {n: s for n, s in found.chosen.items() if n != name}
            smaller = [rest] + [{**rest, name: shorter} for shorter in range(step)]
            assert (asked.judged(smaller).margin < 0).all()


def test_two_facts_that_must_both_go_are_both_moved() -> None:
    found = cheapest_plan(problem([1.0, 1.0, 5.0, 5.0], needed=0.5, capped=True))
    assert found.reached
    assert set(found.chosen) == {"a", "b"}


def test_what_is_not_allowed_is_never_chosen() -> None:
    free = problem([5.0, 1.0, 1.0, 1.0], needed=1.0)
    held = Problem(free.levers, free.rows, lambda rows: rows.X[:, 0] == 0, free.standing)
    found = cheapest_plan(held)
    assert found.reached
    assert "a" not in found.chosen


def test_where_the_band_is_out_of_reach_the_plan_leads_as_far_as_it_can_without_idle_steps() -> None:
    found = cheapest_plan(problem([2.0, 0.0, -1.0, 1.0], needed=50.0))
    assert not found.reached
    assert found.chosen == {"a": 1, "d": 1}

"""The true shares are Shapley values: a game played out by brute force says the same."""

from __future__ import annotations

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from training.simulation.planted_effects import PARTS, Part, drawn_effects
from training.simulation.planted_shares import shapley
from training.simulation.tabular_features import MEASURES, PER_PILLAR
from training.simulation.tabular_world import TabularWorld

EFFECTS = drawn_effects("interaction", np.random.default_rng(4))
STATES = np.random.default_rng(5).normal(size=(40, MEASURES))
PLAYERS = sorted({0, PER_PILLAR - 1, *np.ravel(EFFECTS.pairs).tolist()})


def played_out(part: Part, account: np.ndarray, portfolio: np.ndarray, players: list[int]) -> np.ndarray:
    """Shapley values of the players (measures) by all of their coalitions, the others out of every one."""

    def value(coalition: tuple[int, ...]) -> float:
        rows = portfolio.copy()
        rows[:, list(coalition)] = account[list(coalition)]
        return float(part(EFFECTS, rows).whole.mean())

    found, m = np.zeros(MEASURES), len(players)
    for player in players:
        others = [p for p in players if p != player]
        for size in range(m):
            weight = factorial(size) * factorial(m - size - 1) / factorial(m)
            for rest in combinations(others, size):
                found[player] += weight * (value((*rest, player)) - value(rest))
    return found


@pytest.mark.parametrize("part", [part for part, _ in PARTS["interaction"]], ids=lambda part: part.__name__)
def test_the_shares_are_those_of_the_game_played_out(part: Part) -> None:
    closed = shapley(part(EFFECTS, STATES[:3]), part(EFFECTS, STATES))
    if part.__name__ == "linear":  # no other player matters
        expected = np.array(
            [[played_out(part, a, STATES, [p])[p] for p in range(MEASURES)] for a in STATES[:3]]
        )
    else:
        expected = np.array([played_out(part, account, STATES, PLAYERS) for account in STATES[:3]])
    assert closed == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["linear", "threshold", "interaction", "missing_by_cause", "rule_wrong"])
@pytest.mark.parametrize("correlation", [None, 0.0, 0.8])
def test_the_shares_add_up_to_the_true_log_odds_less_the_portfolios(
    kind: str, correlation: float | None
) -> None:
    world = TabularWorld(kind, 3, 0.12, correlation)
    truth = world.tested_on(300).truth
    whole = world.tested_shares(300).sum(axis=1)
    assert np.ptp(np.log(truth / (1 - truth)) - whole) == pytest.approx(0, abs=1e-9)


def test_a_measure_that_does_nothing_has_no_share() -> None:
    world = TabularWorld("linear", 3, 0.12, 0.8)
    idle = world._effects.weights == 0
    assert idle.sum() == MEASURES // 2
    assert not world.tested_shares(50)[:, idle].any()


def test_where_what_is_missing_is_guessed_at_there_are_no_shares() -> None:
    with pytest.raises(ValueError, match="not of single measures"):
        TabularWorld("missing_at_random", 3, 0.12).tested_shares(10)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_every_two_measures_go_together_as_they_are_asked_to(correlation: float) -> None:
    rows = TabularWorld("linear", 3, 0.12, correlation).tested_on(4_000).rows
    turned = rows.iloc[:, 3:].corr(min_periods=100).abs().to_numpy()
    between = turned[~np.eye(MEASURES, dtype=bool)]
    assert between.max() - correlation < 0.06
    assert correlation - between.min() < 0.06


def test_the_correlation_changes_no_effect() -> None:
    apart, together = (TabularWorld("threshold", 3, 0.12, c)._effects for c in (0.0, 0.8))
    assert np.array_equal(apart.weights, together.weights)
    assert np.array_equal(apart.steps, together.steps)

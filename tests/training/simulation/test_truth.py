"""The true probabilities are true: they agree with the world stepped forward, and with what happened."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from training.simulation.arrays import days, sigmoid
from training.simulation.hazard import SPONSOR_LEFT, early_chance, renewal_log_odds
from training.simulation.latents import (
    DEPARTURE_CHANCE,
    GAP_MONTHS,
    PERSISTENCE,
    SPREAD_OF_MEANS,
    Latent,
    gap_chances,
    mixing,
)
from training.simulation.params import LEAD
from training.simulation.truth import (
    FAMILIES,
    Situations,
    churn_probability,
    churned_within_year,
    draw_futures,
    family_effect,
    situations,
)
from training.simulation.world import World


def at_months(world: World, *months: int) -> Situations:
    """The situations of a world at some months of its book."""
    here = situations(world)
    return here.part(np.flatnonzero(np.isin(here.month, [LEAD + m for m in months])))


def true_probability(world: World, here: Situations) -> np.ndarray:
    return churn_probability(here, draw_futures(world), world.outcomes.intercept)


def labels(world: World, here: Situations) -> tuple[np.ndarray, np.ndarray]:
    ids = world.customers.ids[here.account]
    return churned_within_year(world, {"account_id": ids, "as_of": world.starts[here.month]})


def stepped(world: World, here: Situations, row: int, rng: np.random.Generator, paths: int) -> float:
    """The share of `paths` futures, stepped month by month by the world's own rules, that end in churn."""
    state = np.repeat(here.now[row][None], paths, axis=0)
    since = np.full(paths, here.since_left[row])
    decided_before = here.to_renewal[row] == 0
    gone = np.zeros(paths, dtype=bool)
    shock = np.sqrt((1 - SPREAD_OF_MEANS) * (1 - PERSISTENCE**2))
    for month in range(12):
        if month == max(here.to_renewal[row] - 1, 0):
            at = here.at_decision[row][None] if decided_before else state
            odds = world.outcomes.intercept + renewal_log_odds(at) + SPONSOR_LEFT * (since < GAP_MONTHS)
            gone |= rng.random(paths) < sigmoid(odds)
        gone |= rng.random(paths) < early_chance(state[:, Latent.PAYMENT_STRESS])
        drawn = rng.standard_normal(state.shape) @ mixing().T
        state = here.means[row] + PERSISTENCE * (state - here.means[row]) + shock * drawn
        leaves = (since == GAP_MONTHS) & (rng.random(paths) < DEPARTURE_CHANCE)
        since = np.where(leaves, 0, np.minimum(since + 1, GAP_MONTHS))
    return float(gone.mean())


def test_the_probability_agrees_with_the_world_stepped_forward(small_world: World) -> None:
    rng, paths = np.random.default_rng(0), 4_000
    here = at_months(small_world, 3, 14)
    here = here.part(rng.choice(len(here.month), 36, replace=False))
    p = true_probability(small_world, here)
    seen = np.array([stepped(small_world, here, row, rng, paths) for row in range(36)])
    assert np.all(np.abs(p - seen) < 4 * np.sqrt(p * (1 - p) / paths) + 0.006)


def test_the_probability_agrees_with_what_happened(large_world: World) -> None:
    here = at_months(large_world, 12)
    mature, churned = labels(large_world, here)
    p = true_probability(large_world, here)
    assert mature.all()
    for tenth in pd.qcut(p, 10, labels=False), here.to_renewal:
        groups = pd.DataFrame({"p": p, "churned": churned, "n": 1}).groupby(tenth).sum()
        noise = np.sqrt(groups.p * (1 - groups.p / groups.n))
        assert (((groups.churned - groups.p) / noise).abs() < 3.5).all()


def test_the_attainable_auc_is_that_of_a_hard_problem(large_world: World) -> None:
    here = at_months(large_world, 12)
    _, churned = labels(large_world, here)
    assert 0.79 < roc_auc_score(churned, true_probability(large_world, here)) < 0.86


def test_a_plain_learner_on_the_latents_comes_near_the_attainable(large_world: World) -> None:
    early, late = at_months(large_world, 0), at_months(large_world, 12)
    columns = [np.column_stack([s.now, s.since_left < GAP_MONTHS, s.to_renewal]) for s in (early, late)]
    learner = LogisticRegression(max_iter=500).fit(columns[0], labels(large_world, early)[1])
    churned = labels(large_world, late)[1]
    learned = roc_auc_score(churned, learner.predict_proba(columns[1])[:, 1])
    attainable = roc_auc_score(churned, true_probability(large_world, late))
    assert attainable - 0.04 < learned < attainable


@pytest.mark.parametrize(
    ("family", "least"), [("adoption", 0.6), ("decision_maker_goodwill", 0.5), ("payment", 0.2)]
)
def test_the_great_families_move_the_log_odds(family: str, least: float, small_world: World) -> None:
    here, futures, intercept = (
        at_months(small_world, 9),
        draw_futures(small_world),
        small_world.outcomes.intercept,
    )
    p = churn_probability(here, futures, intercept)
    assert family_effect(family, here, p, futures, intercept).std() > least


def test_user_goodwill_moves_next_to_nothing_and_a_sponsor_in_place_nothing(small_world: World) -> None:
    here, futures = situations(small_world), draw_futures(small_world)
    intercept = small_world.outcomes.intercept
    p = churn_probability(here, futures, intercept)
    sponsor = family_effect("sponsor", here, p, futures, intercept)
    gap = here.since_left < GAP_MONTHS
    soon = gap & (here.to_renewal <= 1)
    assert np.abs(family_effect("user_goodwill", here, p, futures, intercept)).max() < 0.2
    assert soon.sum() > 10
    assert (sponsor[soon] > 0.5).mean() > 0.9  # less only where early termination is the likelier end
    assert not sponsor[~gap].any()


def test_a_renewal_soon_is_known_better_than_one_far_off(large_world: World) -> None:
    here = at_months(large_world, 0, 12)
    p = true_probability(large_world, here)
    assert p[here.to_renewal == 1].std() > 1.2 * p[here.to_renewal == 11].std()


def test_every_365_days_hold_exactly_one_renewal(large_world: World) -> None:
    here = situations(large_world)
    as_of = large_world.starts[here.month]
    renewal = large_world.moment(
        here.month + here.to_renewal, large_world.customers.renewal_day[here.account]
    )
    assert ((as_of < renewal) & (renewal < as_of + days(365))).all()


def test_the_chance_of_a_gap_is_that_of_stepping_month_by_month() -> None:
    rng, paths = np.random.default_rng(1), 40_000
    since = np.full(paths, 4)
    for ahead in range(11):
        assert abs((since < GAP_MONTHS).mean() - gap_chances(ahead)[ahead, 4]) < 0.004
        leaves = (since == GAP_MONTHS) & (rng.random(paths) < DEPARTURE_CHANCE)
        since = np.where(leaves, 0, np.minimum(since + 1, GAP_MONTHS))


def test_no_family_is_left_out() -> None:
    named = [latent for latents in FAMILIES.values() for latent in latents]
    assert sorted(named) == sorted(Latent)

"""The scenario `shift`: the same world until the market moves, and another one from then on."""

from __future__ import annotations

import numpy as np
import pytest

from features.faults import WrongUse
from features.params_file import parse_section
from training.simulation.latents import Latent
from training.simulation.params import LEAD, SimulationParams
from training.simulation.truth import churned_within_year, probabilities
from training.simulation.world import World, draw_world

CALM = SimulationParams(accounts=4_000, months=36, seed=5, paths=128)
SHIFT = LEAD + 36 - 18  # the position of the month it begins in


@pytest.fixture(scope="module")
def calm() -> World:
    return draw_world(CALM)


@pytest.fixture(scope="module")
def shifted() -> World:
    return draw_world(CALM.model_copy(update={"shift_months": 18, "shift_size": 1.0}))


def test_until_the_shift_both_worlds_are_one(calm: World, shifted: World) -> None:
    assert np.array_equal(calm.latents.states[:SHIFT], shifted.latents.states[:SHIFT])
    before = calm.starts[SHIFT]
    for one, other in ((calm, shifted), (shifted, calm)):
        early = one.outcomes.churned_at < before
        assert np.array_equal(one.outcomes.churned_at[early], other.outcomes.churned_at[early])


def test_from_the_shift_on_its_latents_have_moved_by_its_size_and_no_others(
    calm: World, shifted: World
) -> None:
    moved = (shifted.latents.states - calm.latents.states)[SHIFT:]
    assert np.allclose(moved[..., Latent.ADOPTION], -1.0)
    assert np.allclose(moved[..., Latent.COMPETITOR_INTEREST], 1.0)
    assert np.allclose(moved[..., Latent.DECISION_MAKER_GOODWILL], -0.5)
    assert np.allclose(moved[..., Latent.PAYMENT_STRESS], 0.0)


@pytest.mark.long
def test_more_accounts_leave_and_the_truth_says_so(calm: World, shifted: World) -> None:
    def after(world: World) -> tuple[float, float]:
        columns = probabilities(world)
        mature, churned = churned_within_year(world, columns)
        rows = mature & (columns["as_of"] >= world.starts[SHIFT])
        return float(columns["p_churn_365d"][rows].mean()), float(churned[rows].mean())

    (calm_true, calm_real), (true, real) = after(calm), after(shifted)
    assert real > 1.5 * calm_real
    assert true == pytest.approx(real, abs=0.03)
    assert calm_true == pytest.approx(calm_real, abs=0.03)


def test_a_shift_before_the_book_begins_is_refused() -> None:
    with pytest.raises(WrongUse, match="shift_months below months, so at most 11"):
        parse_section("simulate", SimulationParams, {"months": 12, "shift_months": 12}, "the options")

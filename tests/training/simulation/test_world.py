"""The world has the churn that was asked for, latents that keep their law, and noise that is noise."""

from __future__ import annotations

import numpy as np
import pytest

from training.simulation.customers import REGIONS, accounts_table
from training.simulation.latents import Latent
from training.simulation.params import LEAD, SimulationParams
from training.simulation.truth_files import annual_churn
from training.simulation.world import World, draw_world


@pytest.mark.parametrize("target", [0.03, 0.12, 0.25])
def test_the_annual_churn_is_the_one_asked_for(target: float) -> None:
    params = SimulationParams(accounts=4_000, months=24, seed=2, annual_churn=target)
    churn = annual_churn(draw_world(params))
    years = 4_000 * 0.8 * 2
    assert abs(churn - target) < 3.5 * np.sqrt(target / years)


def test_the_latents_have_mean_zero_and_variance_one_at_all_times(large_world: World) -> None:
    for month in (0, LEAD, -1):
        states = large_world.latents.states[month]
        assert np.abs(states.mean(axis=0)).max() < 0.06
        assert np.abs(states.var(axis=0) - 1).max() < 0.08


def test_today_informs_the_state_a_year_on_without_fixing_it(large_world: World) -> None:
    adoption = large_world.latents.states[:, :, Latent.ADOPTION]
    assert 0.6 < np.corrcoef(adoption[LEAD], adoption[LEAD + 12])[0, 1] < 0.8


def test_nobody_leaves_before_the_first_renewal_but_by_early_termination(large_world: World) -> None:
    outcomes, customers = large_world.outcomes, large_world.customers
    left = ~np.isnat(outcomes.churned_at)
    age = outcomes.churn_month - customers.start
    assert (age[left & ~outcomes.early] % 12 == 0).all()
    assert (age[left & ~outcomes.early] >= 12).all()
    assert 0 < outcomes.early.sum() < 0.15 * left.sum()


def test_churn_begins_with_the_book_and_not_before(large_world: World) -> None:
    left = large_world.outcomes.churned_at
    left = left[~np.isnat(left)]
    assert left.min() >= large_world.begin
    assert left.max() < large_world.end


def test_region_and_the_loud_theme_say_nothing_about_leaving(large_world: World) -> None:
    left = ~np.isnat(large_world.outcomes.churned_at)
    regions = accounts_table(large_world.params, large_world.customers)["region"]
    noise = 3.5 * np.sqrt(left.mean() * (1 - left.mean()))
    for group in [regions == region for region in REGIONS] + [large_world.customers.loud]:
        assert abs(left[group].mean() - left[~group].mean()) < noise * np.sqrt(
            1 / group.sum() + 1 / (~group).sum()
        )


def test_more_accounts_or_another_seed_make_another_world() -> None:
    one, two = (draw_world(SimulationParams(accounts=30, months=6, seed=s)) for s in (1, 2))
    assert not np.array_equal(one.latents.states, two.latents.states)


def test_the_timeline_ends_on_the_end_date_whatever_the_month() -> None:
    starts = SimulationParams.model_validate({"months": 14, "end_date": "2024-03-01"}).month_starts()
    assert str(starts[-1]) == "2024-03-01T00:00:00"
    assert str(starts[LEAD]) == "2023-01-01T00:00:00"
    assert len(starts) == LEAD + 14 + 1

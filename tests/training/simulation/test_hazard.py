"""The true effects are what the mission says they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.simulation.hazard import early_chance, renewal_log_odds
from training.simulation.latents import Latent

VALUES = st.floats(-3, 3)
STATES = st.lists(VALUES, min_size=len(Latent), max_size=len(Latent)).map(np.array)


def log_odds(**changed: float) -> float:
    """Log-odds of an account that is middling in everything but what is named."""
    states = np.zeros(len(Latent))
    for name, value in changed.items():
        states[Latent[name]] = value
    return float(renewal_log_odds(states))


def test_adoption_has_a_threshold() -> None:
    below = log_odds(ADOPTION=-1.0) - log_odds(ADOPTION=0.1)
    above = log_odds(ADOPTION=0.9) - log_odds(ADOPTION=2.0)
    assert below > 2.0
    assert 0 <= above < 0.05


@pytest.mark.parametrize(("adoption", "least", "most"), [(-2.0, 2.0, 4.0), (1.5, 0.0, 0.02)])
def test_support_burden_matters_only_where_adoption_is_low(
    adoption: float, least: float, most: float
) -> None:
    effect = log_odds(ADOPTION=adoption, SUPPORT_BURDEN=2) - log_odds(ADOPTION=adoption, SUPPORT_BURDEN=-2)
    assert least <= effect <= most


def test_users_goodwill_moves_little_and_the_decision_makers_much() -> None:
    users = log_odds(USER_GOODWILL=-1) - log_odds(USER_GOODWILL=1)
    decision_maker = log_odds(DECISION_MAKER_GOODWILL=-1) - log_odds(DECISION_MAKER_GOODWILL=1)
    assert 0 < 10 * users < decision_maker


@pytest.mark.parametrize(
    ("latent", "direction"),
    [
        (Latent.ADOPTION, -1),
        (Latent.DECISION_MAKER_GOODWILL, -1),
        (Latent.COMPETITOR_INTEREST, 1),
        (Latent.USER_GOODWILL, -1),
        (Latent.SUPPORT_BURDEN, 1),
        (Latent.PAYMENT_STRESS, 1),
        (Latent.HEADCOUNT, -1),
    ],
)
@given(states=STATES, more=st.floats(0.1, 2.0))
@settings(deadline=None, max_examples=30)
def test_each_latent_works_in_one_direction(
    latent: Latent, direction: int, states: np.ndarray, more: float
) -> None:
    changed = states.copy()
    changed[latent] += more
    assert direction * (renewal_log_odds(changed) - renewal_log_odds(states)) >= 0


def test_early_termination_is_rare_and_comes_with_payment_stress() -> None:
    calm, middling, severe = early_chance(np.array([-1.0, 0.0, 3.0]))
    assert calm < middling < 0.001
    assert 0.03 < severe < 0.07

"""On 300 accounts of each kind of drawn world the learner is worth what `benchmarks/quality.py` says of it.

The benchmark draws two hundred worlds; here are eight, one of each kind, on which no setting was chosen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.long

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MODELS = ("base_rate", "logistic", "learned")


@pytest.fixture(scope="module")
def judged() -> Iterator[pd.DataFrame]:
    """Figures against the truth: a row per world and model."""
    sys.path.append(str(BENCHMARKS))
    from world_cells import Cell, as_table, measured

    cells = (Cell(world, 0.08, 300, 1, model) for world in range(16, 24) for model in MODELS)
    yield as_table(dict(found for cell in cells for found in measured(cell))).set_index(["world", "model"])
    sys.path.remove(str(BENCHMARKS))


def of(judged: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The measure, a row per world and a column per model."""
    return judged[measure].unstack("model")


def test_its_log_loss_is_not_above_the_better_of_base_rate_and_logistic_regression(
    judged: pd.DataFrame,
) -> None:
    loss = of(judged, "loss")
    regret = loss["learned"] / loss[["base_rate", "logistic"]].min(axis=1) - 1
    assert regret.mean() < 0
    assert regret.max() < 0.02


def test_it_attains_more_of_the_signal_than_logistic_regression_and_the_rule(judged: pd.DataFrame) -> None:
    attained = of(judged, "attained")
    assert (attained["learned"] - attained["logistic"]).mean() > 0.02
    assert (attained["learned"] - attained["rule"]).mean() > 0


def test_nine_of_ten_intervals_hold_the_true_probability(judged: pd.DataFrame) -> None:
    assert 0.85 < of(judged, "covered")["learned"].mean() < 0.95

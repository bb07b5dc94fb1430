"""A feature that is there twice must not move its family's points by more than noise.

Noise is what the points of a family move by where the accounts are drawn anew (a bootstrap by account):
what nobody can know from this many accounts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from features.catalog import Feature
from training.health_model import HealthModel, Matrix
from training.params import LearnerParams
from training.pool import fit_pool
from training.simulation.tabular_world import Sample, TabularWorld

QUICK = LearnerParams(leaves=(4,), rounds=80, learning_rate=0.1, bags=1, folds=3)
WORLD = TabularWorld("linear", seed=3, churn=0.2)
SAMPLE = WORLD.learned_from(400, 2)
RESAMPLES = 4


def fitted(rows: pd.DataFrame, churned: pd.Series, catalog: Sequence[Feature]) -> HealthModel:
    return fit_pool(rows, churned, catalog, WORLD.rule, QUICK, seed=7).health_model({})


def family_points(model: HealthModel, rows: pd.DataFrame, catalog: Sequence[Feature]) -> pd.DataFrame:
    """(n, families): the points of each family."""
    points: Matrix = model.points(rows[list(model.features)].to_numpy(float), rows["segment"].tolist())
    families = [feature.family for feature in catalog]
    return pd.DataFrame(points, columns=families).T.groupby(level=0, sort=False).sum().T


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """By family, in points: the root mean square over the accounts."""
    return ((after - before) ** 2).mean() ** 0.5


def resampled(sample: Sample, seed: int) -> tuple[pd.DataFrame, pd.Series]:
    """The accounts drawn with replacement, each draw an account of its own with all of its dates."""
    draws, account = np.random.default_rng(seed), sample.rows["account_id"].to_numpy()
    names = np.unique(account)
    found = [np.flatnonzero(account == name) for name in draws.choice(names, len(names))]
    rows = sample.rows.iloc[np.concatenate(found)].reset_index(drop=True)
    own = np.repeat(np.arange(len(found)), [len(places) for places in found])
    return rows.assign(account_id=[f"R-{i}" for i in own]), sample.churned.iloc[
        np.concatenate(found)
    ].reset_index(drop=True)


@pytest.fixture(scope="module")
def single() -> pd.DataFrame:
    return family_points(fitted(SAMPLE.rows, SAMPLE.churned, WORLD.catalog), SAMPLE.rows, WORLD.catalog)


@pytest.fixture(scope="module")
def noise(single: pd.DataFrame) -> pd.Series:
    """By family: what the points move by between draws of the accounts."""
    found = []
    for seed in range(RESAMPLES):
        rows, churned = resampled(SAMPLE, seed)
        found.append(
            moved(single, family_points(fitted(rows, churned, WORLD.catalog), SAMPLE.rows, WORLD.catalog))
        )
    return pd.concat(found, axis=1).mean(axis=1)


@pytest.mark.parametrize("blur", [0.0, 0.05], ids=["bit-equal", "with a little noise"])
@pytest.mark.parametrize("place", [0, 1], ids=["strongest", "second"])
def test_a_feature_that_is_there_twice_moves_its_familys_points_by_less_than_noise(
    single: pd.DataFrame, noise: pd.Series, blur: float, place: int
) -> None:
    families = single.std().sort_values(ascending=False).index
    family = families[place]
    feature = next(f for f in WORLD.catalog if f.family == family)
    copy = feature.model_copy(update={"name": f"{feature.name}_again"})
    values = SAMPLE.rows[feature.name]
    blurred = values + blur * values.std() * np.random.default_rng(1).normal(size=len(values))
    rows, catalog = SAMPLE.rows.assign(**{copy.name: blurred}), [*WORLD.catalog, copy]
    twice = family_points(fitted(rows, SAMPLE.churned, catalog), rows, catalog)
    change = moved(single, twice)
    assert change[family] < 0.5 * noise[family]
    assert (change < noise).all()

"""The bag of small boosters: reproducible, monotone by the catalogue, folded by account."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.catalog import Feature, load_catalog
from features.params import Windows
from training.all_params import AllParams
from training.calibration import fit_log_odds_line
from training.churn_model import ChurnModel, account_folds, fit_churn_model, lightgbm_settings
from training.fit_and_compare import Trained
from training.params import LearnerParams

CATALOG = load_catalog(Windows())
FOLDS = LearnerParams(rounds=15, learning_rate=0.1, rows_in_leaf=20, bags=2, folds=4)


def refitted(trained: Trained, light: AllParams, seed: int) -> ChurnModel:
    data = trained.data
    return fit_churn_model(data.rows, data.churned, CATALOG, light.training.learner, seed)


def texts(model: ChurnModel) -> list[str]:
    return [booster.model_to_string() for booster in model.boosters]


def test_the_same_rows_and_seed_give_the_same_bytes(trained: Trained, light: AllParams) -> None:
    again = refitted(trained, light, light.training.seed)
    assert texts(again) == texts(trained.fitted)
    assert again.line == trained.fitted.line


def test_another_seed_gives_another_bag(trained: Trained, light: AllParams) -> None:
    assert texts(refitted(trained, light, light.training.seed + 1)) != texts(trained.fitted)


def test_every_booster_saw_accounts_of_its_own(trained: Trained, light: AllParams) -> None:
    assert len(set(texts(trained.fitted))) == light.training.learner.bags


def test_no_tree_has_more_than_eight_leaves(trained: Trained, light: AllParams) -> None:
    for booster in trained.fitted.boosters:
        leaves = [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]]
        assert 1 < max(leaves) <= light.training.learner.leaves <= 8


def test_the_columns_are_the_catalogues_in_its_order(trained: Trained) -> None:
    names = tuple(feature.name for feature in CATALOG)
    assert trained.fitted.features == names
    assert tuple(trained.fitted.boosters[0].feature_name()) == names


def test_the_order_of_the_columns_brought_does_not_matter(trained: Trained) -> None:
    rows = trained.data.rows.tail(50)
    turned = rows[rows.columns[::-1]]
    assert trained.fitted.log_odds(turned).tolist() == trained.fitted.log_odds(rows).tolist()


def test_a_column_that_is_missing_is_named(trained: Trained) -> None:
    with pytest.raises(KeyError, match="tenure_days"):
        trained.fitted.log_odds(trained.data.rows.drop(columns="tenure_days"))


def test_the_constraints_are_the_directions_of_the_catalogue() -> None:
    constraints = lightgbm_settings(CATALOG, LearnerParams())["monotone_constraints"]
    wanted = {"better": -1, "worse": 1, "not_monotone": 0}
    assert constraints == [wanted[feature.direction] for feature in CATALOG]


DIRECTED = [feature for feature in CATALOG if feature.direction != "not_monotone"]


@pytest.mark.parametrize("feature", DIRECTED, ids=lambda feature: feature.name)
def test_more_of_a_feature_moves_no_account_against_the_catalogue(trained: Trained, feature: Feature) -> None:
    rows = trained.data.rows.tail(40)
    values = np.unique(np.nanquantile(trained.data.rows[feature.name].fillna(0), np.linspace(0, 1, 9)))
    ladder = [trained.fitted.log_odds(rows.assign(**{feature.name: value})) for value in values]
    steps = np.diff(np.stack(ladder), axis=0)
    assert (steps * feature.monotone_in_churn >= -1e-12).all()


def test_some_directions_are_used_so_that_the_ladders_prove_something(trained: Trained) -> None:
    used = sum(booster.feature_importance() for booster in trained.fitted.boosters)
    directed = [feature.monotone_in_churn != 0 for feature in CATALOG]
    assert np.count_nonzero(used[directed]) >= 5


def test_folds_part_the_rows_and_keep_accounts_together() -> None:
    account = np.array([f"A-{n % 23}" for n in range(200)])
    folds = list(account_folds(account, 5, seed=3))
    assert sorted(np.concatenate([outside for _, outside in folds]).tolist()) == list(range(200))
    for inside, outside in folds:
        assert not set(account[inside]) & set(account[outside])
        assert sorted([*inside, *outside]) == list(range(200))
    sizes = [len(set(account[outside])) for _, outside in folds]
    assert max(sizes) - min(sizes) <= 1


def test_folds_depend_on_the_seed_alone() -> None:
    account = np.array(["A", "B", "C", "D", "E", "F"] * 3)

    def of(seed: int) -> list[list[int]]:
        return [outside.tolist() for _, outside in account_folds(account, 3, seed)]

    assert of(1) == of(1)
    assert of(1) != of(2)


def test_shuffled_labels_teach_nothing_and_the_line_says_so(trained: Trained) -> None:
    """Out of fold an order learned from noise is worth nothing: its slope is far below that of a signal."""
    data = trained.data
    shuffled = pd.Series(np.random.default_rng(5).permutation(data.churned), index=data.churned.index)
    account = data.rows["account_id"].to_numpy(str)
    inside, outside = next(account_folds(account, 2, seed=1))
    model = fit_churn_model(data.rows.iloc[inside], shuffled.iloc[inside], CATALOG, FOLDS, seed=1)
    told = model.log_odds(data.rows.iloc[outside])
    assert 0.42 < roc_auc_score(shuffled.iloc[outside], told) < 0.58
    line = fit_log_odds_line(told, shuffled.iloc[outside], account[outside])
    assert line.slope - 1.645 * line.covariance[1][1] ** 0.5 < 1
    assert model.line.slope < trained.fitted.line.slope / 2


def test_probabilities_are_the_log_odds_of_churn(trained: Trained) -> None:
    rows = trained.data.rows.tail(30)
    p, z = trained.fitted.probability(rows), trained.fitted.log_odds(rows)
    assert np.log(p / (1 - p)) == pytest.approx(z, abs=1e-9)


def test_calibrated_on_average_where_it_learned(trained: Trained) -> None:
    told = trained.fitted.probability(trained.data.rows).mean()
    assert told == pytest.approx(trained.data.churned.mean(), rel=0.35)

"""The bag of small boosters: reproducible, monotone by the catalogue, told out of fold by account."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from features.catalog import Feature, load_catalog
from features.params import Windows
from training import boosted_trees
from training.account_folds import account_codes
from training.all_params import AllParams
from training.boosted_trees import STEP, BoostedTrees, _jobs, fit_trees, lightgbm_settings
from training.fit_and_compare import Trained
from training.log_odds_pool import loss_of
from training.params import LearnerParams

CATALOG = load_catalog(Windows())
NAMES = [feature.name for feature in CATALOG]
FOUR_FOLDS = LearnerParams(leaves=(6,), rounds=50, learning_rate=0.1, rows_in_leaf=20, bags=2, folds=4)
Lesson = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def lesson(trained: Trained) -> Lesson:
    """Rows, labels and accounts' codes of the learning book."""
    rows = trained.data.rows
    account = account_codes(rows["account_id"].to_numpy(str))
    return rows[NAMES].to_numpy(float), trained.data.churned.to_numpy(float), account


@pytest.fixture(scope="module")
def fitted(lesson: Lesson, light: AllParams) -> BoostedTrees:
    return fit_trees(*lesson, CATALOG, light.training.learner, seed=7)


def texts(model: BoostedTrees) -> list[str]:
    return [booster.model_to_string() for booster in model.boosters]


def log_odds(model: BoostedTrees, X: np.ndarray) -> np.ndarray:
    return np.mean([booster.predict(X, raw_score=True) for booster in model.boosters], axis=0)


def test_the_same_rows_and_seed_give_the_same_bytes(
    fitted: BoostedTrees, lesson: Lesson, light: AllParams
) -> None:
    again = fit_trees(*lesson, CATALOG, light.training.learner, seed=7)
    assert texts(again) == texts(fitted)
    assert again.out_of_fold.tobytes() == fitted.out_of_fold.tobytes()


def test_another_seed_gives_another_bag(fitted: BoostedTrees, lesson: Lesson, light: AllParams) -> None:
    assert texts(fit_trees(*lesson, CATALOG, light.training.learner, seed=8)) != texts(fitted)


def test_every_booster_saw_accounts_of_its_own(fitted: BoostedTrees, light: AllParams) -> None:
    learner = light.training.learner
    assert len(set(texts(fitted))) == learner.bags * learner.folds


def test_no_tree_has_more_than_eight_leaves(fitted: BoostedTrees, light: AllParams) -> None:
    for booster in fitted.boosters:
        leaves = [tree["num_leaves"] for tree in booster.dump_model()["tree_info"]]
        assert 1 < max(leaves) <= max(light.training.learner.leaves) <= 8


def test_the_bag_is_cut_back_to_the_round_that_was_best_out_of_fold(lesson: Lesson) -> None:
    """A rate so high that the loss soon rises: fewer rounds are kept than were fitted."""
    hasty = LearnerParams(leaves=(8,), rounds=200, learning_rate=0.9, rows_in_leaf=5, l2=0, bags=1, folds=2)
    model = fit_trees(*lesson, CATALOG, hasty, seed=1)
    [(leaves, rounds)] = model.rounds.items()
    assert (leaves, rounds % STEP) == (8, 0)
    assert rounds < 50
    for booster in model.boosters:
        assert booster.dump_model()["tree_info"][-1]["tree_index"] == rounds - 1


def test_of_several_sizes_of_tree_the_one_that_does_best_out_of_fold_is_kept(lesson: Lesson) -> None:
    shared = {"rounds": 50, "learning_rate": 0.1, "bags": 1, "folds": 2}

    def loss(*leaves: int) -> float:
        model = fit_trees(
            *lesson, CATALOG, LearnerParams.model_validate({**shared, "leaves": leaves}), seed=1
        )
        return float(loss_of(model.out_of_fold, lesson[1]).mean())

    alone = [loss(2), loss(8)]
    together = fit_trees(*lesson, CATALOG, LearnerParams.model_validate({**shared, "leaves": (2, 8)}), seed=1)
    assert loss(2, 8) <= min(alone)
    assert set(together.rounds) <= {2, 8}
    assert len(together.boosters) == 2 * len(together.rounds)


def sharp(rows: int) -> tuple[Lesson, list[Feature]]:
    """Who churns is told by two products of features, without luck: eight leaves cannot hold them."""
    X = np.random.default_rng(2).uniform(-1, 1, size=(rows, 6))
    churned = (X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3] > 0).astype(float)
    catalog = [feature.model_copy(update={"direction": "not_monotone"}) for feature in CATALOG[:6]]
    return (X, churned, np.arange(rows)), catalog


def test_where_rounds_ran_out_loose_trees_are_tried_and_kept_if_they_tell_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learner = LearnerParams(leaves=(8,), rounds=100, learning_rate=0.1, bags=1, folds=2)
    (X, churned, account), catalog = sharp(1_500)
    loose = fit_trees(X, churned, account, catalog, learner, seed=1)
    monkeypatch.setattr(boosted_trees, "RAN_OUT", 2)
    careful = fit_trees(X, churned, account, catalog, learner, seed=1)
    assert max(careful.rounds.values()) >= 90
    assert loss_of(loose.out_of_fold, churned).mean() < loss_of(careful.out_of_fold, churned).mean() - 0.1


def test_what_is_told_out_of_fold_is_told_by_boosters_that_never_saw_the_account(lesson: Lesson) -> None:
    X, y, account = lesson
    model = fit_trees(X, y, account, CATALOG, FOUR_FOLDS, seed=3)
    told, times = np.zeros(len(X)), np.zeros(len(X))
    for job, booster in zip(_jobs(account, FOUR_FOLDS, 3), model.boosters, strict=True):
        assert not set(account[job.inside]) & set(account[job.outside])
        told[job.outside] += booster.predict(X[job.outside], raw_score=True)
        times[job.outside] += 1
    assert (times == FOUR_FOLDS.bags).all()
    assert np.abs(told / FOUR_FOLDS.bags - model.out_of_fold).max() < 1e-9


def test_the_columns_are_the_catalogues_in_its_order(fitted: BoostedTrees) -> None:
    assert fitted.boosters[0].feature_name() == NAMES


def test_the_constraints_are_the_directions_of_the_catalogue() -> None:
    constraints = lightgbm_settings(CATALOG, LearnerParams(), leaves=4, rows=1000)["monotone_constraints"]
    wanted = {"better": -1, "worse": 1, "not_monotone": 0}
    assert constraints == [wanted[feature.direction] for feature in CATALOG]


@pytest.mark.parametrize(("rows", "in_leaf"), [(20, 5), (600, 10), (3_600, 60), (100_000, 60)])
def test_a_leaf_of_a_small_book_may_be_small(rows: int, in_leaf: int) -> None:
    assert lightgbm_settings(CATALOG, LearnerParams(), 4, rows)["min_data_in_leaf"] == in_leaf


DIRECTED = [feature for feature in CATALOG if feature.direction != "not_monotone"]


@pytest.mark.parametrize("feature", DIRECTED, ids=lambda feature: feature.name)
def test_more_of_a_feature_moves_no_account_against_the_catalogue(
    fitted: BoostedTrees, lesson: Lesson, feature: Feature
) -> None:
    X, place = lesson[0], NAMES.index(feature.name)
    steps = np.unique(np.nanquantile(np.nan_to_num(X[:, place]), np.linspace(0, 1, 9)))
    ladder = []
    for value in steps:
        rows = X[-40:].copy()
        rows[:, place] = value
        ladder.append(log_odds(fitted, rows))
    assert (np.diff(np.stack(ladder), axis=0) * feature.monotone_in_churn >= -1e-12).all()


def test_some_directions_are_used_so_that_the_ladders_prove_something(fitted: BoostedTrees) -> None:
    used = sum(booster.feature_importance() for booster in fitted.boosters)
    directed = [feature.monotone_in_churn != 0 for feature in CATALOG]
    assert np.count_nonzero(used[directed]) >= 5


def test_shuffled_labels_teach_nothing(lesson: Lesson) -> None:
    """Out of fold an order learned from noise is worth nothing, and the best round is one of the first."""
    X, y, account = lesson
    shuffled = np.random.default_rng(5).permutation(y)
    model = fit_trees(X, shuffled, account, CATALOG, FOUR_FOLDS, seed=1)
    assert 0.42 < roc_auc_score(shuffled, model.out_of_fold) < 0.58
    base = loss_of(np.full(len(y), logit(y.mean())), shuffled).mean()
    assert loss_of(model.out_of_fold, shuffled).mean() > base - 0.005
    assert max(model.rounds.values()) <= 20

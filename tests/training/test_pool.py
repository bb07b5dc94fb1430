"""The pool: the rule where nothing is known, the data where they know better, and never a silent default."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from features.catalog import Feature, load_catalog
from features.faults import WrongUse
from features.params import RuleParams, Windows
from features.params_file import read_section
from features.rule_score import rule_score
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.health_model import HealthModel, health_of
from training.log_odds_pool import loss_of
from training.params import LearnerParams, Member, PriorParams
from training.pool import FEW, PoolModel, fit_pool

RULE = read_section(Path(__file__).parents[2] / "params.yaml", "rule", RuleParams)
CATALOG = load_catalog(Windows())
NAMES = [feature.name for feature in CATALOG]
QUICK = LearnerParams(leaves=(4,), rounds=50, learning_rate=0.1, bags=1, folds=2)
MEASURED = [m.feature for measures in RULE.measures.values() for m in measures]


def drawn(accounts: int, seed: int, upside_down: str = "") -> tuple[pd.DataFrame, pd.Series]:
    """Accounts whose churn follows the rule's sub-scores; one pillar may work the other way round."""
    draws = np.random.default_rng(seed)
    curves = {m.feature: m.curve for measures in RULE.measures.values() for m in measures}
    rows = pd.DataFrame(np.nan, index=range(accounts), columns=NAMES)
    for name, curve in curves.items():
        rows[name] = draws.uniform(curve[0][0], curve[-1][0], accounts)
    for exception in RULE.exceptions:
        rows[exception.feature] = 0.0
    rows = rows.assign(account_id=[f"A-{i}" for i in range(accounts)], segment="smb")
    points = rule_score(rows, RULE).points
    pillar = {m.feature: name for name, measures in RULE.measures.items() for m in measures}
    pull = sum(points[f] * (-1 if pillar[f] == upside_down else 1) for f in points)
    truth = expit(-1.5 - 1.5 * (pull - pull.mean()) / pull.std())
    return rows, pd.Series((draws.random(accounts) < truth).astype(float))


def fitted(rows: pd.DataFrame, churned: pd.Series, member: Member = "pool") -> PoolModel:
    return fit_pool(rows, churned, CATALOG, RULE, QUICK, seed=7, member=member)


def loss(model: PoolModel, rows: pd.DataFrame, churned: pd.Series, member: Member = "pool") -> float:
    return float(loss_of(model.member_log_odds(rows)[member], churned.to_numpy(float)).mean())


@pytest.fixture(scope="module")
def nothing() -> PoolModel:
    rows, churned = drawn(3, seed=1)
    return fitted(rows.head(0), churned.head(0))


def test_with_no_rows_it_is_the_rule_mapped_by_the_prior(nothing: PoolModel, trained: Trained) -> None:
    rows, prior = trained.data.rows, PriorParams()
    score = rule_score(rows, RULE, rows["segment"]).score.to_numpy(float)
    wanted = logit(prior.annual_churn) - prior.log_odds_per_point * (score - prior.at_score)
    for member in nothing.member_log_odds(rows).values():
        assert np.abs(health_of(member) - health_of(wanted)).max() < 1e-9


def test_with_no_rows_the_drivers_are_the_rules_own_points(nothing: PoolModel, trained: Trained) -> None:
    """Under the default weights: shares in log-odds are the rule's points times the prior's slope."""
    rows = trained.data.rows.assign(segment="smb")
    X, model = rows[NAMES].to_numpy(float), nothing.health_model({})
    shares = model.pooled.contributions(X, ["smb"] * len(X))
    scores, unknown = rule_score(rows, RULE), rule_score(rows[["account_id"]], RULE)
    wanted = pd.DataFrame(0.0, index=rows.index, columns=NAMES)
    wanted[MEASURED] = (scores.points - unknown.points)[MEASURED]
    for exception in RULE.exceptions:
        capped = scores.capped_by == exception.reason
        wanted.loc[capped, exception.feature] += (scores.score - scores.uncapped)[capped]
    assert np.abs(shares + PriorParams().log_odds_per_point * wanted.to_numpy(float)).max() < 1e-9
    assert np.abs(model.base_health + model.points(X).sum(axis=1) - model.health(X)).max() < 1e-9


def test_with_no_rows_the_data_believe_the_expert(nothing: PoolModel) -> None:
    believed = {w["pillar"]: (w["expert"], w["believed"]) for w in nothing.weights}
    assert list(believed) == ["usage", "voice", "commercial", "service"]
    for expert, found in believed.values():
        assert found == pytest.approx(expert, abs=1e-9)


@pytest.mark.parametrize("churned", [0.0, 1.0])
def test_one_outcome_alone_teaches_the_rate_and_leaves_the_order_to_the_rule(churned: float) -> None:
    rows, _ = drawn(60, seed=2)
    model = fitted(rows, pd.Series(np.full(60, churned)))
    order = np.argsort(rule_score(rows, RULE).score.to_numpy(float))
    assert (np.diff(model.probability(rows)[order]) <= 1e-12).all()
    assert abs(model.probability(rows).mean() - churned) < 0.12
    assert model.boosters == ()


def test_hardly_any_churn_leaves_the_order_to_the_rule() -> None:
    rows, _ = drawn(40, seed=3)
    churned = pd.Series(np.zeros(40))
    churned.iloc[: FEW - 1] = 1.0
    model = fitted(rows, churned)
    order = np.argsort(rule_score(rows, RULE).score.to_numpy(float))
    assert (np.diff(model.probability(rows)[order]) <= 1e-12).all()


@pytest.mark.parametrize("accounts", [20, 60, 200, 600])
def test_where_the_rule_is_right_little_is_lost_by_learning(accounts: int) -> None:
    (rows, churned), (others, theirs) = drawn(accounts, seed=4), drawn(4_000, seed=5)
    model = fitted(rows, churned)
    assert loss(model, others, theirs) < loss(model, others, theirs, "rule") + 0.02


def test_a_rule_that_is_upside_down_in_a_pillar_is_overcome_by_a_thousand_accounts() -> None:
    (rows, churned), (others, theirs) = drawn(1_000, 6, "usage"), drawn(4_000, 7, "usage")
    model = fitted(rows, churned)
    assert loss(model, others, theirs) < loss(model, others, theirs, "rule") - 0.03
    believed = {w["pillar"]: w["believed"] for w in model.weights}
    assert believed["usage"] < 0 < believed["voice"]


def test_where_the_rule_is_right_the_data_say_so() -> None:
    rows, churned = drawn(2_000, seed=8)
    for weight in fitted(rows, churned).weights:
        assert abs(weight["believed"] - weight["expert"]) < 3 * weight["error"]
        assert 0.5 < weight["error"] < 15


@pytest.mark.parametrize("member", ["pool", "lightgbm", "reweighted", "rule"])
def test_every_member_can_answer_and_be_served(member: Member, trained: Trained, light: AllParams) -> None:
    rows = trained.data.rows
    model = fitted(rows, trained.data.churned, member)
    told = model.member_log_odds(rows)
    assert list(told) == ["rule", "reweighted", "lightgbm", "pool"]
    assert model.log_odds(rows).tolist() == told[member].tolist()
    served = model.health_model({})
    X, segment = rows[NAMES].to_numpy(float), rows["segment"].tolist()
    assert np.abs(served.health(X, segment) - health_of(told[member])).max() < 1e-9
    total = served.base_health + served.points(X, segment).sum(axis=1)
    assert np.abs(total - served.health(X, segment)).max() < 1e-9
    low, high = model.interval(rows).T
    assert ((low < model.probability(rows)) & (model.probability(rows) < high)).all()


def test_the_pool_lies_between_its_members(trained: Trained) -> None:
    """At either end of its weight it is one of them."""
    told, pooled = trained.fitted.member_log_odds(trained.data.rows), trained.fitted.pooled
    alone = [told[name].tobytes() for name in ("rule", "reweighted", "lightgbm")]
    assert len(set(alone)) == 3
    assert (told["pool"].tobytes() in alone) == (pooled.trees_weight in (0.0, 1.0))


def test_without_a_rule_the_same_learner_learns() -> None:
    (rows, churned), (others, theirs) = drawn(800, seed=9), drawn(2_000, seed=10)
    model = fit_pool(rows.drop(columns="segment"), churned, CATALOG, None, QUICK, seed=7)
    base = loss_of(np.full(2_000, logit(churned.mean())), theirs.to_numpy(float)).mean()
    assert list(model.member_log_odds(others)) == ["reweighted", "lightgbm", "pool"]
    assert loss(model, others, theirs) < base - 0.03
    assert model.weights == []


def test_without_a_rule_the_rule_cannot_answer() -> None:
    rows, churned = drawn(50, seed=1)
    with pytest.raises(WrongUse, match="member is 'rule'; allowed: pool, lightgbm or reweighted"):
        fit_pool(rows, churned, CATALOG, None, QUICK, seed=7, member="rule")


def test_an_interval_is_narrower_the_more_churns_were_seen() -> None:
    rows, churned = drawn(2_000, seed=11)
    some = [fitted(rows.head(n), churned.head(n)).interval(rows.tail(200)) for n in (100, 500, 2_000)]
    widths = [float(np.median(np.diff(logit(edges), axis=1))) for edges in some]
    assert widths[0] > 1.2 * widths[1] > 1.44 * widths[2]


@pytest.fixture(scope="module")
def never_missing() -> tuple[PoolModel, pd.DataFrame]:
    rows, churned = drawn(600, seed=12)
    return fitted(rows, churned), rows


def test_a_value_that_was_never_missing_in_training_is_replaced_by_the_typical_one_and_flagged(
    never_missing: tuple[PoolModel, pd.DataFrame],
) -> None:
    model, rows = never_missing
    name, place = "seat_utilisation_30d", NAMES.index("seat_utilisation_30d")
    gone, typical = rows.assign(**{name: np.nan}), rows.assign(**{name: rows[name].median()})
    for member, told in model.member_log_odds(gone).items():
        assert told.tolist() == model.member_log_odds(typical)[member].tolist()
    flagged = model.health_model({}).missing_unseen(gone[NAMES].to_numpy(float))
    assert flagged[:, place].all()
    assert flagged.sum() == len(rows)


def test_its_interval_is_wider_than_where_the_typical_value_is_known(
    never_missing: tuple[PoolModel, pd.DataFrame],
) -> None:
    model, rows = never_missing
    name = "seat_utilisation_30d"
    gone, typical = rows.assign(**{name: np.nan}), rows.assign(**{name: rows[name].median()})
    assert (np.ptp(model.interval(gone), axis=1) > np.ptp(model.interval(typical), axis=1)).all()


def test_a_value_that_was_missing_in_training_is_read_as_missing(trained: Trained) -> None:
    rows, model = trained.data.rows, trained.model
    seen = [name for name in model.features if rows[name].isna().any() and rows[name].notna().any()]
    assert len(seen) > 3
    X = rows[list(model.features)].assign(**dict.fromkeys(seen, np.nan)).to_numpy(float)
    assert not model.missing_unseen(X)[:, [model.features.index(name) for name in seen]].any()


def test_what_was_never_there_may_come(trained: Trained) -> None:
    """A feature that was always missing in training is no surprise when it is missing, nor when it is not."""
    rows, churned = drawn(300, seed=13)
    idle = next(name for name in NAMES if name not in MEASURED and rows[name].isna().all())
    model = fitted(rows, churned)
    assert model.probability(rows.assign(**{idle: 7.0})).tolist() == model.probability(rows).tolist()
    assert not model.health_model({}).missing_unseen(rows[NAMES].to_numpy(float)).any()


def test_a_column_that_is_missing_is_named(trained: Trained) -> None:
    with pytest.raises(KeyError, match="tenure_days"):
        trained.fitted.log_odds(trained.data.rows.drop(columns="tenure_days"))


def test_the_order_of_the_columns_brought_does_not_matter(trained: Trained) -> None:
    rows = trained.data.rows.tail(50)
    turned = rows[rows.columns[::-1]]
    assert trained.fitted.log_odds(turned).tolist() == trained.fitted.log_odds(rows).tolist()


def test_probabilities_are_the_log_odds_of_churn(trained: Trained) -> None:
    rows = trained.data.rows.tail(30)
    p, z = trained.fitted.probability(rows), trained.fitted.log_odds(rows)
    assert np.log(p / (1 - p)) == pytest.approx(z, abs=1e-9)


def test_calibrated_on_average_where_it_learned(trained: Trained) -> None:
    told = trained.fitted.probability(trained.data.rows).mean()
    assert told == pytest.approx(trained.data.churned.mean(), rel=0.35)


def test_a_catalogue_of_other_features_will_do() -> None:
    """Public tables have features of their own, and no segment."""
    words = {"en": "x", "zh": "x"}
    plain = {"family": "f", "pillar": "usage", "unit": "ratio", "range": (None, None), "actionable": False}
    about = {"direction": "not_monotone", "missing": words, "title": words, "text": words}
    features = [Feature.model_validate({"name": name, **plain, **about}) for name in ("a", "b")]
    draws = np.random.default_rng(1)
    rows = pd.DataFrame(draws.normal(size=(400, 2)), columns=["a", "b"])
    churned = pd.Series((draws.random(400) < expit(2 * rows["a"])).astype(float))
    rows["account_id"] = [str(i) for i in range(400)]
    model = fit_pool(rows, churned, features, None, QUICK, seed=1)
    told = model.log_odds(pd.DataFrame({"a": [-2.0, 2.0], "b": [0.0, 0.0]}))
    assert told[1] > told[0] + 2
    assert isinstance(model.health_model({}), HealthModel)

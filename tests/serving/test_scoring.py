"""What a payload promises, of the learned model and of the rule: it adds up, and never holds a NaN."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import PILLARS, RuleParams, Windows
from features.params_file import read_section
from serving.api.payloads import Health
from serving.scores import scoring
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import NO_CHAMPION, RuleScorer
from serving.scores.sum_check import adds_up, check_sums
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace
from training.calibration import LogOddsLine

__all__ = ["workspace"]
Scorer = LearnedScorer | RuleScorer
CATALOG = load_catalog(Windows())
PILLAR_OF = {feature.family: feature.pillar for feature in CATALOG}
EXTREMES = np.array([np.nan, 0.0, -0.0, 1e308, -1e308, 5e-324, 1.0, -1.0, 100.0])
SEGMENTS = ("enterprise", "mid", "unheard of", None)
FEW = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module", params=["learned", "rule"])
def scorer(request: pytest.FixtureRequest, workspace: TrainedWorkspace, tmp_path_factory: Any) -> Scorer:
    registry = Path(workspace.registry) if request.param == "learned" else tmp_path_factory.mktemp("none")
    found = load_scorer(registry, PARAMS)
    assert found.model["kind"] == request.param
    return found


@pytest.fixture(scope="module")
def rule() -> RuleScorer:
    return RuleScorer(read_section(PARAMS, "rule", RuleParams), Windows())


def random_rows(seed: int, n: int, extreme: float = 0.1, missing: float = 0.2) -> pd.DataFrame:
    """Values within each feature's range, some missing, some absurd."""
    draws = np.random.default_rng(seed)
    low = np.array([f.range[0] if f.range[0] is not None else -5.0 for f in CATALOG])
    high = np.array([f.range[1] if f.range[1] is not None else 200.0 for f in CATALOG])
    X = draws.uniform(low, high, (n, len(CATALOG)))
    X = np.where(draws.random(X.shape) < missing, np.nan, X)
    X = np.where(draws.random(X.shape) < extreme, draws.choice(EXTREMES, X.shape), X)
    rows = pd.DataFrame(X, columns=[f.name for f in CATALOG])
    rows.insert(0, "account_id", [f"A-{i}" for i in range(n)])
    return rows.assign(segment=pd.Series(draws.choice(np.array(SEGMENTS, dtype=object), n), dtype="object"))


def assert_adds_up(payload: dict[str, Any]) -> None:
    """By features, families and pillars, of the health and the rule; in tenths; families in their pillar."""
    assert adds_up(payload)
    rule = payload["rule"]
    for shown in (payload, rule):
        assert list(shown["pillar_points"]) == list(PILLARS)
        assert list(shown["family_points"]) == list(PILLAR_OF)
        for pillar, points in shown["pillar_points"].items():
            inside = [p for family, p in shown["family_points"].items() if PILLAR_OF[family] == pillar]
            assert sum(map(exact, inside)) == exact(points)
    for number in (payload["health"], payload["base_health"], *payload["interval"], rule["score"]):
        assert exact(number) == exact(number).quantize(Decimal("0.1"))


def exact(number: float) -> Decimal:
    return Decimal(str(number))


@FEW
@given(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 3, 5, 50, 1000]))
def test_points_add_up_to_the_health_exactly_whatever_the_row(scorer: Scorer, seed: int, top: int) -> None:
    for payload in scorer.score(random_rows(seed, 20), top=top):
        assert_adds_up(payload)
        assert len(payload["drivers"]) <= top


@FEW
@given(st.integers(0, 2**32 - 1))
def test_a_payload_has_the_published_shape_and_no_nan(scorer: Scorer, seed: int) -> None:
    for payload in scorer.score(random_rows(seed, 20), top=100):
        Health.model_validate(payload)
        json.dumps(payload, allow_nan=False)
        low, high = payload["interval"]
        assert low <= payload["health"] <= high
        assert payload["rule"]["range"][0] <= payload["rule"]["score"] <= payload["rule"]["range"][1]


def test_an_account_of_which_nothing_is_known_still_has_a_payload(scorer: Scorer) -> None:
    [payload] = scorer.score(pd.DataFrame({"account_id": ["A"]}))
    assert_adds_up(payload)
    assert payload["missing"] == list(scorer.feature_names)
    assert payload["coverage"] == 0
    assert payload["band"] != "green"
    assert payload["rule"]["band"] != "green"
    json.dumps(payload, allow_nan=False)


def test_an_account_scores_the_same_bits_alone_and_among_a_thousand(scorer: Scorer) -> None:
    rows = random_rows(11, 1000)
    together = scorer.score(rows, top=100)
    for i in (0, 1, 499, 998, 999):
        assert scorer.score(rows.iloc[[i]], top=100) == [together[i]]


def test_the_unrounded_numbers_are_the_same_bits_alone_and_among_a_thousand(
    workspace: TrainedWorkspace,
) -> None:
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    assert isinstance(scorer, LearnedScorer)
    model = scorer.health_model
    X = random_rows(12, 1000)[list(model.features)].to_numpy()
    for of in (model.health, model.points, model.interval):
        numbers: Callable[..., Any] = of
        together = numbers(X)
        for i in (0, 1, 500, 999):
            assert numbers(X[i : i + 1]).tobytes() == together[i : i + 1].tobytes()


def test_the_band_is_of_the_unrounded_number_and_a_shown_limit_is_reached(scorer: Scorer) -> None:
    payloads = scorer.score(random_rows(13, 1000, extreme=0.02), top=0)
    for payload in payloads:
        if payload["band"] == "green":
            assert payload["health"] >= 85
        if payload["band"] == "red":
            assert payload["health"] < 60
        if payload["health"] >= 85:
            assert payload["band"] == ("green" if payload["range"][0] >= 85 else "yellow")


def test_the_learned_probability_is_what_lacks_of_the_health(workspace: TrainedWorkspace) -> None:
    for payload in load_scorer(Path(workspace.registry), PARAMS).score(random_rows(14, 50)):
        probability = Decimal(str(payload["churn_probability"]))
        assert 100 * (1 - probability) == Decimal(str(payload["health"]))
        assert payload["horizon_days"] == 90
        assert payload["model"]["kind"] == "learned"


def test_the_rule_s_score_is_no_probability_and_has_no_horizon(rule: RuleScorer) -> None:
    for payload in rule.score(random_rows(15, 50)):
        assert payload["churn_probability"] is None
        assert payload["horizon_days"] is None
        assert payload["health"] == payload["rule"]["score"]
        assert payload["interval"] == payload["rule"]["range"]
        assert payload["model"] == {
            "kind": "rule",
            "version": None,
            "trained_until": None,
            "fallback": {"code": "no_champion", "reason": NO_CHAMPION},
        }


def test_the_rule_shows_what_an_exception_took_away_on_its_own_feature(rule: RuleScorer) -> None:
    best = {
        m.feature: max(m.curve, key=lambda point: point[1])[0]
        for ms in rule.rule.measures.values()
        for m in ms
    }
    rows = pd.DataFrame([best | {"decision_maker_detractors_365d": d} for d in (0.0, 1.0)])
    rows["days_since_last_use"] = 1.0
    rows.insert(0, "account_id", ["praised", "detracted"])
    free, capped = rule.score(rows, top=100)
    points = {driver["feature"]: driver["points"] for driver in capped["drivers"]}
    assert (free["health"], capped["health"], capped["band"]) == (100.0, 59.9, "red")
    assert points["decision_maker_detractors_365d"] == pytest.approx(-40.1, abs=0.11)


def test_without_explanations_all_points_are_other_points(scorer: Scorer) -> None:
    [payload] = scorer.score(random_rows(16, 1), top=5, explain=False)
    assert payload["drivers"] == []
    assert_adds_up(payload)


def test_what_was_never_missing_in_training_is_named_where_it_is_missing(scorer: Scorer) -> None:
    """The rule reads what is missing by its own curve; the learned model puts the typical value there."""
    learned = scorer.model["kind"] == "learned"
    [nothing] = scorer.score(pd.DataFrame({"account_id": ["A-1"]}), top=3)
    assert ("tenure_days" in nothing["missing_unseen"]) == learned
    assert set(nothing["missing_unseen"]) < set(nothing["missing"])
    Health.model_validate(nothing)


def test_the_segment_picks_the_profile_that_the_learned_model_starts_from(
    workspace: TrainedWorkspace,
) -> None:
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    rows = random_rows(5, 50, extreme=0.0)
    shown = [
        [payload["health"] for payload in scorer.score(rows.assign(segment=segment), top=0)]
        for segment in ("enterprise", "smb", None)
    ]
    assert shown[0] != shown[1]
    assert shown[1] == shown[2]


def test_a_family_stands_in_one_pillar() -> None:
    """So its name alone says where its points belong."""
    assert all(PILLAR_OF[feature.family] == feature.pillar for feature in CATALOG)


def test_two_thousand_responses_add_up_as_shown_and_before_rounding(scorer: Scorer) -> None:
    """A hundred thousand: `python -m benchmarks.point_sums`."""
    found = check_sums(scorer, random_rows(17, 2_000))
    assert (found.responses, found.exact) == (2_000, 2_000)
    assert found.largest_error <= 1e-9


@pytest.mark.parametrize("part", ["drivers", "family_points", "pillar_points", "rule"])
def test_a_response_that_is_a_tenth_off_anywhere_does_not_add_up(scorer: Scorer, part: str) -> None:
    [payload] = scorer.score(random_rows(18, 1), top=3)
    assert adds_up(payload)
    if part == "drivers":
        payload["drivers"][0]["points"] += 0.1
    else:
        points = payload["rule"]["family_points"] if part == "rule" else payload[part]
        points[next(iter(points))] += 0.1
    assert not adds_up(payload)


@FEW
@given(st.integers(0, 2**32 - 1), st.floats(-6, 6), st.floats(0.05, 3))
def test_points_add_up_under_any_calibration_line(
    workspace: TrainedWorkspace, seed: int, intercept: float, slope: float
) -> None:
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    assert isinstance(scorer, LearnedScorer)
    pooled = scorer.health_model.pooled
    line = LogOddsLine(intercept, slope, ((0.1, 0.0), (0.0, 0.1)))
    lined = replace(scorer.health_model, pooled=replace(pooled, line=line))
    found = check_sums(replace(scorer, health_model=lined), random_rows(seed, 20))
    assert found.exact == 20
    assert found.largest_error <= 1e-9


@pytest.mark.parametrize("edge", [60.0, 85.0, 100.0, 0.0])
@pytest.mark.parametrize("step", [0.0, 1e-14, -1e-14, 0.049999, -0.05, -0.1])
def test_points_add_up_at_the_edge_of_a_band(rule: RuleScorer, edge: float, step: float) -> None:
    """Whatever the health is; the reasons are those of a real row, stretched to reach it."""
    rows = random_rows(19, 8)
    verdict, scored = rule.verdict(rows), rule.explained(rows)
    health = np.clip(np.full(8, edge + step), 0, 100)
    points = verdict.points + (health - verdict.health)[:, None] / verdict.points.shape[1]
    for payload in scoring.payloads(
        rows["account_id"], replace(verdict, health=health, points=points), scored, top=4
    ):
        assert_adds_up(payload)
        assert payload["health"] <= health[0]


def test_the_rule_beside_the_model_has_the_points_that_it_would_answer_with(
    workspace: TrainedWorkspace, rule: RuleScorer
) -> None:
    """Also where an exception caps it, and in a segment with weights of its own."""
    rows = random_rows(20, 300)
    learned = load_scorer(Path(workspace.registry), PARAMS).score(rows, top=100)
    alone = rule.score(rows, top=100)
    assert any(payload["rule"]["score"] == 59.9 for payload in learned)
    for beside, answer in zip(learned, alone, strict=True):
        own = beside["rule"]
        assert (own["score"], own["base"]) == (answer["health"], answer["base_health"])
        assert own["family_points"] == answer["family_points"]
        assert {d["feature"]: d["points"] for d in own["drivers"]} == {
            d["feature"]: d["points"] for d in answer["drivers"]
        }


def test_rows_without_a_segment_are_explained_under_the_default_weights(rule: RuleScorer) -> None:
    rows = random_rows(21, 20)
    unnamed = rule.score(rows.drop(columns="segment"))
    assert unnamed == rule.score(rows.assign(segment=None))
    for payload in unnamed:
        assert_adds_up(payload)

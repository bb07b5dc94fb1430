"""No sentence says what the sign of its points denies, in either language."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import Windows
from serving.history.store import ScoreStore
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from serving.scores.since_when import PastFeatures, since_when
from serving.wording.driver_words import driver_sentence
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace

__all__ = ["workspace"]
CATALOG = load_catalog(Windows())
BY_NAME = {feature.name: feature for feature in CATALOG}
VALUES = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, math.nan])
FOR = {"en": ("counts for", "; better than typical"), "zh": ("在此加分", ";优于典型值")}
AGAINST = {"en": ("counts against", "; worse than typical"), "zh": ("在此减分", ";劣于典型值")}


def check(said: str, points: float, language: str) -> None:
    mine, others = (FOR, AGAINST) if points > 0 else (AGAINST, FOR)
    assert any(word in said for word in mine[language]), said
    assert not any(word in said for word in others[language]), said


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(CATALOG),
    VALUES,
    VALUES | st.none(),
    st.sampled_from(["segment", "portfolio"]),
    st.sampled_from([-3.0, 0.1]),
    st.sampled_from(["en", "zh"]),
)
def test_whatever_the_value_the_sentence_agrees_with_the_sign(
    feature: Any, value: float, typical: float | None, whose: str, points: float, language: Any
) -> None:
    said = driver_sentence(feature, value, typical, whose if typical is not None else None, points, language)
    check(said, points, language)
    assert not set("{}<>") & set(said)


@pytest.mark.parametrize("kind", ["learned", "rule"])
def test_over_a_whole_book_no_sentence_denies_its_points(
    workspace: TrainedWorkspace, kind: str, tmp_path: Path
) -> None:
    store = ScoreStore(workspace.store)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    inputs, accounts = store.inputs_of(snapshot), store.all_scores_of(snapshot)
    assert inputs is not None
    segments = {one.payload["account_id"]: one.details["segment"] for one in accounts}
    rows = inputs.rows.assign(segment=inputs.rows["account_id"].map(segments).astype("object"))
    store.close()
    scorer = load_scorer(Path(workspace.registry) if kind == "learned" else tmp_path, PARAMS)
    assert isinstance(scorer, LearnedScorer | RuleScorer)
    if isinstance(scorer, RuleScorer):
        scorer = scorer.told_by(rows)
    names = inputs.features  # as if a day before all had been as it is: every sentence has its date
    before = PastFeatures(
        "2026-10-31T00:00:00Z", inputs.rows["account_id"], names, inputs.rows[names].to_numpy()
    )
    since = since_when(rows, names, scorer.typical, "2026-11-01T00:00:00Z", [before])
    told = dated = 0
    for payload in scorer.score(rows, top=100, since=since):
        for driver in (*payload["drivers"], *payload["rule"]["drivers"]):
            for language in ("en", "zh"):
                check(driver["text"][language], driver["points"], language)
            assert (driver["typical"] is None) == (driver["typical_of"] is None)
            told += 1
            dated += driver["since"] is not None
            for text in driver["text"].values():
                assert ("2026-10-31" in text) == (driver["since"] is not None)
    assert told > 1000
    assert dated > 500


def test_typical_is_said_to_be_of_the_segment_or_of_all() -> None:
    seats = BY_NAME["seat_utilisation_30d"]
    assert driver_sentence(seats, 0.1, 0.5, "segment", -2, "en") == (
        "10% of the licensed seats were used in 30 days (typical of its segment: 50%); worse than typical"
    )
    assert driver_sentence(seats, 0.1, 0.5, "portfolio", -2, "zh") == (
        "30天内席位使用率为10%(全部客户典型值50%);劣于典型值"
    )


def test_a_value_that_is_better_and_yet_counts_against_says_both() -> None:
    said = driver_sentence(BY_NAME["seat_utilisation_30d"], 0.9, 0.5, "segment", -2, "en")
    assert said.endswith("; though better than typical, it counts against the account, all else considered")


def test_what_has_no_better_side_only_counts() -> None:
    none = BY_NAME["no_tickets_90d"]
    assert driver_sentence(none, 1.0, 0.0, "segment", -1, "en").endswith(
        "; more than typical; it counts against the account"
    )
    missing = driver_sentence(BY_NAME["nps_decision_maker_365d"], math.nan, 20.0, "segment", -1, "zh")
    assert missing == "决策者NPS未知:该角色无人作答;在此减分"

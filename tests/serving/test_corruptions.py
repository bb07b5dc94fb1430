"""Every corruption of the catalogue ends in a typed error that names it, or in an answer that is flagged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from features.book import open_book
from features.faults import DataFault
from features.params import CheckParams
from serving import service
from serving.api.answering import Resources
from serving.scores.champion import Settings, load_scorer
from serving.scores.learned_scorer import LearnedScorer
from tests.serving.corruptions import BROKEN, CALLS, FLAGGED, SPOILT, Broken, Call, Flagged, Row, Spoilt
from tests.serving.forged_registry import ForgedRegistry
from tests.serving.trained_workspace import PARAMS
from tests.training.small_model import small_model
from training.health_model import HealthModel
from training.outcome_tables import ALL_TABLES

pytestmark = pytest.mark.usefixtures("audit")
ROWS = 24


@pytest.fixture(scope="module")
def model() -> HealthModel:
    return small_model()


@pytest.fixture
def learned(client: TestClient, model: HealthModel) -> Iterator[TestClient]:
    """The running service with a learned champion."""
    held = service.mounted.state.resources
    settings = Settings.read(PARAMS)
    scorer = LearnedScorer(model, settings.rule, settings.windows, "1")
    service.mounted.state.resources = Resources(scorer, held.store, held.limits, held.cases)
    yield client
    service.mounted.state.resources = held


def test_the_catalogue_holds_at_least_sixty_corruptions_of_different_names() -> None:
    names = [one.name for one in (*CALLS, *FLAGGED, *BROKEN, *SPOILT)]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_a_corrupt_call_is_a_problem_that_names_the_field(learned: TestClient, call: Call) -> None:
    answered = learned.post("/v1/predict", content=call.body, headers={"content-type": call.sent_as})
    assert answered.status_code == call.status
    assert answered.headers["content-type"] == "application/problem+json"
    errors = answered.json()["errors"]
    assert call.field in [error["field"] for error in errors]
    assert all(error["allowed"] and error["next"] for error in errors)


def plain_rows(model: HealthModel) -> list[Row]:
    """Rows as in training: no column vanished, none constant, nothing out of range."""
    draw = np.random.default_rng(5)
    knots = model.pooled.linear.values.knots
    columns = {name: draw.choice(knots[place, 4:-4], ROWS) for place, name in enumerate(model.features)}
    return [{name: float(column[row]) for name, column in columns.items()} for row in range(ROWS)]


def answered(client: TestClient, rows: list[Row]) -> list[dict[str, Any]]:
    sent = [{"account_id": f"A-{number}", "features": row} for number, row in enumerate(rows)]
    found = client.post("/v1/predict", json={"rows": sent, "top": 1})
    assert found.status_code == 200, found.text
    accounts: list[dict[str, Any]] = found.json()["accounts"]
    return accounts


def test_rows_as_in_training_are_not_flagged(learned: TestClient, model: HealthModel) -> None:
    for account in answered(learned, plain_rows(model)):
        assert (account["vanished"], account["constant"], account["out_of_range"]) == ([], [], [])


@pytest.mark.parametrize("case", FLAGGED, ids=lambda case: case.name)
def test_a_corruption_that_can_be_scored_is_flagged_on_every_account(
    learned: TestClient, model: HealthModel, case: Flagged
) -> None:
    for account in answered(learned, case.rows(plain_rows(model))):
        assert case.feature in account[case.flag]
        assert np.isfinite([account["health"], *account["interval"]]).all()


def test_columns_in_another_order_give_the_same_answers(learned: TestClient, model: HealthModel) -> None:
    rows = plain_rows(model)
    turned = [dict(reversed(row.items())) for row in rows]
    assert answered(learned, turned) == answered(learned, rows)


@pytest.fixture
def registry(model: HealthModel, tmp_path: Path) -> ForgedRegistry:
    made = ForgedRegistry(tmp_path / "mlruns")
    made.add(1, model)
    made.promote(1)
    return made


def test_the_bundle_is_used_as_it_is(registry: ForgedRegistry) -> None:
    assert load_scorer(registry.folder, PARAMS).model["fallback"] is None


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_with_a_broken_bundle_the_rule_answers_and_says_why(registry: ForgedRegistry, case: Broken) -> None:
    case.damage(registry.folder / "artifacts/models/m-1/artifacts/artifacts/bundle")
    scorer = load_scorer(registry.folder, PARAMS)
    [payload] = scorer.score(pd.DataFrame({"account_id": ["A"]}), 3)
    assert payload["model"]["kind"] == "rule"
    assert payload["model"]["fallback"]["code"] == "champion_unusable"
    assert case.says in str(scorer.comparison["reason"])


@pytest.mark.parametrize("case", SPOILT, ids=lambda case: case.name)
def test_a_spoilt_book_is_refused_naming_the_place(tmp_path: Path, case: Spoilt) -> None:
    lines = "account_id,name,created_at\nA-1,Alpha,2026-01-31T09:30:00Z\nA-2,Beta,2026-01-31T09:30:00Z\n"
    (tmp_path / "accounts.csv").write_text(lines)
    assert open_book(tmp_path, CheckParams(), ALL_TABLES).source.has("accounts")
    case.damage(tmp_path)
    with pytest.raises(DataFault) as caught:
        open_book(tmp_path, CheckParams(), ALL_TABLES)
    assert any(case.field in fault.field for fault in caught.value.faults)

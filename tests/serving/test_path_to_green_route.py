"""`/path-to-green` as a caller meets it, and its command: one answer, and refusals that say what to do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from features.params import BandLimits, Windows
from serving import service
from serving.api.payloads import ProblemDetail
from serving.history.store import ScoreStore
from serving.path_to_green.answer import path_to_green_of
from serving.path_to_green.payloads import PathToGreenResponse
from serving.scores.rule_scorer import RuleScorer
from tests.command_runs import answer, refused, run
from tests.serving.changing_accounts import ACCOUNTS, OWNER, RULE, features, published
from tests.serving.conftest import NewKey

A = ACCOUNTS[0]
SCORER = RuleScorer(RULE, Windows())
DATE = "2026-10-31"


@pytest.fixture
def asked(client: TestClient) -> TestClient:
    """The running service with the rule as its scorer; `client` puts back what it held before."""
    state = service.mounted.state
    state.resources = replace(state.resources, scorer=SCORER)
    return client


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return ProblemDetail.model_validate(response.json()).model_dump()


def path(account: str = A) -> str:
    return f"/v1/accounts/{account}/path-to-green"


def publish_two_dates(store: ScoreStore) -> None:
    published(store, features(seat_utilisation_30d=0.2), "2026-09-01")
    published(store, features(seat_utilisation_30d=0.3, open_critical_tickets=2.0), DATE)


def test_a_call_answers_what_is_worked_out_for_the_target_and_the_date(
    asked: TestClient, store: ScoreStore
) -> None:
    publish_two_dates(store)
    for target, as_of in (("green", None), ("yellow", None), ("green", "2026-09-01T00:00:00Z")):
        asked_for = {"target": target} | ({"as_of": as_of[:10]} if as_of else {})
        response = asked.get(path(), params=asked_for)
        assert response.status_code == 200, response.text
        found = PathToGreenResponse.model_validate(response.json())
        assert response.json() == path_to_green_of(store, SCORER, A, as_of, target)  # type: ignore[arg-type]
        assert (found.target, found.as_of[:10]) == (target, as_of[:10] if as_of else DATE)
    assert asked.get(path()).json()["target"] == "green"


def test_every_fault_of_a_query_is_told_at_once(asked: TestClient) -> None:
    told = problem(asked.get(path(), params={"target": "gren", "as_of": "soon", "extra": "1"}), 422)
    faults = {fault["field"]: fault for fault in told["errors"]}
    assert set(faults) == {"target", "as_of", "extra"}
    assert faults["target"]["allowed"] == "one of green, yellow"
    assert "'green'" in faults["target"]["next"]


def test_what_is_not_there_is_not_found_and_the_nearest_is_named(
    asked: TestClient, store: ScoreStore
) -> None:
    nothing = problem(asked.get(path()), 404)
    assert nothing["type"] == "urn:vitals:problem:no-snapshot"
    publish_two_dates(store)
    unknown = problem(asked.get(path("A-00001")), 404)
    assert unknown["type"] == "urn:vitals:problem:unknown-account"
    assert unknown["errors"][0]["next"] == f"did you mean {A!r}?"
    no_date = problem(asked.get(path(), params={"as_of": "2026-01-01"}), 404)
    assert DATE in no_date["errors"][0]["allowed"]


def test_a_snapshot_without_its_features_is_not_found_and_says_how_to_get_them(
    asked: TestClient, store: ScoreStore
) -> None:
    published(store, features(), DATE, inputs=False)
    told = problem(asked.get(path()), 404)
    assert told["type"] == "urn:vitals:problem:inputs-not-kept"
    assert told["errors"][0]["next"] == f"publish the date again: vitals score BOOK --as-of {DATE}"


def test_a_snapshot_by_another_rule_than_is_loaded_conflicts(asked: TestClient, store: ScoreStore) -> None:
    other_bands = RULE.model_copy(update={"bands": BandLimits(green=80, yellow=55)})
    published(store, features(), DATE, other_bands)
    told = problem(asked.get(path()), 409)
    assert told["type"] == "urn:vitals:problem:other-model"


def test_an_account_of_somebody_else_is_as_if_it_were_not_there(
    asked: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    publish_two_dates(store)
    for owner, status in ((OWNER, 200), ("csm-9", 404)):
        key = new_key("score:read", name=owner, owner=owner)
        response = asked.get(path(), headers={"Authorization": f"Bearer {key}"})
        assert response.status_code == status, response.text


def test_the_command_says_the_same_in_both_languages(store: ScoreStore, tmp_path: Path) -> None:
    publish_two_dates(store)
    words = [
        "path-to-green",
        A,
        "--registry",
        tmp_path / "none",
        "--store",
        f"sqlite:///{tmp_path / 'vitals.db'}",
    ]
    found = answer(*words)
    assert found == json.loads(json.dumps(path_to_green_of(store, SCORER, A, None)))
    for language in ("en", "zh"):
        done = run(*words, "--lang", language)
        assert done.exit_code == 0
        assert done.stdout.startswith(A)
        assert found["text"][language] in done.stdout
        assert all(step["text"][language] in done.stdout for step in found["steps"])
    yellow = answer(*words, "--target", "yellow", "--as-of", "2026-09-01")
    assert (yellow["target"], yellow["as_of"]) == ("yellow", "2026-09-01T00:00:00Z")


def test_the_command_refuses_in_one_paragraph(store: ScoreStore, tmp_path: Path) -> None:
    places = ["--registry", tmp_path / "none", "--store", f"sqlite:///{tmp_path / 'vitals.db'}"]
    assert "Next: run: vitals score data/book" in refused(2, "path-to-green", A, *places)
    publish_two_dates(store)
    assert f"did you mean {A!r}?" in refused(2, "path-to-green", "A-00001", *places)
    assert "'red' is not one of 'green', 'yellow'" in refused(
        2, "path-to-green", A, "--target", "red", *places
    )
    assert "as-of is 'soon'" in refused(2, "path-to-green", A, "--as-of", "soon", *places)

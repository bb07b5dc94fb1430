"""`/change` and `/history` as a caller meets them: answers that add up, and refusals that say what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from features.params import FeatureParams, RoleWeights
from serving.api.payloads import ProblemDetail
from serving.changes.change_payloads import ChangeResponse, HistoryResponse
from serving.history.store import ScoreStore
from tests.command_runs import answer, refused, run
from tests.serving.changing_accounts import ACCOUNTS, HEAVY_USE, OWNER, features, published
from tests.serving.conftest import NewKey

A = ACCOUNTS[0]
SPLIT = ("decay", "missing_evidence", "behaviour")


def ask(client: TestClient, first: object, last: object, account: str = A) -> dict[str, Any]:
    response = client.get(f"/v1/accounts/{account}/change", params={"from": str(first), "to": str(last)})
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    ChangeResponse.model_validate(found)
    assert_adds_up(found)
    return found


def assert_adds_up(found: dict[str, Any]) -> None:
    """To the tenth shown, and to 1e-9 without rounding; of the health and of the rule's score."""
    ends = {"": ("health",), "rule": ("rule", "score")}
    for where, path in ends.items():
        told = found[where] if where else found
        first, last = (tenths(deep(found[end], path)) for end in ("from", "to"))
        assert tenths(told["change"]) == last - first == sum(map(tenths, told["parts"].values()))
        for part in SPLIT:
            own = sum(tenths(one["points"]) for one in told["drivers"] if one["part"] == part)
            assert own + tenths(told["other_points"][part]) == tenths(told["parts"][part])
        moved = sum(tenths(one["points"]) for one in told["drivers"] if one["part"] == "behaviour")
        assert moved == sum(map(tenths, told["pillar_points"].values()))
        assert moved == sum(map(tenths, told["family_points"].values()))
        exact = told["unrounded"]
        assert exact["from"] + sum(exact["parts"].values()) == pytest.approx(exact["to"], abs=1e-9)
    assert sum(tenths(step["change"]) for step in found["steps"]) == tenths(found["change"])


def deep(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def tenths(shown: float) -> int:
    assert round(shown * 10) / 10 == shown
    return round(shown * 10)


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    return ProblemDetail.model_validate(response.json()).model_dump()


def refusal(client: TestClient, status: int, first: object, last: object, account: str = A) -> dict[str, Any]:
    return problem(client.get(f"/v1/accounts/{account}/change", params={"from": first, "to": last}), status)


def test_time_then_news_are_told_apart_by_driver(client: TestClient, store: ScoreStore) -> None:
    one = published(store, features(), "2026-09-30")
    rows, aged = features(note_tone_180d=0.0, seat_utilisation_30d=0.1), features(note_tone_180d=0.0)
    published(store, rows, "2026-10-31", before=one, decayed=aged)
    found = ask(client, "2026-09-30", "2026-10-31")
    assert found["parts"]["decay"] > 0 > found["parts"]["behaviour"]
    assert {key for key, points in found["parts"].items() if points} == {"decay", "behaviour"}
    by_feature = {driver["feature"]: driver for driver in found["drivers"]}
    assert by_feature["note_tone_180d"]["part"] == "decay"
    assert by_feature["seat_utilisation_30d"]["text"]["en"] == "Seat utilisation: 60%, now 10%"
    assert found["pillar_points"]["usage"] == found["parts"]["behaviour"]
    assert found["notes"] == []


def test_where_no_step_was_kept_decay_is_in_behaviour_and_said(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(note_tone_180d=0.0), "2026-10-31")
    found = ask(client, "2026-09-30", "2026-10-31")
    assert found["parts"]["decay"] == 0 < found["parts"]["behaviour"]
    assert [note["code"] for note in found["notes"]] == ["decay"]
    assert "From 2026-09-30 to 2026-10-31" in found["notes"][0]["text"]["en"]
    assert not found["steps"][0]["decay_apart"]


def test_other_weights_alone_are_configuration_to_the_last_tenth(
    client: TestClient, store: ScoreStore
) -> None:
    one = published(store, features(), "2026-10-31")
    two = published(store, features(), "2026-10-31", HEAVY_USE, before=one)
    found = ask(client, one.id, two.id)
    assert found["parts"]["configuration"] == found["change"] != 0
    assert (
        found["unrounded"]["parts"]["configuration"] == found["unrounded"]["to"] - found["unrounded"]["from"]
    )
    assert found["steps"][0]["changed"] == {"model": None, "configuration": ["rule.weights"]}
    assert found["notes"] == []


def test_a_way_of_many_steps_is_told_step_by_step(client: TestClient, store: ScoreStore) -> None:
    one = published(store, features(), "2026-08-31")
    two = published(store, features(seat_utilisation_30d=0.3), "2026-09-30", before=one, decayed=features())
    three = published(store, features(seat_utilisation_30d=0.3), "2026-09-30", HEAVY_USE, before=two)
    rows, aged = features(nps_account_365d=-50), features(seat_utilisation_30d=0.3)
    published(store, rows, "2026-10-31", HEAVY_USE, before=three, decayed=aged)
    found = ask(client, "2026-08-31", "2026-10-31")
    assert [step["to"]["id"] for step in found["steps"]] == [2, 3, 4]
    assert found["parts"]["configuration"] != 0 != found["parts"]["behaviour"]
    back = next(driver for driver in found["drivers"] if driver["feature"] == "seat_utilisation_30d")
    # It fell under light weights and rose under heavy ones: the sentence must not deny the points.
    assert (back["from"], back["to"]) == (0.6, 0.6)
    assert back["points"] > 0


def test_an_account_away_in_between_is_told_straight(client: TestClient, store: ScoreStore) -> None:
    one = published(store, features(), "2026-08-31")
    two = published(store, features(ACCOUNTS[1:]), "2026-09-30", before=one, decayed=features(ACCOUNTS[1:]))
    published(
        store, features(seat_utilisation_30d=0.2), "2026-10-31", before=two, decayed=features(ACCOUNTS[1:])
    )
    found = ask(client, "2026-08-31", "2026-10-31")
    assert [(step["from"]["id"], step["to"]["id"]) for step in found["steps"]] == [(1, 3)]
    assert [note["code"] for note in found["notes"]] == ["decay"]
    assert [step["to"]["id"] for step in ask(client, 1, 3, ACCOUNTS[1])["steps"]] == [2, 3]


def test_a_date_against_itself_is_no_change(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-10-31")
    found = ask(client, "2026-10-31", "2026-10-31")
    assert found["change"] == 0 == found["rule"]["change"]
    assert not any(found["parts"].values())
    assert found["drivers"] == []


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "seat_utilisation_30d": st.floats(0, 1),
        "note_tone_180d": st.floats(-1, 1),
        "nps_decision_maker_365d": st.floats(-100, 100),
        "overdue_days_longest": st.floats(0, 200),
        "decision_maker_detractors_365d": st.sampled_from([0.0, 1.0, float("nan")]),
        "open_critical_tickets": st.sampled_from([0.0, 1.0, 3.0, float("nan")]),
    },
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=VALUES, aged=VALUES, last=VALUES, heavy=st.booleans())
def test_any_two_snapshots_add_up(
    client: TestClient, store: ScoreStore, first: Any, aged: Any, last: Any, heavy: bool
) -> None:
    one = published(store, features(**first), "2026-09-30")
    rule = {"rule": HEAVY_USE} if heavy else {}
    two = published(store, features(**last), "2026-10-31", **rule, before=one, decayed=features(**aged))
    assert_adds_up(ask(client, one.id, two.id))


def test_a_new_account_is_told_since_when_it_is_scored(client: TestClient, store: ScoreStore) -> None:
    published(store, features(ACCOUNTS[1:]), "2026-09-30")
    published(store, features(), "2026-10-31")
    body = refusal(client, 404, "2026-09-30", "2026-10-31")
    [error] = body["errors"]
    assert (error["field"], error["value"]) == ("from", "2026-09-30T00:00:00Z")
    assert error["allowed"] == "a date at which the account was scored: 2026-10-31"


def test_an_account_that_left_is_told_until_when_it_was_scored(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(ACCOUNTS[1:]), "2026-10-31")
    [error] = refusal(client, 404, "2026-09-30", "2026-10-31")["errors"]
    assert (error["field"], error["allowed"]) == ("to", "a date at which the account was scored: 2026-09-30")


def test_an_account_that_never_was_is_told_the_nearest(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-10-31")
    body = refusal(client, 404, "2026-10-31", "2026-10-31", "A-00001")
    assert body["type"] == "urn:vitals:problem:unknown-account"
    assert body["errors"][0]["next"] == "did you mean 'A-000001'?"


def test_unknown_dates_and_numbers_are_told_which_there_are(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(), "2026-10-31")
    [error] = refusal(client, 404, "2026-10-01", "2026-10-31")["errors"]
    assert error["field"] == "from"
    assert error["allowed"] == "one of 2026-10-31T00:00:00Z, 2026-09-30T00:00:00Z"
    [error] = refusal(client, 404, 1, 77)["errors"]
    assert (error["field"], error["value"]) == ("to", 77)


def test_the_later_first_is_refused(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(), "2026-10-31")
    [error] = refusal(client, 422, "2026-10-31", "2026-09-30")["errors"]
    assert (error["field"], error["next"]) == ("from", "give the earlier one as from")


def test_every_fault_of_a_query_is_told_at_once(client: TestClient) -> None:
    response = client.get(f"/v1/accounts/{A}/change", params={"from": "yesterday", "too": "2026-10-31"})
    assert {error["field"] for error in problem(response, 422)["errors"]} == {"from", "to", "too"}


def test_a_model_that_is_gone_is_named(client: TestClient, store: ScoreStore) -> None:
    model = {"kind": "learned", "version": "41", "trained_until": "2025-10-31"}
    published(store, features(), "2026-09-30", model=model)
    published(store, features(), "2026-10-31")
    body = refusal(client, 404, "2026-09-30", "2026-10-31")
    assert body["type"] == "urn:vitals:problem:model-gone"
    assert body["errors"][0]["value"] == "41"


def test_a_snapshot_without_its_features_is_named(client: TestClient, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30", inputs=False)
    published(store, features(), "2026-10-31")
    body = refusal(client, 404, "2026-09-30", "2026-10-31")
    assert (body["type"], body["errors"][0]["value"]) == ("urn:vitals:problem:inputs-not-kept", 1)


def test_what_cannot_be_worked_out_again_is_refused_and_not_told_otherwise(
    client: TestClient, store: ScoreStore
) -> None:
    published(store, features(), "2026-09-30")
    snapshot = published(store, features(), "2026-10-31")
    with store.begin() as connection:
        connection.execute(text("DROP TRIGGER score_history_no_update"))
        changed = (
            "UPDATE score_history SET payload = json_set(payload, '$.health', 12.3) WHERE snapshot_id = "
        )
        connection.execute(text(changed + str(snapshot.id)))
    body = refusal(client, 409, "2026-09-30", "2026-10-31")
    assert (body["errors"][0]["field"], body["errors"][0]["value"]) == ("to", 12.3)


@pytest.mark.parametrize("table", ["snapshot_settings", "snapshot_steps", "step_inputs"])
def test_what_was_kept_is_never_rewritten(store: ScoreStore, table: str) -> None:
    one = published(store, features(), "2026-09-30", settings=FeatureParams())
    published(store, features(), "2026-10-31", before=one)
    with pytest.raises(IntegrityError, match="append-only"), store.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET snapshot_id = 9"))


def test_the_history_is_paged_with_what_changed_between(client: TestClient, store: ScoreStore) -> None:
    roles = FeatureParams(role_weights=RoleWeights(decision_maker=0.4, manager=0.3))
    published(store, features(), "2026-08-31", settings=FeatureParams())
    published(store, features(seat_utilisation_30d=0.2), "2026-09-30", HEAVY_USE, settings=roles)
    published(store, features(ACCOUNTS[1:]), "2026-10-30")
    learned = {"kind": "learned", "version": "1", "trained_until": "2025-10-31"}
    published(store, features(), "2026-10-31", HEAVY_USE, settings=roles, model=learned)
    pages, cursor = [], None
    for _ in range(3):
        query = {"limit": 1} if cursor is None else {"limit": 1, "cursor": cursor}
        page = client.get(f"/v1/accounts/{A}/history", params=query).json()
        HistoryResponse.model_validate(page)
        pages += page["scores"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert [score["snapshot"]["as_of"][:10] for score in pages] == ["2026-10-31", "2026-09-30", "2026-08-31"]
    assert pages == client.get(f"/v1/accounts/{A}/history").json()["scores"]
    assert pages[0]["markers"]["model"]["to"] == learned
    assert pages[0]["markers"]["configuration"] == []
    assert pages[1]["markers"] == {"model": None, "configuration": ["rule.weights", "features.role_weights"]}
    assert pages[2]["markers"] is None
    assert pages[1]["health"] < pages[2]["health"]
    assert set(pages[1]["rule"]) == {"score", "range", "band", "pillars"}


def test_a_history_that_is_not_there_is_refused(client: TestClient, store: ScoreStore) -> None:
    nothing = problem(client.get(f"/v1/accounts/{A}/history"), 404)
    assert nothing["type"] == "urn:vitals:problem:no-snapshot"
    published(store, features(), "2026-10-31")
    assert problem(client.get("/v1/accounts/A-9/history"), 404)["errors"][0]["field"] == "account_id"
    for query in ({"limit": "0"}, {"limit": "x"}, {"cursor": "9"}, {"cursor": "x' --"}, {"page": "2"}):
        [error] = problem(client.get(f"/v1/accounts/{A}/history", params=query), 422)["errors"]
        assert error["field"] in query


def test_an_account_of_somebody_else_is_as_if_it_were_not_there(
    client: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(seat_utilisation_30d=0.1), "2026-10-31")
    for owner, status in ((OWNER, 200), ("csm-2", 404)):
        client.headers["Authorization"] = f"Bearer {new_key('score:read', owner=owner, name=owner)}"
        history = client.get(f"/v1/accounts/{A}/history")
        change = client.get(f"/v1/accounts/{A}/change", params={"from": "2026-09-30", "to": "2026-10-31"})
        assert (history.status_code, change.status_code) == (status, status)
        if status == 404:
            assert A not in history.json()["errors"][0]["next"]
            assert "2026-09-30" not in change.json()["errors"][0]["next"]


def test_the_command_says_the_same_in_both_languages(store: ScoreStore, tmp_path: Path) -> None:
    one = published(store, features(), "2026-09-30")
    published(store, features(seat_utilisation_30d=0.1), "2026-10-31", before=one, decayed=features())
    where = ("--store", f"sqlite:///{tmp_path / 'vitals.db'}", "--registry", tmp_path)
    asked = ("change", A, "--from", "2026-09-30", "--to", "2026-10-31", *where)
    found = answer(*asked)
    assert_adds_up(found)
    english, chinese = run(*asked).stdout, run(*asked, "--lang", "zh").stdout
    assert f"{found['parts']['behaviour']:+6.1f}  what they did and said" in english
    assert "Seat utilisation: 60%, now 10%" in english
    assert "席位使用率:60%,现在10%" in chinese
    said = refused(2, "change", A, "--from", "soon", "--to", "2026-10-31", *where)
    assert "from is 'soon'; allowed: a date (2026-10-31)" in said
    assert json.loads(json.dumps(found)) == found

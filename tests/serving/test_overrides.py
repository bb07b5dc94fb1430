from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from serving.api.payloads import AccountSummary, Health
from serving.closed_loop.override_openapi import OverridesResponse, SetOverrideResponse
from serving.closed_loop.override_outcomes import judged_overrides
from serving.closed_loop.override_tables import band_overrides
from serving.closed_loop.overrides import set_override
from serving.history.score_tables import score_history, score_inputs
from serving.history.store import ScoreStore
from tests.serving.conftest import Publish
from tests.serving.test_case_routes import loop, post
from tests.serving.test_case_triggers import START, found, held, publish, scored

__all__ = ["loop"]
GREEN: dict[str, Any] = {
    "account_id": "A-000001",
    "band": "green",
    "reason": "their renewal is signed",
    "who": "csm-1",
    "expires_at": "2026-12-01T00:00:00Z",
}


def health(client: TestClient, query: str = "") -> dict[str, Any]:
    answered: dict[str, Any] = client.get(f"/v1/accounts/A-000001{query}").json()["health"]
    return answered


def test_a_band_that_was_set_is_shown_as_a_line_of_its_own_and_the_points_still_add_up(
    loop: TestClient,
) -> None:
    before = health(loop)
    SetOverrideResponse.model_validate(post(loop, "overrides", GREEN), strict=True)
    after = health(loop)
    Health.model_validate(after)
    assert (before["band"], after["band"], after["override"]["model_band"]) == ("red", "green", "red")
    assert after["drivers"][0]["text"]["en"] == (
        "csm-1 set the band to green until 2026-12-01: their renewal is signed"
    )
    assert after["drivers"][1:] == before["drivers"]
    assert after["health"] == before["health"]
    total = after["base_health"] + sum(d["points"] for d in after["drivers"]) + after["other_points"]
    assert total == pytest.approx(after["health"])
    OverridesResponse.model_validate(loop.get("/v1/overrides").json(), strict=True)


def test_it_survives_the_nightly_run_and_is_in_no_score_and_no_input(
    loop: TestClient, publish: Publish, store: ScoreStore
) -> None:
    post(loop, "overrides", GREEN)
    publish(as_of="2026-11-01", hour=4)
    assert health(loop)["band"] == "green"
    assert health(loop, "?as_of=2026-11-01")["band"] == "red"
    for table in (score_history, score_inputs):
        with store.begin() as connection:
            assert "renewal is signed" not in str(connection.execute(table.select()).all())


def test_it_can_be_withdrawn_and_ends_by_itself(loop: TestClient, store: ScoreStore) -> None:
    post(loop, "overrides", GREEN)
    post(loop, "overrides", GREEN | {"band": None, "reason": "it was not"})
    assert health(loop)["band"] == "red"
    assert loop.get("/v1/overrides").json() == {"overrides": []}
    post(loop, "overrides", GREEN | {"expires_at": "2026-11-01T12:00:01Z"})
    assert health(loop)["band"] == "green"


@pytest.mark.parametrize(
    ("more", "field", "status"),
    [
        ({"band": "blue"}, "band", 422),
        ({"reason": ""}, "reason", 422),
        ({"expires_at": "2026-11-01T11:59:00Z"}, "expires_at", 422),
        ({"expires_at": "2028-01-01T00:00:00Z"}, "expires_at", 422),
        ({"expires_at": "2026-12-01"}, "expires_at", 422),
        ({"account_id": "A-9"}, "account_id", 404),
        ({"points": 3}, "points", 422),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(
    loop: TestClient, more: dict[str, Any], field: str, status: int
) -> None:
    assert post(loop, "overrides", GREEN | more, status=status)["errors"][0]["field"] == field


def test_while_it_holds_the_loop_follows_it_and_as_it_ends_the_alarm_is_not_forgotten(
    store: ScoreStore,
) -> None:
    publish_at = publish
    with store.writing() as connection:
        ends = START + timedelta(days=10)
        set_override(connection, scored(50.0), "yellow", "known", "csm-1", ends, START)
    publish_at(store, 1, scored(50.0))
    assert (held(store), found(store)) == ("yellow", [("plan", "open")])
    publish_at(store, 11, scored(50.0))
    assert (held(store), found(store)) == ("red", [("plan", "resolved"), ("p0", "open")])


def test_it_is_told_later_who_was_right() -> None:
    store, now = ScoreStore("sqlite://"), datetime(2026, 1, 1, tzinfo=UTC)
    store.prepare()
    told = [("A-1", "green", "a"), ("A-2", "green", "a"), ("A-3", "red", "b"), ("A-4", "yellow", "b")]
    with store.writing() as connection:
        for account, band, who in told:
            row = scored(70.0, account)
            set_override(connection, row, band, "r", who, now + timedelta(days=9), now)
    churned = {"A-1": now + timedelta(days=30), "A-3": now + timedelta(days=30)}
    year = timedelta(days=365)
    with store.begin() as connection:
        late = judged_overrides(connection, churned, now + timedelta(days=400), year)
        early = judged_overrides(connection, churned, now + timedelta(days=60), year)
    assert [(r["who"], r["right"], r["wrong"], r["undecided"]) for r in late] == [
        ("a", 1, 1, 0),
        ("b", 1, 0, 0),  # the same band as the score's says nothing
    ]
    assert [(r["right"], r["wrong"], r["undecided"]) for r in early] == [(0, 1, 1), (1, 0, 0)]
    assert late[0]["interval"][0] < 0.5 < late[0]["interval"][1]
    store.close()


def test_what_was_set_cannot_be_deleted(store: ScoreStore) -> None:
    with store.writing() as connection:
        set_override(connection, scored(50.0), "green", "r", "a", START + timedelta(days=1), START)
    with pytest.raises(DBAPIError, match="append-only"), store.writing() as connection:
        connection.execute(delete(band_overrides))


def test_the_portfolio_shows_and_filters_the_band_in_force_and_keeps_the_scores_own(
    loop: TestClient,
) -> None:
    """In the list and in the spreadsheet; a date that is replayed stays as it was published."""
    post(loop, "overrides", GREEN)
    [line] = [each for each in loop.get("/v1/accounts").json()["accounts"] if each["override"]]
    AccountSummary.model_validate(line, strict=True)
    assert (line["account_id"], line["band"], line["band_in_force"]) == ("A-000001", "red", "green")
    assert (line["override"]["who"], line["override"]["model_band"]) == ("csm-1", "red")

    def ids(query: str) -> set[str]:
        return {each["account_id"] for each in loop.get(f"/v1/accounts?{query}").json()["accounts"]}

    assert "A-000001" in ids("band=red")
    assert "A-000001" not in ids("band_in_force=red")
    assert ids("band_in_force=green") == ids("band=green") | {"A-000001"}
    everybody = set.union(*(ids(f"band_in_force={band}") for band in ("green", "yellow", "red")))
    assert everybody == ids("")
    assert "A-000001" in ids("band_in_force=red&as_of=2026-10-31")
    assert loop.get("/v1/accounts?band_in_force=blue").status_code == 422
    answer = loop.get("/v1/accounts.csv?band_in_force=green")
    rows = {row["account_id"]: row for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))}
    mine = rows["A-000001"]
    assert (mine["band"], mine["band_in_force"], mine["band_set_by"]) == ("red", "green", "csm-1")
    post(loop, "overrides", GREEN | {"band": "yellow"})
    changed = loop.get(
        "/v1/accounts.csv?band_in_force=green", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert changed.status_code == 200
    assert "A-000001" not in changed.text


def test_the_refusal_of_another_method_names_all_that_there_are(loop: TestClient) -> None:
    for method in ("PUT", "DELETE", "OPTIONS"):
        refused = loop.request(method, "/v1/overrides", json={})
        assert refused.status_code == 405
        assert {"GET", "POST"} <= set(refused.headers["allow"].split(", "))

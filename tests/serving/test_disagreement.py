"""Where model and rule differ: exact sums, honest places, pages, and every refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from serving.api.page_cursors import Place
from serving.disagreement.disagreement import START, disagreement_of
from serving.disagreement.disagreement_answers import in_words
from serving.disagreement.disagreement_payloads import DisagreementResponse
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from tests.command_runs import answer, refused, run
from tests.serving.trained_workspace import TrainedWorkspace, workspace

__all__ = ["workspace"]
FAMILIES = ("login", "depth", "nps")
LEARNED = {"kind": "learned", "version": "3", "trained_until": "2025-10-31"}


def account(name: str, model: list[int], rule: list[int], base: int = 500, start: int = 400) -> ScoredAccount:
    """`model`, `rule`: points of the three families, in tenths, as are the two starts."""
    payload: dict[str, Any] = {
        "account_id": name,
        "health": (base + sum(model)) / 10,
        "band": "yellow",
        "interval": None,
        "coverage": 1.0,
        "base_health": base / 10,
        "drivers": [],
        "family_points": {family: p / 10 for family, p in zip(FAMILIES, model, strict=True)},
        "rule": {
            "score": (start + sum(rule)) / 10,
            "band": "red",
            "base": start / 10,
            "drivers": [{"family": "depth", "feature": "sticky"}],
            "family_points": {family: p / 10 for family, p in zip(FAMILIES, rule, strict=True)},
        },
    }
    return ScoredAccount({"name": f"{name} Ltd", "owner": "csm-1", "segment": "smb"}, payload)


def drawn(seed: int, n: int) -> list[ScoredAccount]:
    draws = np.random.default_rng(seed)
    return [
        account(
            f"A-{i:03d}",
            draws.integers(-90, 90, 3).tolist(),
            draws.integers(-60, 60, 3).tolist(),
            start=int(draws.choice([400, 430])),
        )
        for i in range(n)
    ]


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30), top=st.integers(0, 5))
def test_a_gap_is_the_sum_of_its_parts_before_rounding_and_as_shown(seed: int, n: int, top: int) -> None:
    found = disagreement_of(drawn(seed, n))
    assert np.abs(found.parts.sum(axis=1) - found.gap).max() < 1e-9
    assert (np.diff(np.abs(found.gap)) <= 1e-8).all()
    for shown in found.accounts_shown(0, n, top):
        parts = [Decimal(str(part["gap"])) for part in shown["parts"]] + [Decimal(str(shown["other"]))]
        assert sum(parts) == Decimal(str(shown["gap"]))
        assert len(shown["parts"]) <= top


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 30))
def test_the_families_shares_make_up_the_whole_disagreement(seed: int, n: int) -> None:
    found = disagreement_of(drawn(seed, n))
    assert set(found.shares()) == {START, *FAMILIES}
    assert sum(found.shares().values()) == pytest.approx(1, abs=0.0005)
    assert list(found.shares().values()) == sorted(found.shares().values(), reverse=True)


def test_a_gap_is_the_distance_of_two_standings_in_the_book() -> None:
    accounts = drawn(3, 20)
    health = pd.Series({a.payload["account_id"]: a.payload["health"] for a in accounts})
    score = pd.Series({a.payload["account_id"]: a.payload["rule"]["score"] for a in accounts})
    wanted = (health - health.mean()) / health.std(ddof=0) - (score - score.mean()) / score.std(ddof=0)
    for shown in disagreement_of(accounts).accounts_shown(0, 20, 5):
        name = shown["account_id"]
        assert shown["gap"] == pytest.approx(wanted[name], abs=0.0051)
        assert shown["health_place"] == (health < health[name]).sum() + 1
        assert shown["rule_place"] == (score < score[name]).sum() + 1


def test_the_driver_that_only_one_side_sees_makes_the_disagreement() -> None:
    """Both sides agree on two families; the model alone holds the depth of use against one account."""
    alike = [[20, 0, 10], [-30, 0, -5], [5, 0, 40], [0, 0, -20], [10, 0, 0]]
    accounts = [account(f"A-{i}", points, points) for i, points in enumerate(alike)]
    accounts[4] = account("A-4", [10, -90, 0], [10, 0, 0])
    found = disagreement_of(accounts)
    [first] = found.accounts_shown(0, 1, 5)
    assert (first["account_id"], first["parts"][0]["family"]) == ("A-4", "depth")
    assert first["gap"] < -1
    assert first["parts"][0]["drivers"] == ["sticky"]
    assert next(iter(found.shares())) == "depth"


def test_sides_that_say_the_same_do_not_disagree() -> None:
    points = [[20, 0, 10], [-30, 5, -5], [5, 9, 40]]
    found = disagreement_of([account(f"A-{i}", p, p) for i, p in enumerate(points)])
    assert np.abs(found.gap).max() < 1e-9
    assert found.agreement == 1.0
    assert set(found.shares().values()) == {0.0}


def test_a_rule_that_says_the_same_of_everybody_has_no_standing() -> None:
    found = disagreement_of([account(f"A-{i}", [i, 2 * i, 0], [0, 0, 0]) for i in range(4)])
    assert found.agreement is None
    assert np.isfinite(found.gap).all()


def test_who_may_see_no_account_sees_no_disagreement() -> None:
    found = disagreement_of([])
    assert found.accounts_shown(0, 10, 5) == []
    assert (found.agreement, found.shares()) == (None, {START: 0.0})


@pytest.fixture
def published(store: ScoreStore) -> ScoreStore:
    publish(store, drawn(5, 7), LEARNED)
    return store


def publish(store: ScoreStore, accounts: list[ScoredAccount], model: dict[str, Any]) -> None:
    store.publish_snapshot(
        accounts,
        as_of=datetime(2026, 10, 31, tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=model,
        data_fingerprint="sha256:1",
    )


def test_pages_follow_one_another_without_a_gap_and_stay_on_their_snapshot(
    client: TestClient, published: ScoreStore
) -> None:
    whole = client.get("/v1/disagreement").json()
    DisagreementResponse.model_validate(whole)
    assert (len(whole["accounts"]), whole["next_cursor"], whole["book"]) == (7, None, 7)
    seen, page = [], client.get("/v1/disagreement?limit=3").json()
    publish(published, drawn(6, 9), LEARNED)
    while True:
        seen += page["accounts"]
        if page["next_cursor"] is None:
            break
        page = client.get(f"/v1/disagreement?limit=3&cursor={page['next_cursor']}").json()
    assert seen == whole["accounts"]


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("limit=0", 422, "an integer from 1 to"),
        ("limit=x&cursor=abc", 422, "the next_cursor of an earlier page"),
        ("sort=health", 422, "one of limit, cursor, as_of"),
        ("as_of=soon", 422, "a date (2026-10-31)"),
        ("as_of=2020-01-01", 404, "one of 2026-10-31T00:00:00Z"),
        ("cursor=WzksMyx7fV0", 422, "the next_cursor of an earlier page"),
    ],
)
def test_a_query_that_cannot_be_used_is_refused(
    client: TestClient, published: ScoreStore, query: str, status: int, said: str
) -> None:
    refusal = client.get(f"/v1/disagreement?{query}")
    assert refusal.status_code == status
    assert any(said in error["allowed"] for error in refusal.json()["errors"])


def test_a_cursor_is_read_back_and_nothing_else_is() -> None:
    assert Place.decode("WzksMyx7fV0") == Place(9, 3)
    # As it was before it held filters; then with a blank, below zero, with a text, and with a filter.
    forged = ("WzksIDNd", "WzksMyx7fV0g", "WzksLTEse31d", "WyI5IiwzLHt9XQ", "WzksMyx7InEiOiJ4In1d")
    for text in ("", "abc", "e30", "W10", "é", *forged):
        assert Place.decode(text) is None


def test_a_cursor_goes_on_with_its_own_date_and_refuses_another(
    client: TestClient, published: ScoreStore
) -> None:
    cursor = client.get("/v1/disagreement?limit=3").json()["next_cursor"]
    refusal = client.get(f"/v1/disagreement?as_of=2020-01-01&cursor={cursor}")
    assert refusal.status_code == 422
    [error] = refusal.json()["errors"]
    assert (error["field"], error["allowed"]) == ("as_of", "2026-10-31T00:00:00Z, as the cursor's pages")


def test_where_the_rule_answered_there_is_nothing_to_compare(client: TestClient, store: ScoreStore) -> None:
    publish(store, drawn(5, 3), {"kind": "rule", "version": None, "trained_until": None})
    refusal = client.get("/v1/disagreement")
    assert refusal.status_code == 404
    assert refusal.json()["type"] == "urn:vitals:problem:nothing-to-compare"
    assert "vitals promote" in refusal.json()["errors"][0]["next"]


def test_a_snapshot_of_an_earlier_version_is_named(client: TestClient, store: ScoreStore) -> None:
    old = drawn(5, 3)
    del old[1].payload["rule"]["family_points"]
    publish(store, old, LEARNED)
    refusal = client.get("/v1/disagreement")
    assert refusal.status_code == 404
    assert "vitals score data/book" in refusal.json()["errors"][0]["next"]


def test_the_command_tells_the_book_and_the_accounts(workspace: TrainedWorkspace) -> None:
    found = answer("disagreement", "--limit", 3, "--store", workspace.store)
    DisagreementResponse.model_validate(found)
    assert len(found["accounts"]) == 3
    assert sum(found["families"].values()) == pytest.approx(1, abs=0.002)
    told = run("disagreement", "--limit", 3, "--store", workspace.store)
    assert told.exit_code == 0
    assert told.stdout.strip() == in_words(found)
    assert f"{found['accounts'][0]['gap']:+6.2f}" in told.stdout


def test_the_command_refuses_in_one_paragraph(workspace: TrainedWorkspace, tmp_path: Any) -> None:
    assert "allowed: a date such as" in refused(
        2, "disagreement", "--as-of", "soon", "--store", workspace.store
    )
    empty = refused(2, "disagreement", "--store", f"sqlite:///{tmp_path}/new.db")
    assert "vitals score data/book" in empty
    assert "limit" in refused(2, "disagreement", "--limit", 0, "--store", workspace.store)

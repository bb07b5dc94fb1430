from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from features.catalog import load_catalog
from features.params import Windows
from serving.evidence.evidence_tables import Evidence
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.pages.addresses import account_address
from serving.pages.waterfall import waterfall
from tests.serving import fake_scorer
from tests.serving.changing_accounts import features, published
from tests.serving.conftest import NewKey, Publish, scored_book
from tests.serving.pages.visiting import HOSTILE, person

NOTE = "note_competitor_180d"
INDEX = {
    "keep": 50,
    "tables": {"notes": {"columns": ["note_id", "author", "text"], "features": [NOTE], "text": "text"}},
    "features": {
        NOTE: {
            "family": "notes",
            "pillar": "voice",
            "role": None,
            "title": {"en": "Competitor", "zh": "竞争对手"},
            "missing": {"en": "no notes", "zh": "没有笔记"},
            "tables": ["notes"],
            "absent": [],
            "reads": ["competitor"],
        }
    },
}


def with_note(store: ScoreStore, publish: Publish, text: str, spans: Any = ()) -> ScoredAccount:
    """One account with one note behind its driver, which is red."""
    [account] = scored_book(1)
    driver = {
        "feature": NOTE,
        "family": "notes",
        "pillar": "voice",
        "role": None,
        "value": 1.0,
        "typical": 0.0,
    }
    driver |= {"points": -9.5, "actionable": True, "text": {"en": "a competitor", "zh": "竞争对手"}}
    points = {"pillar_points": {"voice": -9.5}, "family_points": {"notes": -9.5}}
    payload = account.payload | {
        "drivers": [driver],
        "other_points": 0.0,
        "base_health": 60.0,
        "health": 50.5,
    }
    account = replace(account, payload=payload | points | {"band": "red"})
    snapshot = publish([account])
    rows = {"notes": {"rows": [[1, "N-1", "csm", text]], "spans": {"0": list(spans)}}}
    document = {"tables": rows, "left_out": {NOTE: {"negated": 2}}}
    store.keep_evidence(snapshot, Evidence(INDEX, {"A-000001": document}), 1)
    return account


def test_the_steps_of_the_waterfall_lead_from_the_base_to_the_health_as_shown(store: ScoreStore) -> None:
    rows = features(seat_utilisation_30d=0.1, nps_account_365d=-60.0)
    snapshot = published(store, rows, "2026-10-31")
    by_name = {feature.name: feature for feature in load_catalog(Windows())}
    for account in store.all_scores_of(snapshot):
        payload = account.payload
        drawn = waterfall(payload, by_name, payload["drivers"])
        base, *between, health = drawn.steps
        assert (base.points, health.points) == (payload["base_health"], payload["health"])
        families = [step for step in between if step.level == "family"]
        assert round(base.points + sum(step.points for step in families), 6) == payload["health"]
        for pillar in (step for step in between if step.level == "pillar"):
            mine = [step for step in families if by_family(by_name, step.name) == pillar.name]
            assert round(sum(step.points for step in mine), 6) == pillar.points
        for before, after in pairwise(between):
            wanted = before.start if before.level == "pillar" and after.level == "family" else before.end
            assert after.start == pytest.approx(wanted)


def by_family(features_by_name: Any, family: str) -> str:
    return next(str(f.pillar) for f in features_by_name.values() if f.family == family)


def test_every_driver_of_the_page_opens_its_records(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore
) -> None:
    with_note(store, publish, "they look at a rival", [[15, 20, "competitor", None, None]])
    maria = person(client, new_key)
    page = maria.sees("/accounts/A-000001")
    [address, *_] = re.findall(r'class="records" href="([^"]+)"', page)
    records = maria.sees(address.replace("&amp;", "&"))
    assert re.search(r"they look at a <mark[^>]*>rival</mark>", records)
    assert "denied (2)" in records
    assert "−9.5" in page
    assert "−9.5" in records


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_of_a_record_are_shown_as_text(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, text: str
) -> None:
    with_note(store, publish, text, [[0, 3, "competitor", None, None]])
    page = person(client, new_key).sees(account_address("A-000001", "records", driver=NOTE))
    shown = re.sub(r"</?mark[^>]*>", "", page)
    assert f'<bdi class="said">{escape(text)}</bdi>' in shown
    assert "<script>" not in page
    assert "<img" not in page


def test_a_text_of_100_kilobytes_is_cut_with_a_way_to_all_of_it(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore
) -> None:
    with_note(store, publish, "long " * 20_000 + "the end")
    maria = person(client, new_key)
    page = maria.sees(account_address("A-000001", "records", driver=NOTE))
    assert len(page) < 20_000
    [more] = re.findall(r'href="([^"]+row=0)"', page)
    assert "the end" in maria.sees(more.replace("&amp;", "&"))


@pytest.mark.parametrize(
    "account_id", ["A/2", "..", "a//b", "北京/3", "A?9#x", "=cmd|'/c'!A1", '"><script>', "L" * 200]
)
def test_every_page_of_an_account_opens_whatever_its_id(
    client: TestClient, new_key: NewKey, publish: Publish, account_id: str
) -> None:
    [account] = scored_book(1)
    publish([replace(account, payload=account.payload | {"account_id": account_id})])
    maria = person(client, new_key)
    [address] = set(re.findall(r'href="(/accounts/[^"]+)"', maria.sees("/")))
    for part in ("", "/records", "/change", "/path-to-green", "/brief"):
        if account_id == "..":  # no client sends it: it means the path above
            continue
        assert "<script" not in maria.sees(address + part)


def test_an_account_that_is_not_there_is_said_to_be_none_in_both_languages(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    maria = person(client, new_key)
    assert "There is no such account among those you may see" in maria.sees("/accounts/A-9", 404)
    assert "没有该客户" in maria.sees("/accounts/A-9?lang=zh", 404)


def test_the_history_marks_where_another_model_answered(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    published(store, features(), "2026-09-30")
    other = fake_scorer.MODEL | {"kind": "learned", "version": "7", "trained_until": "2025-10-01"}
    published(store, features(seat_utilisation_30d=0.2), "2026-10-31", model=other)
    page = person(client, new_key).sees("/accounts/A-000001")
    assert "model: the rule → 7" in page
    assert page.count('class="marker"') == 1


def test_what_changed_adds_up_on_the_page(client: TestClient, new_key: NewKey, store: ScoreStore) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(seat_utilisation_30d=0.1), "2026-10-31")
    page = person(client, new_key).sees("/accounts/A-000001/change")
    figures = [float(n.replace("−", "-")) for n in re.findall(r'<td class="n">([−+\d.]+)</td>', page)]
    parts, total = figures[:5], figures[5]
    assert total < 0
    assert round(sum(parts), 6) == total


def test_without_a_second_snapshot_the_change_says_so(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(1)
    assert "nothing to compare yet" in person(client, new_key).sees("/accounts/A-000001/change")


@pytest.mark.parametrize("query", ["from=2020-01-01&to=2026-10-31", "from=x&to=y", "from=9&to=1", "when=1"])
def test_a_change_that_cannot_be_told_says_why(
    client: TestClient, new_key: NewKey, store: ScoreStore, query: str
) -> None:
    published(store, features(), "2026-09-30")
    published(store, features(), "2026-10-31")
    maria = person(client, new_key)
    page = maria.client.get(f"/accounts/A-000001/change?{query}", headers={"accept": "text/html"})
    assert page.status_code in (200, 422)
    assert 'role="alert"' in page.text


def test_late_sources_are_named(client: TestClient, new_key: NewKey, publish: Publish) -> None:
    [account] = scored_book(1)
    publish([replace(account, payload=account.payload | {"stale": ["usage", "tickets"]})])
    maria = person(client, new_key)
    for path in ("/", "/accounts/A-000001", "/accounts/A-000001/brief"):
        assert "Late sources: " in maria.sees(path)


def test_a_parent_leads_to_its_page_where_the_reader_may_see_it(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    book = scored_book(3)
    child = {"parent_account_id": "A-000002"}  # of csm-1, and the child of csm-0
    publish([replace(book[0], details=book[0].details | child), *book[1:]])
    assert 'href="/accounts/A-000002"' in person(client, new_key).sees("/accounts/A-000001")
    limited = person(client, new_key, "score:read", owner="csm-0", name="li")
    for path in ("/accounts/A-000001", "/accounts/A-000001/brief", "/"):
        assert "A-000002" not in limited.sees(path)
    assert client.get("/v1/accounts/A-000001").json()["account"]["parent_account_id"] is None


def test_a_health_that_missing_evidence_keeps_from_green_says_so(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    [account] = scored_book(1)
    told = {"health": 91.2, "band": "yellow", "range": [71.5, 94.0]}
    publish([replace(account, payload=account.payload | told)])
    maria = person(client, new_key)
    page = maria.sees("/accounts/A-000001")
    assert "it would be green. It is not, because what is missing could bring it down to 71.5" in page
    assert "insufficient evidence" in maria.sees("/")

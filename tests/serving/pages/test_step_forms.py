from __future__ import annotations

import csv
import io
import re

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.store import ScoreStore
from serving.review.verdicts import as_csv, verdicts_of
from tests.serving.conftest import Clock, NewKey, Publish
from tests.serving.pages.test_account_page import NOTE, with_note
from tests.serving.pages.visiting import HOSTILE, Person, on_the_clock, person
from tests.serving.test_sign_in import send

ACCOUNT, CASE = "/accounts/A-000001", "/cases/C-000001"


@pytest.fixture
def maria(client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock) -> Person:
    """She reads the account that has an open P0 case."""
    with_note(store, publish, "they look at a rival")
    on_the_clock(clock)
    people = {"account_id": "A-000001", "name": "N", "owner": "csm-0", "director": None, "vp": None}
    with store.writing() as connection:
        keep_people(connection, BookPeople([people], []))
        opened = Opening("A-000001", "p0", "entered red", "of the test", name="N", owner="csm-0")
        open_case(connection, opened, CaseParams(), clock.now)
    clock.goes_on(3600)
    return person(client, new_key)


def words(page: str) -> str:
    """The page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_logging_a_call_stops_the_clock(maria: Person) -> None:
    page = maria.sees(ACCOUNT)
    assert "call: 2026-11-01 13:00 UTC (in 3 h)" in words(page)
    done = maria.sends(page, f"{CASE}/log-call", note="spoke for ten minutes")
    assert (done.status_code, done.headers["location"]) == (303, f"{ACCOUNT}#case")
    after = words(maria.sees(ACCOUNT))
    assert "clock stopped: called 2026-11-01 10:00 UTC" in after
    assert "spoke for ten minutes" in after
    assert "maria · Log a call" in after


def test_a_case_is_commented_assigned_resolved_and_reopened(maria: Person) -> None:
    for action, fields in (
        ("comment", {"note": "waiting for the invoice"}),
        ("assign", {"assignee": "csm-7"}),
        ("log-call", {}),
        ("resolve", {"note": "credit given"}),
        ("reopen", {}),
    ):
        done = maria.sends(maria.sees(ACCOUNT), f"{CASE}/{action}", **fields)
        assert done.status_code == 303, done.text
    after = words(maria.sees(ACCOUNT))
    assert all(said in after for said in ("waiting for the invoice", "→ csm-7", "credit given", "· open"))


def test_a_form_that_is_sent_twice_is_done_once(maria: Person) -> None:
    page = maria.sees(ACCOUNT)
    first, second = (maria.sends(page, f"{CASE}/comment", note="only once") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert words(maria.sees(ACCOUNT)).count("only once") == 1


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (f"{CASE}/comment", {"note": ""}),
        (f"{CASE}/comment", {"note": "x" * 5_001}),
        (f"{CASE}/assign", {"assignee": ""}),
        ("/overrides", {"band": "blue", "reason": "x", "until": "2026-12-01"}),
        ("/overrides", {"band": "green", "reason": "", "until": "2026-12-01"}),
        ("/overrides", {"band": "green", "reason": "x", "until": "2020-01-01"}),
        ("/overrides", {"band": "green", "reason": "x", "until": "soon"}),
        ("/verdicts", {"verdict": "missing", "because": " "}),
        ("/verdicts", {"verdict": "great", "because": "x"}),
        ("/verdicts", {"verdict": "wrong", "feature": "no_such", "because": "x"}),
    ],
)
def test_a_form_that_is_filled_in_wrongly_says_what_is_allowed_and_does_nothing(
    maria: Person, store: ScoreStore, path: str, fields: dict[str, str]
) -> None:
    page = maria.sees(ACCOUNT)
    refused = maria.sends(page, path, **fields)
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("text/html")
    assert "What was sent cannot be used" in refused.text
    assert verdicts_of(store) == []
    assert words(maria.sees(ACCOUNT)).count("maria") == 1  # in the foot of the page


@pytest.mark.parametrize("path", [f"{CASE}/log-call", f"{CASE}/comment", "/overrides", "/verdicts"])
@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_the_sessions_token_is_refused(maria: Person, path: str, token: str) -> None:
    told = {"note": "x", "account_id": "A-000001", "verdict": "missing", "because": "x", "once": "abc"}
    refused = send(maria.client, path, token=token, **told)
    assert refused.status_code == 403
    assert "The form was too old, or not ours" in refused.text


def test_another_sites_page_cannot_send_a_form(maria: Person) -> None:
    page = maria.sees(ACCOUNT)
    [token] = set(re.findall(r'name="token" value="([^"]+)"', page))
    refused = send(
        maria.client, f"{CASE}/comment", {"Origin": "https://evil.example"}, token=token, note="x", once="a"
    )
    assert refused.status_code == 403


def test_who_may_only_read_is_offered_no_form(client: TestClient, new_key: NewKey, maria: Person) -> None:
    reader = person(client, new_key, "score:read", "cases:read", name="li")
    for path in (ACCOUNT, f"{ACCOUNT}/records?driver={NOTE}"):
        assert reader.sees(path).count("<form") == 1  # to sign out
    assert send(client, f"{CASE}/comment", token="x", note="x").status_code == 403


def test_a_step_that_the_case_does_not_allow_is_refused_in_words(maria: Person) -> None:
    page = maria.sees(ACCOUNT)
    once = re.search(r'name="once" value="([^"]+)"', page)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert once
    assert token
    refused = send(maria.client, f"{CASE}/resolve", token=token[1], once=once[1], note="done")
    assert refused.status_code == 409
    assert "does not allow this step now" in refused.text


def test_a_band_that_a_person_sets_stands_beside_the_score_and_can_be_withdrawn(maria: Person) -> None:
    told = {"band": "yellow", "reason": "renewal is signed", "until": "2026-12-31"}
    assert maria.sends(maria.sees(ACCOUNT), "/overrides", **told).status_code == 303
    page = maria.sees(ACCOUNT)
    assert "maria set the band to yellow until 2026-12-31: renewal is signed" in words(page)
    assert "The score itself says red." in words(page)
    assert '<p class="figure">50.5</p>' in page
    assert maria.sends(page, "/overrides", **(told | {"band": ""})).status_code == 303
    assert "set the band to" not in words(maria.sees(ACCOUNT))


def test_a_verdict_is_kept_shown_and_exported(maria: Person, store: ScoreStore) -> None:
    records = f"{ACCOUNT}/records?driver={NOTE}"
    told = {"verdict": "wrong", "because": "the rival is their own daughter"}
    done = maria.sends(maria.sees(records), "/verdicts", account_id="A-000001", feature=NOTE, **told)
    assert (done.status_code, done.headers["location"]) == (303, f"{ACCOUNT}#verdicts")
    page = maria.sees(ACCOUNT)
    missing = {"verdict": "missing", "because": "their plant burnt down", "account_id": "A-000001"}
    assert maria.sends(page, "/verdicts", **missing).status_code == 303
    shown = words(maria.sees(ACCOUNT))
    assert "the rival is their own daughter" in shown
    assert "their plant burnt down" in shown
    assert "the rival is their own daughter" in maria.sees(records)
    newest, first = list(csv.DictReader(io.StringIO(as_csv(verdicts_of(store)).lstrip("\ufeff"))))
    assert (newest["verdict"], newest["feature"]) == ("missing", "")
    assert (first["verdict"], first["feature"], first["points"]) == ("wrong", NOTE, "-9.5")
    assert (first["who"], first["model_version"], first["as_of"]) == (
        "maria",
        "rule-1",
        "2026-10-31T00:00:00Z",
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_of_a_reviewer_are_text_on_the_page_and_in_the_spreadsheet(
    maria: Person, store: ScoreStore, text: str
) -> None:
    page = maria.sees(ACCOUNT)
    maria.sends(page, "/verdicts", account_id="A-000001", verdict="missing", because=text)
    maria.sends(page, f"{CASE}/comment", note=text)
    shown = maria.sees(ACCOUNT)
    assert shown.count(f'<bdi class="said">{escape(text)}</bdi>') == 2
    assert "<script" not in shown
    [row] = csv.DictReader(io.StringIO(as_csv(verdicts_of(store)).lstrip("\ufeff")))
    assert not row["because"].startswith(("=", "+", "-", "@"))


def test_a_limited_csm_neither_sees_nor_gives_a_verdict_on_an_account_of_somebody_else(
    client: TestClient, new_key: NewKey, maria: Person, store: ScoreStore
) -> None:
    maria.sends(maria.sees(ACCOUNT), "/verdicts", account_id="A-000001", verdict="missing", because="x")
    other = person(client, new_key, owner="csm-1", name="li")
    page = other.sees("/")
    told = {"account_id": "A-000001", "verdict": "missing", "because": "y", "once": "a", "token": ""}
    told["token"] = re.findall(r'name="token" value="([^"]+)"', page)[0]
    refused = send(client, "/verdicts", **told)
    assert refused.status_code == 404
    assert [row.because for row in verdicts_of(store)] == ["x"]
    assert verdicts_of(store.seen_by("csm-1")) == []


def test_a_plan_of_an_older_vitals_is_shown_as_far_as_it_goes(
    maria: Person, store: ScoreStore, clock: Clock
) -> None:
    """It tells of no path to green, and not whether anybody was held out: those came later."""
    step = {"what": {"en": "ask for a review", "zh": "请求复盘"}, "owner": "csm-0", "by": "csm"}
    plan = {"parts": [{"title": {"en": "Use", "zh": "使用"}, "steps": [step | {"due": "2026-12-01"}]}]}
    maria.sends(maria.sees(ACCOUNT), f"{CASE}/log-call")
    maria.sends(maria.sees(ACCOUNT), f"{CASE}/resolve", note="done")
    with store.writing() as connection:
        kind = Opening("A-000001", "plan", "entered yellow", "older", name="N", owner="csm-0", plan=plan)
        open_case(connection, kind, CaseParams(), clock.now)
    assert "ask for a review" in maria.sees(ACCOUNT)
    assert "ask for a review" in maria.sees(f"{ACCOUNT}/brief")

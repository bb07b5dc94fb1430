"""What a person in the pages can run into is said in Chinese too, to the last word."""

from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.store import ScoreStore
from serving.pages.refusal_words import refusal_in
from tests.serving.conftest import Clock, NewKey, Publish
from tests.serving.pages.test_account_page import NOTE, with_note
from tests.serving.pages.visiting import Person, on_the_clock, person
from tests.serving.test_sign_in import send

ACCOUNT, CASE = "/accounts/A-000001", "/cases/C-000001"
QUERIES = [
    "/?band=blue&sort=x&page=0&q=%00&owner=%00&segment=%00&x=1&conflict=2",
    "/?band=red&band=red",
    "/accounts/none",
    "/accounts/A-000002",
    f"{ACCOUNT}/records?driver=no_such&x=1",
    f"{ACCOUNT}/records?driver={NOTE}&table=%00&row=x",
    f"{ACCOUNT}/change?from=soon&to=9&x=1",
    f"{ACCOUNT}/change?from=2026-10-31&to=2027-01-01",
    f"{ACCOUNT}/change?from=2",
    f"{ACCOUNT}/path-to-green",
    "/themes?period=1&role=king&segment=%00&owner=%00&x=1&as_of=soon",
    "/themes",
    "/themes/sentences?about=love&limit=0&cursor=x",
    "/kpis?from=soon&to=2999-01-01&x=1",
    "/kpis?from=2026-10-02&to=2026-10-01",
    "/weights?base=9&segment=%00&stage=winter&usage=-1&x=1",
    "/weights?stage=renewal&segment=smb",
    "/weights?usage=0&voice=0",
]
FORMS = [
    (f"{CASE}/comment", {"note": ""}),
    (f"{CASE}/comment", {"note": "x" * 5_001}),
    (f"{CASE}/assign", {"assignee": ""}),
    (f"{CASE}/assign", {"assignee": "\x00"}),
    (f"{CASE}/resolve", {"note": "too early"}),
    ("/cases/C-9/comment", {"note": "x"}),
    ("/overrides", {"account_id": "A-000001", "band": "blue", "reason": "", "until": "soon"}),
    ("/overrides", {"account_id": "A-9", "band": "green", "reason": "x", "until": "2026-12-01"}),
    ("/verdicts", {"account_id": "A-000001", "verdict": "great", "feature": "no_such", "because": ""}),
    ("/weights/drafts", {"reason": "", "usage": "101"}),
    ("/weights/drafts", {"reason": "x", "base": "9"}),
    ("/adoptions", {"version": "9", "reason": "x"}),
    ("/adoptions", {"version": "x", "reason": "x"}),
    ("/adoptions", {"version": "", "reason": "x"}),
]


@pytest.fixture
def li(client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock) -> Person:
    """She reads Chinese, and may do everything."""
    with_note(store, publish, "they look at a rival")
    on_the_clock(clock)
    people = {"account_id": "A-000001", "name": "N", "owner": "csm-0", "director": None, "vp": None}
    with store.writing() as connection:
        keep_people(connection, BookPeople([people], []))
        opened = Opening("A-000001", "p0", "entered red", "of the test", name="N", owner="csm-0")
        open_case(connection, opened, CaseParams(), clock.now)
    reader = person(client, new_key, "admin", name="li")
    client.cookies.set("vitals_lang", "zh")
    return reader


def left_in_english(page: str) -> list[str]:
    """What the page marks as English, or has of an English sentence."""
    found = re.findall(r'<bdi lang="en">(.*?)</bdi>', page, re.DOTALL)
    return [unescape(text) for text in found]


@pytest.mark.parametrize("path", QUERIES)
def test_no_query_is_refused_in_english_on_a_chinese_page(li: Person, path: str) -> None:
    found = li.client.get(path, headers={"accept": "text/html"})
    assert '<html lang="zh-CN">' in found.text
    assert left_in_english(found.text) == []


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_no_form_is_refused_in_english_on_a_chinese_page(
    li: Person, path: str, fields: dict[str, str]
) -> None:
    [token, *_] = re.findall(r'name="token" value="([^"]+)"', li.sees("/"))
    refused = send(li.client, path, token=token, once="abc", **fields)
    assert refused.status_code in (404, 409, 422)
    assert '<html lang="zh-CN">' in refused.text
    assert "<td>" in refused.text
    assert left_in_english(refused.text) == []


def test_a_wording_that_nobody_translated_stays_english_and_says_so() -> None:
    assert refusal_in("zh", "a wording of tomorrow") is None
    assert refusal_in("en", "a wording of tomorrow") == "a wording of tomorrow"


@pytest.mark.parametrize("text", ["one of " + "red, " * 20_000, "did you mean '" + "(" * 50_000 + "'?"])
def test_long_texts_are_translated_around_what_they_name(text: str) -> None:
    said = refusal_in("zh", text)
    assert said
    assert said[:2] in ("以下", "您是")

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.store import ScoreStore
from serving.pages.book_glance import glance_of
from serving.pages.page_routes import PAGE_ROUTES
from tests.serving.conftest import Clock, NewKey, Publish, scored_book
from tests.serving.pages.visiting import Person, person
from tests.serving.test_owner_filter import CANARY, CASES, NOBODYS, with_canary
from tests.serving.test_sign_in import send

QUERIES = {"records": "?driver=seat_utilisation", "change": "?from=1&to=2"}
ROUTES = [
    (route.path.replace(":path", ""), "POST" if "POST" in route.methods else "GET") for route in PAGE_ROUTES
]
ROUTES = [(path, method) for path, method in ROUTES if not path.startswith("/static/")]
OF_NO_ACCOUNT = {"/weights/drafts", "/adoptions"}
FIELDS = {"note": "x", "assignee": "csm-0", "band": "green", "reason": "x", "until": "2026-12-01"}
FIELDS |= {"verdict": "missing", "because": "x"}


@pytest.fixture
def limited(client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock) -> Person:
    """csm-0, who is not to see the canary: the worst account, in two snapshots, with a case."""
    publish(with_canary(), as_of="2026-10-20")
    publish(with_canary(), as_of="2026-10-31")
    people = {
        "account_id": CANARY,
        "name": "Canary Industries",
        "owner": "csm-9",
        "director": None,
        "vp": None,
    }
    with store.writing() as connection:
        keep_people(connection, BookPeople([people], []))
        opened = Opening(CANARY, "p0", "red", "t", name="Canary Industries", owner="csm-9")
        open_case(connection, opened, CaseParams(), clock.now)
    return person(client, new_key, owner="csm-0")


def asked(who: Person, path: str, method: str, account: str) -> Any:
    place = path.format(account_id=account, case_id=CASES[account])
    if method == "GET":
        return who.client.get(
            place + QUERIES.get(place.rpartition("/")[2], ""), headers={"accept": "text/html"}
        )
    token = re.findall(r'name="token" value="([^"]+)"', who.sees("/"))[0]
    return send(who.client, place, token=token, once=account, account_id=account, **FIELDS)


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_no_page_shows_a_trace_of_an_account_of_somebody_else(
    limited: Person, path: str, method: str
) -> None:
    """Asked for by its id, it is answered to the letter as one that does not exist."""
    found, absent = (asked(limited, path, method, account) for account in (CANARY, NOBODYS))
    assert found.status_code == absent.status_code != 401
    assert "Canary Industries" not in found.text
    assert same(found.text) == same(absent.text)
    if path in OF_NO_ACCOUNT or (method == "GET" and "{" not in path):
        assert CANARY not in found.text
    else:
        assert found.status_code == 404


def same(page: str) -> str:
    """The page without what differs by chance or by what was asked for."""
    for account in (CANARY, NOBODYS):
        page = page.replace(account, "ACCOUNT").replace(CASES[account], "CASE")
    return re.sub(r'name="once" value="[^"]+"', "", page)


@pytest.mark.parametrize("query", ["owner=csm-9", "q=canary", "sort=-health", "band=red", "q=B-&sort=risk"])
def test_no_filter_search_or_order_finds_it(limited: Person, query: str) -> None:
    page = limited.sees(f"/?{query}")
    assert "Canary Industries" not in page
    assert f"/accounts/{CANARY}" not in page


def test_the_counts_are_those_of_the_owners_accounts(limited: Person) -> None:
    assert "3 accounts" in limited.sees("/")


def test_what_moved_and_left_counts_none_of_somebody_elses(limited: Person) -> None:
    page = limited.sees("/")
    assert "no longer in it" not in page
    assert "new in the book" not in page


def test_what_is_offered_of_an_older_date_is_of_the_accounts_that_are_theirs_today(
    store: ScoreStore, publish: Publish
) -> None:
    older, mine = publish(6, as_of="2026-10-20"), store.seen_by("csm-0")
    assert len(glance_of(mine, older).lines) == 3
    lost = [replace(each, details=each.details | {"owner": "csm-1"}) for each in scored_book(6)]
    publish(lost, as_of="2026-10-31")
    assert not glance_of(mine, older).lines
    assert len(glance_of(store.seen_by("csm-1"), older).lines) == 6

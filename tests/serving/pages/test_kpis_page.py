from __future__ import annotations

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from serving.history.store import ScoreStore
from tests.serving.conftest import Clock, NewKey
from tests.serving.pages.visiting import on_the_clock, person
from tests.serving.test_kpis import alarm, day, ten_alarms

PERIOD = "from=2026-01-05&to=2026-01-07"


def words(page: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def test_the_figures_are_those_of_the_api_of_all_by_csm_and_by_team(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    ten_alarms(store)
    told = client.get(f"/v1/kpis?{PERIOD}").json()
    page = words(person(client, new_key).sees(f"/kpis?{PERIOD}"))
    closed = told["all"]["closed"]
    low, high = closed["interval"]
    assert f"{closed['share']:.0%} {low:.0%} – {high:.0%} {closed['count']}/{closed['of']}" in page
    median = told["all"]["first_call"]["median"]
    assert f"{median['hours']:.1f} h {median['interval'][0]:.1f} – " in page
    assert "beyond what was seen" in page
    for group in (*told["csms"], *told["teams"]):
        assert f"{group['name']} {group['alarms']}" in page


def test_of_too_few_alarms_nothing_is_said_in_either_language(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    alarm(store, "A", day(0))
    maria = person(client, new_key)
    assert "cannot tell: 1 known, 5 needed" in words(maria.sees(f"/kpis?{PERIOD}"))
    assert "无法判断" in maria.sees(f"/kpis?{PERIOD}&lang=zh")


def test_without_an_alarm_the_page_names_the_command_that_keeps_cases(
    client: TestClient, new_key: NewKey, clock: Clock
) -> None:
    on_the_clock(clock)
    assert "vitals watch data/book" in person(client, new_key).sees("/kpis?from=&to=")


@pytest.mark.parametrize("query", ["from=soon", "to=2999-01-01", "from=2026-01-07&to=2026-01-05", "x=1"])
def test_a_period_that_is_none_is_refused_in_words(client: TestClient, new_key: NewKey, query: str) -> None:
    assert "What was sent cannot be used" in person(client, new_key).sees(f"/kpis?{query}", 422)


def test_who_may_not_see_cases_is_told_so(client: TestClient, new_key: NewKey) -> None:
    reader = person(client, new_key, "score:read", name="li")
    assert "Your key does not allow this" in reader.sees("/kpis", 403)


def test_a_csm_sees_the_figures_of_their_own_cases_only(
    client: TestClient, new_key: NewKey, store: ScoreStore
) -> None:
    ten_alarms(store)
    alarm(store, "Z", day(0), "csm-canary", "dir-canary")
    page = person(client, new_key, owner="csm-1", name="li").sees(f"/kpis?{PERIOD}")
    assert "canary" not in page
    assert "6 alarms" in page

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from markupsafe import escape
from starlette.testclient import TestClient

from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.closed_loop.overrides import set_override
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.pages.book_lines import lines_of
from serving.pages.portfolio_counts import by_band, distribution, groups
from tests.serving.conftest import Clock, NewKey, Publish, scored_book
from tests.serving.pages.visiting import HOSTILE, on_the_clock, person


def changed(account: ScoredAccount, details: dict[str, Any], **payload: Any) -> ScoredAccount:
    return replace(account, details=account.details | details, payload=account.payload | payload)


def names(page: str) -> list[str]:
    """The account ids in the table, in its order."""
    table = page[page.index('id="table"') :] if 'id="table"' in page else ""
    return re.findall(r"<small><bdi>([^<]+)</bdi>", table)


def test_the_table_is_filtered_sorted_searched_and_paged(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(120)
    maria = person(client, new_key)
    first, second, third = (names(maria.sees(f"/?sort=health&page={n}")) for n in (1, 2, 3))
    assert [*first, *second, *third] == [f"A-{n:06d}" for n in range(1, 121)]
    assert names(maria.sees("/?sort=-health"))[0] == "A-000120"
    assert set(names(maria.sees("/?owner=csm-1&sort=health"))) <= {f"A-{n:06d}" for n in range(2, 121, 2)}
    assert names(maria.sees("/?q=a-00001&sort=health")) == [f"A-{n:06d}" for n in range(10, 20)]
    assert "51–100 of 120" in maria.sees("/?page=2")
    assert names(maria.sees("/?q=nobody")) == []
    assert "No account fits" in maria.sees("/?q=nobody")


def test_a_page_beyond_the_last_is_the_last(client: TestClient, new_key: NewKey, publish: Publish) -> None:
    publish(60)
    assert "51–60 of 60" in person(client, new_key).sees("/?page=999999")


@pytest.mark.parametrize(
    "query", ["band=blue", "sort=x", "page=0", "page=-1", "page=1e9", "q=%00", "x=1", "unsure=2"]
)
def test_a_query_that_cannot_be_read_is_refused_with_what_is_allowed(
    client: TestClient, new_key: NewKey, publish: Publish, query: str
) -> None:
    publish(3)
    assert "What was sent cannot be used" in person(client, new_key).sees(f"/?{query}", 422)


def test_the_bands_count_every_account_once_with_its_revenue(store: ScoreStore, publish: Publish) -> None:
    book = [changed(account, {"mrr": 100.0 * n or None}) for n, account in enumerate(scored_book(50))]
    lines = lines_of(store, publish(book))
    counts = by_band(lines)
    assert sum(count.accounts for count in counts) == sum(distribution(lines)) == 50
    assert sum(count.mrr for count in counts) == 100.0 * sum(range(50))
    assert sum(count.at_risk for count in counts) == pytest.approx(
        sum(12 * (line.mrr or 0) * (1 - line.health / 100) for line in lines)
    )


def test_a_parents_health_is_that_of_its_accounts_by_revenue(store: ScoreStore, publish: Publish) -> None:
    book = scored_book(3)
    rest = {"parent_account_id": "A-000001"}
    made = [
        changed(book[0], {"mrr": 0.0}, health=10.0),
        changed(book[1], rest | {"mrr": 300.0}, health=80.0),
        changed(book[2], rest | {"mrr": 100.0}, health=40.0),
    ]
    [group] = groups(lines_of(store, publish(made)))
    assert (group.parent.account_id, group.health, group.worst.health) == ("A-000001", 70.0, 10.0)


def test_what_moved_is_told_with_the_features_that_moved_it_most(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    before = scored_book(4)
    publish(before, as_of="2026-10-20")
    moved = {"family": "depth", "text": {"en": "use stopped", "zh": "停止使用"}}
    told = {"drivers": [before[3].payload["drivers"][0] | moved]}
    told["family_points"] = before[3].payload["family_points"] | {"depth": -30.0, "nps": 4.0, "notes": -2.0}
    fallen = changed(before[3], {}, health=30.0, band="red", **told)
    publish([*before[:3], fallen], as_of="2026-10-31")
    page = person(client, new_key).sees("/")
    assert "since 2026-10-20" in page
    assert f"−{before[3].payload['health'] - 30.0:.1f}" in page
    assert re.search(r"−30\.0</span> Depth of use <small><bdi>use stopped", page)


def test_without_an_earlier_snapshot_the_page_says_so(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish(3)
    assert "no earlier snapshot to compare with" in person(client, new_key).sees("/")


def test_the_next_clock_stands_first_and_a_late_one_says_so(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock
) -> None:
    publish(3)
    on_the_clock(clock)
    with store.writing() as connection:
        for n in (1, 2):
            opened = Opening(f"A-{n:06d}", "p0", "red", f"test {n}", name=f"Name {n}", owner="csm-0")
            open_case(connection, opened, CaseParams(), clock.now)
            clock.goes_on(600)
    clock.goes_on(4 * 3600 - 900)
    page = person(client, new_key).sees("/")
    late, soon = (re.sub(r"\s+", " ", page[page.index(f"C-00000{n}") :][:900]) for n in (1, 2))
    assert page.index("C-000001") < page.index("C-000002")
    assert "overdue" in late.split("</tr>")[0]
    assert "5 min ago" in late.split("</tr>")[0]
    assert "in 5 min" in soon.split("</tr>")[0]


def test_who_may_not_read_cases_sees_none(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock
) -> None:
    publish(3)
    with store.writing() as connection:
        open_case(connection, Opening("A-000001", "p0", "red", "t", name="N"), CaseParams(), clock.now)
    page = person(client, new_key, "score:read").sees("/")
    assert "C-000001" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_shown_as_text_and_isolated(
    client: TestClient, new_key: NewKey, publish: Publish, text: str
) -> None:
    [account] = scored_book(1)
    publish([changed(account, {"name": text, "owner": text, "segment": text})])
    page = person(client, new_key).sees("/")
    assert "<script>" not in page
    assert "<img" not in page
    assert text not in page or escape(text) == text
    assert f"<bdi>{escape(text)}</bdi>" in page


def test_a_name_of_100_kilobytes_is_cut(client: TestClient, new_key: NewKey, publish: Publish) -> None:
    [account] = scored_book(1)
    publish([changed(account, {"name": "x" * 100_000})])
    assert len(person(client, new_key).sees("/")) < 60_000


def test_a_band_that_a_person_set_is_shown_counted_and_filtered_by_with_a_mark(
    client: TestClient, new_key: NewKey, publish: Publish, store: ScoreStore, clock: Clock
) -> None:
    publish(30)
    on_the_clock(clock)
    snapshot = store.newest_snapshot()
    assert snapshot
    account = store.all_scores_of(snapshot)[0]
    was = account.payload["band"]
    assert was != "green"
    before = client.get(f"/v1/accounts?band={was}").json()["accounts"]
    with store.writing() as connection:
        ends = clock.now + timedelta(days=9)
        set_override(connection, account, "green", "signed", "li", ends, clock.now)
    maria = person(client, new_key)
    assert "A-000001" not in names(maria.sees(f"/?band={was}&sort=health"))
    page = maria.sees("/?band=green&sort=health")
    assert names(page)[0] == "A-000001"
    assert "set by a person" in page
    assert 'title="signed"' in page
    counted = re.search(rf'band {was}">{was}</span></a></th><td class="n">(\d+)', page)
    assert counted
    assert int(counted[1]) == len(before) - 1
    other = person(client, new_key, owner="csm-1", name="li").sees("/")
    assert "set by a person" not in other
    assert "bands are set by" not in other
    clock.now += timedelta(days=10)
    assert "set by a person" not in person(client, new_key, name="wu").sees("/")

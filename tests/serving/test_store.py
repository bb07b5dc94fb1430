from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError

from features.faults import DataFault, WrongUse
from serving.api.request_queries import SORTS, Cursor, PortfolioQuery
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.conftest import Publish, scored_book
from tests.serving.fake_scorer import MODEL

__all__ = ["database_url", "loop_store", "postgres"]


def ids_of_pages(store: ScoreStore, query: PortfolioQuery) -> list[str]:
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    found: list[str] = []
    while True:
        page = store.portfolio_page(snapshot, query)
        found += [account.payload["account_id"] for account in page.accounts]
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=Cursor.decode(page.next_cursor))
        assert query.cursor is not None


def test_what_was_published_is_read_back_to_the_byte(store: ScoreStore, publish: Publish) -> None:
    book = scored_book(3)
    snapshot = publish(3)
    found = store.scores_of(snapshot, ["A-000003", "A-000001", "A-9"])
    assert found == {"A-000001": book[0], "A-000003": book[2]}
    assert snapshot == store.newest_snapshot()
    assert snapshot.as_of == "2026-10-31T00:00:00Z"
    assert snapshot.published_at == "2026-11-01T03:00:00Z"


def test_an_empty_store_has_no_snapshot(store: ScoreStore) -> None:
    assert store.newest_snapshot() is None
    assert store.snapshot(1) is None
    assert store.as_of_dates() == []


def test_the_newest_snapshot_is_the_latest_date_and_of_that_the_last_published(
    store: ScoreStore, publish: Publish
) -> None:
    publish(as_of="2026-10-31", hour=1)
    again = publish(as_of="2026-10-31", hour=2)
    backfilled = publish(as_of="2026-09-30", hour=3)
    assert store.newest_snapshot() == again
    assert store.newest_snapshot("2026-09-30T00:00:00Z") == backfilled
    assert store.newest_snapshot("2026-08-31T00:00:00Z") is None
    assert store.as_of_dates() == ["2026-10-31T00:00:00Z", "2026-09-30T00:00:00Z"]


def found_by(store: ScoreStore, q: str) -> list[str]:
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    page = store.portfolio_page(snapshot, PortfolioQuery(q=q))
    return [account.payload["account_id"] for account in page.accounts]


def named(name: str) -> list[ScoredAccount]:
    first, *others = scored_book(3)
    return [replace(first, details=first.details | {"name": name}), *others]


@pytest.mark.parametrize(
    "q", ["müller", "MÜLLER", "École", "αθηνα", "ΑΘΗΝΑ", "strasse", "STRAßE", "5%_/", "a-000001"]
)
def test_a_search_heeds_no_capitals_of_any_script(store: ScoreStore, publish: Publish, q: str) -> None:
    publish(named("Müller ÉCOLE ΑΘΗΝΑ Straße 5%_/"))
    assert found_by(store, q) == ["A-000001"]
    assert found_by(store, "5%%") == []


def test_a_search_finds_the_same_on_either_database(loop_store: ScoreStore) -> None:
    loop_store.publish_snapshot(
        named("Acme 5%_/"),
        as_of=datetime(2026, 10, 31, tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=MODEL,
        data_fingerprint="",
    )
    assert found_by(loop_store, "ACME") == found_by(loop_store, "5%_/") == ["A-000001"]
    assert found_by(loop_store, "5_") == found_by(loop_store, "acm%") == []


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize(("table", "column"), [("score_history", "band"), ("snapshots", "as_of")])
def test_the_history_refuses_to_be_changed(
    tmp_path: Path, publish: Publish, statement: str, table: str, column: str
) -> None:
    publish()
    connection = sqlite3.connect(tmp_path / "vitals.db")
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only: add a row instead"):
        connection.execute(statement.format(table, column))
    connection.close()


def test_a_publication_that_breaks_off_leaves_nothing_behind(store: ScoreStore, publish: Publish) -> None:
    before = publish(4)
    twice = scored_book(3)
    with pytest.raises(IntegrityError, match="UNIQUE constraint failed"):
        publish([*twice, twice[0]], hour=5)
    assert store.newest_snapshot() == before
    assert store.snapshot(before.id + 1) is None


def test_an_empty_snapshot_is_refused(store: ScoreStore, publish: Publish) -> None:
    with pytest.raises(DataFault, match="an empty snapshot is not published"):
        publish([])
    assert store.newest_snapshot() is None


def test_a_payload_with_nan_is_refused(store: ScoreStore, publish: Publish) -> None:
    book = scored_book(1)
    book[0].payload["coverage"] = float("nan")
    with pytest.raises(Exception, match="Out of range float values are not JSON compliant"):
        publish(book)
    assert store.newest_snapshot() is None


def test_a_time_without_zone_is_refused(store: ScoreStore) -> None:
    with pytest.raises(ValueError, match="has no time zone; allowed: a moment with one"):
        store.publish_snapshot(
            scored_book(1),
            as_of=datetime(2026, 10, 31),  # noqa: DTZ001
            published_at=datetime(2026, 11, 1, tzinfo=UTC),
            model=MODEL,
            data_fingerprint="",
        )


def test_a_snapshot_is_invisible_until_it_is_complete(store: ScoreStore, publish: Publish) -> None:
    before = publish(2)
    seen = []

    def watched() -> object:
        for account in scored_book(2_500):  # more than two batches, so that rows are written by then
            seen.append(store.newest_snapshot())
            yield account

    publish(watched(), hour=9)
    assert set(map(repr, seen)) == {repr(before)}
    newest = store.newest_snapshot()
    assert newest is not None
    assert newest.id == before.id + 1


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 4, 50])
def test_pages_show_each_account_once_and_in_order(
    store: ScoreStore, publish: Publish, sort: str, limit: int
) -> None:
    publish(11)
    key, down = sort.removeprefix("-"), sort.startswith("-")
    rows = [{"name": a.details["name"], **a.payload} for a in scored_book(11)]
    expected = sorted(((row[key], row["account_id"]) for row in rows), reverse=down)
    assert ids_of_pages(store, PortfolioQuery(sort=sort, limit=limit)) == [i for _, i in expected]


@given(
    healths=st.lists(st.sampled_from([10.0, 20.0, 30.0]), min_size=1, max_size=12), limit=st.integers(1, 5)
)
@settings(deadline=None, max_examples=15)
def test_ties_in_health_neither_repeat_nor_hide_an_account(
    tmp_path_factory: pytest.TempPathFactory, healths: list[float], limit: int
) -> None:
    store = ScoreStore(f"sqlite:///{tmp_path_factory.mktemp('ties') / 'v.db'}")
    store.prepare()
    book = scored_book(len(healths))
    for account, health in zip(book, healths, strict=True):
        account.payload["health"] = health
    moment = datetime(2026, 10, 31, tzinfo=UTC)
    store.publish_snapshot(book, as_of=moment, published_at=moment, model=MODEL, data_fingerprint="")
    found = ids_of_pages(store, PortfolioQuery(limit=limit))
    assert sorted(found) == [account.payload["account_id"] for account in book]
    store.close()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PortfolioQuery(band="red"), ["A-000001"]),
        (PortfolioQuery(owner="csm-1"), ["A-000002", "A-000004", "A-000006"]),
        (PortfolioQuery(segment="smb", q="beta"), ["A-000002", "A-000006"]),
        (PortfolioQuery(q="尔法"), ["A-000001", "A-000004"]),
        (PortfolioQuery(q="a-000005"), ["A-000005"]),
        (PortfolioQuery(q="100%"), ["A-000002", "A-000003", "A-000005", "A-000006"]),
        (PortfolioQuery(q="%"), ["A-000002", "A-000003", "A-000005", "A-000006"]),
        (PortfolioQuery(q="_"), []),
        (PortfolioQuery(q="' OR 1=1 --"), []),
        (PortfolioQuery(owner="nobody"), []),
    ],
)
def test_a_filter_shows_just_what_it_names(
    store: ScoreStore, publish: Publish, query: PortfolioQuery, expected: list[str]
) -> None:
    publish(6)
    assert ids_of_pages(store, query) == expected


def test_a_store_of_an_unknown_kind_is_refused_without_showing_its_password() -> None:
    with pytest.raises(WrongUse, match="VITALS_STORE is 'nosuch'; allowed: sqlite") as raised:
        ScoreStore("nosuch://user:secret@host/db")
    assert "secret" not in str(raised.value)


def test_a_store_without_tables_does_not_answer(tmp_path: Path) -> None:
    store = ScoreStore(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(OperationalError, match="no such table: snapshots"):
        store.ping()
    store.prepare()
    store.prepare()
    store.ping()
    store.close()

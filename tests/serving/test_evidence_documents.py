"""What is kept of the records behind every driver: small, plain, and blind to the future."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import load_catalog
from features.warehouse import Warehouse
from serving.api.problems import Problem
from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_documents import evidence_documents
from serving.evidence.evidence_tables import Evidence
from tests.features.future_actions import another_future
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.features.other_futures import warehouse_of_frames
from tests.features.random_books import random_frames

ACCOUNTS = [f"A-{n:02}" for n in range(50)]
HOSTILE = "\x1b[31m<script>alert(1)</script>\u202e It is \x00slow, ' OR 1=1 --"


def as_bytes(found: Evidence) -> bytes:
    return json.dumps([found.index, found.accounts], ensure_ascii=False, allow_nan=False).encode()


def kept(source: Warehouse, account: str = "A", keep: int = 50) -> Evidence:
    return evidence_documents(source, [account], AS_OF, PARAMS, keep)


def behind(found: Evidence, driver: str, account: str = "A") -> dict[str, Any]:
    plain = json.loads(json.dumps([found.index, found.accounts[account]]))  # as a database gives it back
    return records_behind(*plain, driver)


def table(answer: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [each for each in answer["tables"] if each["table"] == name]
    return dict(found)


def test_another_future_of_the_book_gives_the_same_bytes() -> None:
    book = random_frames(np.random.default_rng(11), AS_OF)
    before = evidence_documents(warehouse_of_frames(book), ACCOUNTS, AS_OF, PARAMS, 5)
    other = another_future(book, AS_OF, np.random.default_rng(4))
    after = evidence_documents(warehouse_of_frames(other), ACCOUNTS, AS_OF, PARAMS, 5)
    assert as_bytes(after) == as_bytes(before)
    assert sum(len(document["tables"]) for document in before.accounts.values()) > 200


def test_every_feature_can_be_asked_for_of_every_account() -> None:
    case = Case("A", {"tickets": [{"opened_at": at(3)}]})
    found = kept(literal_warehouse(case, Case("B", {})))
    for feature in load_catalog(PARAMS.windows):
        answer = behind(found, feature.name)
        assert answer["tables"] or answer["absent"]
    assert (
        table(behind(found, "open_tickets"), "tickets")["records"][0]["opened_at"] == "2026-10-28T00:00:00Z"
    )


def test_a_hundred_thousand_rows_of_use_become_a_few_days_users_and_modules() -> None:
    size, rng = 100_000, np.random.default_rng(2)
    use = pd.DataFrame(
        {
            "account_id": "A",
            "user_id": np.char.add("U-", rng.integers(0, 300, size).astype(str)),
            "occurred_at": AS_OF - pd.to_timedelta(rng.integers(1, 80 * 86_400, size), unit="s"),
            "module": rng.choice(["core", "api"], size),
            "feature": "login",
            "quantity": 1.0,
        }
    )
    accounts = pd.DataFrame({"account_id": ["A"], "created_at": [AS_OF - pd.Timedelta(days=900)]})
    found = kept(warehouse_of_frames({"accounts": accounts, "usage": use}))
    answer = behind(found, "active_users_30d")
    days, users = table(answer, "usage_by_day"), table(answer, "usage_by_user")
    in_month = use["occurred_at"] >= AS_OF - pd.Timedelta(days=30)
    assert (days["shown"], days["total"]) == (30, 30)
    assert sum(day["records"] for day in days["records"]) == in_month.sum()
    assert (users["shown"], users["total"]) == (50, 300)
    assert len(as_bytes(found)) < 60_000


def test_the_newest_records_of_each_feature_are_kept_and_the_number_of_all_is_said() -> None:
    old = {"opened_at": at(700), "severity": "critical"}
    tickets = [old, *({"opened_at": at(age), "resolved_at": at(1)} for age in range(2, 82))]
    found = kept(literal_warehouse(Case("A", {"tickets": tickets})), keep=10)
    lately = table(behind(found, "tickets_90d"), "tickets")
    assert (lately["shown"], lately["total"]) == (10, 80)
    assert lately["records"][0]["opened_at"] == at(2)
    critical = table(behind(found, "open_critical_tickets"), "tickets")
    assert [record["opened_at"] for record in critical["records"]] == [at(700)]


def test_hostile_words_are_kept_as_text_with_spans_that_point_at_them() -> None:
    case = Case("A", {"notes": [{"happened_at": at(3), "text": HOSTILE}]})
    [note] = table(behind(kept(literal_warehouse(case)), "note_quality_180d"), "notes")["records"]
    assert note["text"] == HOSTILE
    [span] = note["spans"]
    assert (span["words"], span["theme"], span["counts"]) == ("slow", "quality", True)
    assert HOSTILE[span["start"] : span["end"]] == "slow"


def test_tonal_words_are_shown_for_a_tone_and_no_theme_is() -> None:
    case = Case("A", {"notes": [{"happened_at": at(3), "text": "Not happy, and too slow for them"}]})
    [note] = table(behind(kept(literal_warehouse(case)), "note_tone_180d"), "notes")["records"]
    assert {span["theme"] for span in note["spans"]} == {None}
    assert all(-1 <= span["value"] <= 1 for span in note["spans"])


def test_a_feature_that_does_not_read_the_text_shows_no_spans() -> None:
    case = Case("A", {"tickets": [{"opened_at": at(3), "text": "It is slow"}]})
    [ticket] = table(behind(kept(literal_warehouse(case)), "open_tickets"), "tickets")["records"]
    assert "spans" not in ticket


def test_a_table_that_the_book_lacks_is_said_and_one_without_records_too() -> None:
    whole = literal_warehouse(Case("A", {}))
    without = Warehouse({name: rows for name, rows in whole.tables.items() if name != "surveys"})
    answer = behind(kept(without), "nps_user_365d")
    assert answer["absent"] == [
        {"table": "surveys", "text": {"en": "no surveys in the book", "zh": "数据中没有surveys表"}}
    ]
    empty = table(behind(kept(whole), "nps_user_365d"), "surveys")
    assert (empty["records"], empty["total"]) == ([], 0)
    assert empty["says"]["en"] == "no record of surveys counts: nobody of the role answered"


def test_an_unknown_driver_is_refused_with_the_nearest() -> None:
    with pytest.raises(Problem) as refused:
        behind(kept(literal_warehouse(Case("A", {}))), "open_critical_ticket")
    assert refused.value.body()["status"] == 404
    assert refused.value.body()["errors"][0]["next"] == "did you mean 'open_critical_tickets'?"

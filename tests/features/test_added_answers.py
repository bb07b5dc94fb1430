from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.added_answers import with_answers
from features.book import Book, open_book
from features.newest_facts import newest_facts
from features.params import CheckParams, FeatureParams
from features.snapshot import build_snapshot

AS_OF = pd.Timestamp("2026-11-01", tz="UTC")


def opened(folder: Path) -> Book:
    return open_book(folder, CheckParams())


def answer(account: str, response: str = "api-1", day: str = "2026-10-30", **more: Any) -> dict[str, Any]:
    moment = f"{day}T10:00:00.000000Z"
    times = {"sent_at": moment, "responded_at": moment, "recorded_at": moment}
    row = {"response_id": response, "account_id": account, "contact_id": None, "kind": "csat"}
    return row | {"touchpoint": "training", "score": 5.0, "scale_min": 1.0, "scale_max": 5.0} | times | more


@pytest.fixture
def silent(small_book: Path, tmp_path: Path) -> Path:
    """A book that nobody answered in: the table is empty of training answers."""
    folder = Path(shutil.copytree(small_book, tmp_path / "book"))
    surveys = pd.read_parquet(folder / "surveys.parquet")
    surveys[surveys.touchpoint != "training"].to_parquet(folder / "surveys.parquet")
    return folder


def first_account(book: Book) -> str:
    return str(book.tables["accounts"].account_id.min().to_pyarrow().as_py())


def test_an_answer_between_two_exports_is_seen_as_if_the_book_had_it(silent: Path) -> None:
    book = opened(silent)
    accounts = build_snapshot(book.source, [AS_OF], FeatureParams()).set_index("account_id")
    assert accounts["csat_training_365d"].isna().all()
    account = str(accounts.index[0])
    late = answer(str(accounts.index[1]), "api-2", day="2026-11-01")  # not known before it came
    told = with_answers(book, [answer(account), late])
    rows = build_snapshot(told.source, [AS_OF], FeatureParams()).set_index("account_id")
    assert rows["csat_training_365d"].dropna().to_dict() == {account: 1.0}


def test_of_one_response_the_books_own_row_holds(small_book: Path) -> None:
    book = opened(small_book)
    own = book.tables["surveys"].to_pandas().iloc[0]
    merged = with_answers(book, [answer(str(own.account_id), str(own.response_id), score=1.0)])
    surveys = merged.source["surveys"].to_pandas()
    assert len(surveys) == len(book.tables["surveys"].to_pandas())
    assert surveys.set_index("response_id").loc[own.response_id, "kind"] == own.kind


def test_answers_of_unknown_accounts_are_left_out_and_none_changes_nothing(silent: Path) -> None:
    book = opened(silent)
    assert with_answers(book, []) is book
    before = book.source["surveys"].count().to_pyarrow()
    assert with_answers(book, [answer("A-nobody")]).source["surveys"].count().to_pyarrow() == before


def test_a_book_without_surveys_takes_answers_too(silent: Path) -> None:
    (silent / "surveys.parquet").unlink()
    book = opened(silent)
    told = with_answers(book, [answer(first_account(book))]).source["surveys"].to_pandas()
    assert told[["response_id", "score"]].values.tolist() == [["api-1", 5.0]]


def test_the_newest_fact_of_each_pillar_is_one_that_was_known(silent: Path) -> None:
    book = opened(silent)
    account = first_account(book)
    told = with_answers(book, [answer(account, day="2026-10-31"), answer(account, "api-2", day="2026-11-05")])
    found = newest_facts(told.source, AS_OF)
    assert found[account]["voice"] == pd.Timestamp("2026-10-31", tz="UTC")
    assert all(day < AS_OF for days in found.values() for day in days.values())
    assert set(found[account]) <= {"voice", "usage", "commercial", "service"}

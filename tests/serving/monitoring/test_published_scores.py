"""Dates for which health was published: which are looked at, and what became of their accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from features.book import Book, open_book
from features.params import CheckParams
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.monitoring.early_checks import early_truths
from serving.monitoring.published_scores import RENEWAL, PublishedDate, published_dates
from training.all_params import AllParams
from training.outcome_tables import ALL_TABLES
from training.params import TrainingParams

PARAMS = Path(__file__).resolve().parents[3] / "params.yaml"
TODAY = pd.Timestamp("2026-11-01", tz="UTC")
LEARNED = {"kind": "learned", "version": "3"}
HEALTHS = {"A-1": 90.0, "A-2": 60.0, "A-3": 100.0}
RENEWALS = {"A-1": 20.0, "A-2": 200.0, "A-3": 20.0}


@pytest.fixture
def store() -> Iterator[ScoreStore]:
    found = ScoreStore("sqlite://")
    found.prepare()
    yield found
    found.close()


def publish(store: ScoreStore, day: str, model: dict[str, str] | None = None) -> None:
    accounts = [
        ScoredAccount({}, {"account_id": account, "health": health, "band": "green"})
        for account, health in HEALTHS.items()
    ]
    rows = pd.DataFrame({"account_id": list(RENEWALS), RENEWAL: list(RENEWALS.values())})
    store.publish_snapshot(
        accounts,
        as_of=datetime.fromisoformat(day).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=model or LEARNED,
        data_fingerprint="f",
        inputs=ScoreInputs.of(rows, AllParams.read(PARAMS).rule),
    )


def test_of_each_month_the_last_date_is_taken_and_one_for_each_age(store: ScoreStore) -> None:
    for day in ("2026-07-03", "2026-07-20", "2026-07-31", "2026-08-01", "2026-10-30", "2026-10-31"):
        publish(store, day)
    found = published_dates(store, [100], TODAY)
    assert [f"{one.as_of:%m-%d}" for one in found] == ["07-20", "07-31", "08-01", "10-31"]
    assert [RENEWAL in one.rows for one in found] == [True, False, False, False]
    assert found[0].rows[RENEWAL].tolist() == [20.0, 200.0, 20.0]
    assert {one.version for one in found} == {"3"}


def test_the_probability_is_that_of_the_published_health_and_never_nought(store: ScoreStore) -> None:
    publish(store, "2026-10-31")
    [found] = published_dates(store, [], TODAY)
    assert found.rows["account_id"].tolist() == ["A-1", "A-2", "A-3"]
    assert found.rows["p"].tolist() == pytest.approx([0.1, 0.4, 1e-6])


def test_what_the_rule_said_is_no_probability(store: ScoreStore) -> None:
    publish(store, "2026-10-31", {"kind": "rule", "version": "rule"})
    assert published_dates(store, [1], TODAY) == []


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A-2 left on 10 August, noted late; A-1 left long before and came back; B-1 left and is not scored."""
    tables = {
        "accounts": "account_id,name,created_at\nA-1,One,2020-01-01T00:00:00Z\nA-2,Two,2020-01-01T00:00:00Z\n"
        "A-3,Three,2020-01-01T00:00:00Z\nB-1,Four,2020-01-01T00:00:00Z\n",
        "churns": "account_id,churned_at,recorded_at,kind\n"
        "A-2,2026-08-10T00:00:00Z,2026-08-30T00:00:00Z,full\n"
        "B-1,2026-08-11T00:00:00Z,2026-08-12T00:00:00Z,full\n",
    }
    folder = tmp_path / "book"
    folder.mkdir()
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return open_book(folder, CheckParams(max_faulty_share=0.5), ALL_TABLES)


def dated(day: str) -> PublishedDate:
    rows = pd.DataFrame({"account_id": list(HEALTHS), "as_of": pd.Timestamp(day, tz="UTC")})
    rows["p"] = [0.1, 0.4, 0.01]
    rows[RENEWAL] = list(RENEWALS.values())
    return PublishedDate(pd.Timestamp(day, tz="UTC"), "3", rows)


def test_churns_so_far_are_those_of_the_days_whose_late_entries_are_in(book: Book) -> None:
    params = TrainingParams()
    cohort = dated("2025-07-01").rows
    [found] = early_truths([dated("2026-07-01")], cohort, book, params, TODAY, 365)
    assert (found.days, found.accounts, found.observed) == (93, 3, 1)
    assert found.expected == pytest.approx(0.11)  # the renewals of lie within 93 days
    [earlier] = early_truths([dated("2026-07-01")], cohort, book, params, TODAY - pd.Timedelta(days=70), 365)
    assert (earlier.days, earlier.observed) == (23, 0)


def test_a_date_too_near_says_nothing_yet_and_a_mature_one_no_more(book: Book) -> None:
    params, cohort = TrainingParams(), dated("2025-07-01").rows
    near, far = dated("2026-10-01"), dated("2025-08-01")
    assert list(early_truths([near, far], cohort, book, params, TODAY, 365)) == []


def test_of_many_dates_the_newest_past_each_quarter_is_taken(book: Book) -> None:
    params, cohort = TrainingParams(), dated("2025-07-01").rows
    dates = [dated(f"{day:%Y-%m-%d}") for day in pd.date_range("2025-11-01", "2026-10-01", freq="MS")]
    found = list(early_truths(dates, cohort, book, params, TODAY, 365))
    assert [(one.as_of[:7], one.days) for one in found] == [
        ("2026-01", 274),
        ("2026-04", 184),
        ("2026-07", 93),
    ]

"""The specification has a boundary instant and a tie for every feature: a rule that is off by one is seen.

The naive implementation reads the cases again after every instant at a boundary was moved by a
microsecond, or with the tie decided the other way: some case of every feature must then fail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

import pytest

from features.catalog import load_catalog
from features.params import Windows
from features.source_tables import SOURCE_TABLES
from tests.features.literal_book import AS_OF, PARAMS, Row, Rows, book_of
from tests.features.naive import contract, nps, silence, voice, written_words
from tests.features.naive.comparison import same
from tests.features.naive.known_facts import plain_rows
from tests.features.naive.snapshot import naive_rows
from tests.features.specification import CASES

CATALOG = load_catalog(Windows())
NAMES = {feature.name for feature in CATALOG if not feature.learned}
MOMENT = dt.timedelta(microseconds=1)
BOOK = {table: plain_rows(table, rows) for table, rows in book_of(CASES).items()}
UNBOUNDED = {"tenure_days": "of an account created at the as-of instant there is no row: see test_cohort.py"}
OTHER_STARTS = {  # where a window's length does not stand in the name
    90: {"ticket_volume_vs_history"},
    455: {"ticket_volume_vs_history"},
    365: {"days_since_decision_maker_answer"},
    545: {f"nps_{what}_180d" for what in ("account_change", "decision_maker_change", "drop_probability")},
}
AT_THE_START_ALONE = {"seats_change_180d", "mrr_change_180d", *OTHER_STARTS[545]}  # they compare two days
COMPETING = {f.name for f in CATALOG if f.family in ("nps", "seats_and_revenue", "seat_use", "renewal")}
COMPETING |= {f.name for f in CATALOG if f.family == "silence" and f.role} - UNBOUNDED.keys()
COMPETING |= {name for name in NAMES if name.startswith(("modules_used", "role_conflict", "users_above"))}
COMPETING |= {f.name for f in CATALOG if f.family == "decision_maker_words"}
COMPETING -= UNBOUNDED.keys()


def moved_by(book: Rows) -> set[str]:
    """The features of which some case fails on this book."""
    rows = {row["account_id"]: row for row in naive_rows(book, AS_OF, PARAMS)}
    there = [case for case in CASES if case.says in rows]
    return {n for c in there for n, value in c.expected.items() if not same(rows[c.says][n], value)}


def nudged(instant: dt.datetime) -> Iterator[Rows]:
    """The book with one column's values at this very instant moved a microsecond back, column by column."""
    for table, schema in SOURCE_TABLES.items():
        for column in (c.name for c in schema.columns if c.kind == "time"):
            rows = [
                {**row, column: row[column] - MOMENT} if row[column] == instant else row
                for row in BOOK[table]
            ]
            if rows != BOOK[table]:
                yield {**BOOK, table: rows}


def noticed(days: int) -> set[str]:
    """The features that notice when what lies `days` before the as-of instant lies a moment earlier."""
    instant = AS_OF.to_pydatetime() - dt.timedelta(days=days)
    return {name for book in nudged(instant) for name in moved_by(book)}


def starts() -> dict[int, set[str]]:
    """The ages at which some window starts, and the features that look through it."""
    found = {days: set(names) for days, names in OTHER_STARTS.items()}
    for name in NAMES:
        if length := re.search(r"_(\d+)d$", name):
            days = int(length[1])
            found.setdefault(days, set()).add(name)
            if "_change_" in name and name not in AT_THE_START_ALONE:
                found.setdefault(2 * days, set()).add(name)
    return found


def test_the_cases_hold_before_anything_is_moved() -> None:
    assert moved_by(BOOK) == set()


def test_every_feature_has_a_case_at_the_as_of_instant() -> None:
    assert sorted(NAMES - noticed(0) - UNBOUNDED.keys()) == []


@pytest.mark.parametrize("days", sorted(starts()))
def test_every_feature_has_a_case_at_the_first_instant_of_its_windows(days: int) -> None:
    assert sorted(starts()[days] - noticed(days)) == []


def test_every_feature_for_which_rows_compete_has_a_tie(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(contract, "latest_of_each", first_of_the_last_day)
        patch.setattr(nps, "latest_of_each", first_of_the_last_day)
        noticed_when = moved_by(BOOK)
    monkeypatch.setattr(nps, "role_on", last_role_by_name)
    monkeypatch.setattr(silence, "role_on", last_role_by_name)
    monkeypatch.setattr(written_words, "role_on", last_role_by_name)
    assert sorted(COMPETING - noticed_when - moved_by(BOOK)) == []


def first_of_the_last_day(rows: Iterable[Row], who: str, order: tuple[str, ...]) -> Iterator[Row]:
    """As `latest_of_each`, but within the day of the last row the first one wins."""
    competing: dict[str, list[Row]] = {}
    for row in rows:
        competing.setdefault(row[who], []).append(row)
    for of_one in competing.values():
        last_day = max(row[order[0]] for row in of_one).date()
        yield min(
            (r for r in of_one if r[order[0]].date() == last_day), key=lambda r: [r[name] for name in order]
        )


def last_role_by_name(facts: dict[str, list[Row]], contact: str | None, day: dt.date) -> str | None:
    """As `role_on`, but of roles held at once the last by name wins."""
    names = {row["role"] for row in facts.get("contacts", [])}
    for name in sorted(names, reverse=True):
        alone = {"contacts": [row for row in facts.get("contacts", []) if row["role"] == name]}
        if ROLE_ON(alone, contact, day) is not None:
            return str(name)
    return None


ROLE_ON = voice.role_on

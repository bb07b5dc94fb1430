"""`vitals import --append`: what it says, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_runs import answer, refused, run

MAPPING = """about: use as the product writes it
time_zone: UTC
sources:
  firms: {file: firms.csv}
  events: {file: events.csv}
tables:
  accounts: [{source: firms, columns: {account_id: id, created_at: since}}]
  usage: [{source: events, columns: {account_id: id, user_id: who, occurred_at: at, quantity: {constant: 1}}}]
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A book of a day, the mapping, and the export of the next day: the words of the command for it."""
    (tmp_path / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    for day, events in (("one", "1,u,2026-05-01\n"), ("two", "1,u,2026-05-01\n1,u,2026-05-02\n")):
        (tmp_path / day).mkdir()
        (tmp_path / day / "events.csv").write_text(f"id,who,at\n{events}", encoding="utf-8")
    (tmp_path / "one" / "firms.csv").write_text("id,since\n1,2020-01-31\n", encoding="utf-8")
    words = ["import", str(tmp_path / "mapping.yaml"), "--out", str(tmp_path / "book"), "--from"]
    assert run(*words, tmp_path / "one").exit_code == 0
    return [*words, str(tmp_path / "two")]


def test_a_day_is_added_with_what_is_new_in_it_and_a_second_time_nothing(words: list[str]) -> None:
    done = answer(*words, "--append", "--known-at", "2026-05-03T01:00:00Z")
    assert {table["table"]: table["written"] for table in done["tables"]} == {"usage": 1}
    again = run(*words, "--append")
    assert again.exit_code == 0
    assert "this export is in the book already, as 20260503T010000Z-" in again.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--append", "--known-at", "2026-05-03"], "allowed: an instant such as"),
        (["--append", "--known-at", "yesterday"], "write it with its zone"),
        (["--append", "--known-at", "2999-01-01T00:00:00Z"], "a moment that has passed"),
        (["--known-at", "2026-05-03T01:00:00Z"], "only with --append"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(words: list[str], more: list[str], said: str) -> None:
    assert said in " ".join(refused(2, *words, *more).split())


def test_a_whole_import_into_a_book_with_increments_is_refused(words: list[str]) -> None:
    assert run(*words, "--append").exit_code == 0
    assert "add --append, or import into a folder that is not there yet" in " ".join(
        refused(2, *words).split()
    )

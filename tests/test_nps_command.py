"""`vitals nps` as people and scripts meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_runs import answer, refused, run


def test_a_book_is_told_for_machines_with_every_account_and_its_people(small_book: Path) -> None:
    told = answer("nps", "--book", small_book)
    assert (told["from"], told["to"]) == ("2026-05-05", "2026-11-01")
    assert len(told["accounts"]) > 20
    asked = [role for account in told["accounts"] for role in account["roles"]]
    assert all(
        level["answered"] <= level["asked"] for role in asked for level in (role["earlier"], role["later"])
    )
    moved = [person for account in told["accounts"] for person in account["people"]]
    assert {person["what"] for person in moved} == {"fell", "rose", "joined", "left"}
    assert {account["claimed"] for account in told["accounts"]} <= {None, "drop", "rise"}


def test_one_account_is_told_for_people_between_any_two_dates(small_book: Path) -> None:
    done = run("nps", "A-000001", "--book", small_book, "--from", "2026-03-01", "--to", "2026-09-15")
    assert done.exit_code == 0, done.output
    assert "A-000001: NPS at 2026-03-01 and 2026-09-15" in done.stdout
    assert "counting who was heard" in done.stderr
    for word in ("asked", "answered", "90% interval", "decision maker", "account", "fell", "rose"):
        assert word in done.stdout


@pytest.mark.long
def test_the_same_book_gives_the_same_words(small_book: Path) -> None:
    first, second = (run("nps", "--book", small_book).stdout for _ in range(2))
    assert first == second
    assert "One account with its people: vitals nps A-" in first


@pytest.mark.parametrize(
    ("code", "words", "said"),
    [
        (2, "A-00001 --book {book}", "account is 'A-00001'; allowed: one of the"),
        (
            2,
            "--book {book} --from 2026-10-01 --to 2026-09-01",
            "--from is '2026-10-01'; allowed: a date before",
        ),
        (2, "--book {book} --to 2026-13-01", "as-of is '2026-13-01'; allowed: a date such as 2026-10-31"),
        (2, "--book {book} --to 01/02/2026", "as-of is '01/02/2026'; allowed: a date such as 2026-10-31"),
        (1, "--book {book} --to 1990-01-01", "--to is '1990-01-01'; allowed: a date at which an account was"),
        (1, "--book {tmp}/none", "book is '{tmp}/none'; allowed: a folder with one file per"),
    ],
)
def test_what_cannot_be_told_is_refused_in_one_paragraph(
    small_book: Path, tmp_path: Path, code: int, words: str, said: str
) -> None:
    places = {"book": small_book, "tmp": tmp_path}
    assert said.format(**places) in refused(code, "nps", *words.format(**places).split())

"""A simulated book is whole, sound, reproducible, and holds nothing from after its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.faults import WrongUse
from features.params_file import parse_section
from features.source_checks import check_book
from training.outcome_tables import ALL_TABLES
from training.simulation.book import SimulationSummary, simulate_book
from training.simulation.params import SimulationParams
from training.simulation.truth import FAMILIES

Read = Callable[[str], pd.DataFrame]
TINY = SimulationParams(accounts=30, months=5, seed=11)
END = pd.Timestamp("2026-11-01", tz="UTC")
AGREED_AHEAD = {"renewal_at", "due_at", "ends_at"}  # dates in a contract, not events


def digests(folder: Path) -> dict[str, str]:
    """Each file of a book, by its path in the book, with the digest of its bytes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    simulate_book(TINY, tmp_path / "one")
    simulate_book(TINY, tmp_path / "two")
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    assert len(digests(tmp_path / "one")) == len(ALL_TABLES) + 3


def test_another_seed_gives_another_book(tmp_path: Path) -> None:
    simulate_book(TINY, tmp_path / "one")
    simulate_book(TINY.model_copy(update={"seed": 12}), tmp_path / "two")
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert [name for name in one if one[name] == two[name]] == ["truth/noise.json"]


def test_a_second_run_into_the_same_folder_replaces_the_book(tmp_path: Path) -> None:
    simulate_book(TINY.model_copy(update={"seed": 12}), tmp_path)
    simulate_book(TINY, tmp_path)
    simulate_book(TINY, tmp_path / "fresh")
    assert digests(tmp_path / "fresh").items() <= digests(tmp_path).items()


def test_no_row_of_the_book_is_faulty(small_book: SimulationSummary) -> None:
    report = check_book(small_book.out, ALL_TABLES).report
    assert report.fatal == ()
    assert {t.name: t.rejected for t in report.tables} == dict.fromkeys(ALL_TABLES, 0)
    assert {t.name: t.accepted for t in report.tables} == small_book.rows


@pytest.mark.parametrize("name", ALL_TABLES)
def test_every_table_has_rows_its_own_columns_and_no_event_after_the_end(name: str, read: Read) -> None:
    table, rows = ALL_TABLES[name], read(name)
    assert len(rows) > 10
    assert set(rows) <= set(table.column_names)
    times = [c.name for c in table.columns if c.kind == "time" and c.name in rows]
    assert {str(rows[c].dtype) for c in times} == {"datetime64[us, UTC]"}
    assert all((rows[c].dropna() < END).all() for c in times if c not in AGREED_AHEAD)


def test_what_is_told_later_is_empty_until_it_comes(read: Read) -> None:
    surveys, tickets = read("surveys"), read("tickets")
    silent, unsolved = surveys[surveys.responded_at.isna()], tickets[tickets.resolved_at.isna()]
    assert len(silent) > 100
    assert silent[["score", "comment"]].isna().all(axis=None)
    assert len(unsolved) > 10
    assert unsolved[["contacts_to_resolve", "reopened"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("table", "time"),
    [
        ("usage", "occurred_at"),
        ("tickets", "opened_at"),
        ("notes", "happened_at"),
        ("surveys", "sent_at"),
        ("invoices", "issued_at"),
    ],
)
def test_an_account_that_left_writes_nothing_any_more(table: str, time: str, read: Read) -> None:
    churns = read("churns")
    left = churns[churns.kind == "full"].set_index("account_id").churned_at
    rows = read(table)
    gone = rows.account_id.map(left)
    assert gone.notna().any()
    assert not (rows[time] >= gone).any()


def test_progress_is_told_table_by_table(tmp_path: Path) -> None:
    lines: list[str] = []
    simulate_book(TINY, tmp_path, lines.append)
    written = [line.removeprefix("writing ") for line in lines if line.startswith("writing ")]
    assert sorted(written) == sorted(ALL_TABLES)
    assert lines[-1] == "working out the true churn probabilities"


def test_the_truth_lies_in_a_folder_of_its_own_and_says_what_it_is(small_book: SimulationSummary) -> None:
    truth = small_book.out / "truth"
    world, noise = (json.loads((truth / f).read_text()) for f in ("world.json", "noise.json"))
    assert world["annual_churn"] == small_book.annual_churn
    assert world["truth_auc"] == small_book.truth_auc
    assert (world["themes"]["loud_harmless"], noise["themes"]) == (
        "missing_capability",
        ["missing_capability"],
    )
    columns = pq.read_schema(truth / "probabilities.parquet").names
    assert columns == ["account_id", "as_of", "p_churn_365d", *(f"effect_{family}" for family in FAMILIES)]


def test_a_book_too_short_to_mature_has_no_auc(tmp_path: Path) -> None:
    made = simulate_book(TINY, tmp_path)
    assert made.truth_auc != made.truth_auc
    assert json.loads((tmp_path / "truth" / "world.json").read_text())["truth_auc"] is None


def test_a_file_in_the_place_of_the_book_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("not a folder")
    with pytest.raises(WrongUse) as caught:
        simulate_book(TINY, tmp_path / "book")
    assert "out is '" in str(caught.value)
    assert "allowed: a folder. Next: name a folder that exists or can be made" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"accounts": 19}, "simulation.accounts is 19; allowed: Input should be greater than or equal to 20"),
        ({"months": 2}, "simulation.months is 2; allowed: Input should be greater than or equal to 3"),
        ({"seed": -1}, "simulation.seed is -1; allowed: Input should be greater than or equal to 0"),
        ({"annual_churn": 12}, "simulation.annual_churn is 12; allowed: Input should be less than or equal"),
        ({"paths": 100}, "simulation.paths is 100; allowed: Input should be 128, 256, 512, 1024 or 2048"),
        ({"end_date": "2026-10-31"}, "the first of a month, such as 2026-10-01"),
        (
            {"acounts": 50},
            "simulation.acounts is 50; allowed: a key of this section. Next: did you mean 'accounts'?",
        ),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(values: dict[str, object], said: str) -> None:
    with pytest.raises(WrongUse) as caught:
        parse_section("simulation", SimulationParams, values)
    assert said in str(caught.value)

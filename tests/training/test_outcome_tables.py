"""Outcomes are declared in `training`, and `features` cannot reach them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from features.book import open_book
from features.params import CheckParams
from features.source_checks import check_book
from features.source_tables import SOURCE_TABLES
from training.outcome_tables import ALL_TABLES, CHURN_KINDS, CHURNS


def test_features_know_no_table_of_outcomes() -> None:
    assert "churns" not in SOURCE_TABLES
    assert set(ALL_TABLES) == {*SOURCE_TABLES, "churns"}


def test_an_opened_book_shows_outcomes_to_training_and_not_to_features(small_book: Path) -> None:
    book = open_book(small_book, CheckParams(), ALL_TABLES)
    assert "churns" in book.tables
    assert not book.source.has("churns")


def test_features_do_not_even_open_the_file(small_book: Path) -> None:
    assert "churns" not in open_book(small_book, CheckParams()).tables


def test_an_unknown_kind_and_a_churn_known_before_it_happened_are_rejected(
    small_book: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(small_book, tmp_path / "book"))
    churns = pd.read_parquet(copy / "churns.parquet")
    churns.loc[0, "kind"] = "partial"
    before = churns["churned_at"] - pd.Timedelta(days=2)
    churns["recorded_at"] = churns["recorded_at"].mask(churns.index == 1, before)
    churns.to_parquet(copy / "churns.parquet")
    checked = check_book(copy, ALL_TABLES, max_faulty_share=1.0)
    told = checked.report.as_text()
    assert "partial" in told
    assert "recorded_at" in told
    assert checked.tables["churns"].count().to_pyarrow().as_py() == len(churns) - 2


def test_every_kind_of_loss_is_described() -> None:
    assert all(f"`{kind}`" in CHURNS.meaning for kind in CHURN_KINDS)

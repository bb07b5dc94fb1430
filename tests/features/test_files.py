from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.account_facts import ACCOUNT_FACTS, with_facts
from features.catalog import load_catalog
from features.faults import DataFault, WrongUse
from features.files import check_ending, features_to_file, write_table
from features.params import Windows
from tests.features.literal_book import Case, literal_warehouse

PARAMS = Path(__file__).resolve().parents[2] / "params.yaml"
ROWS = pd.DataFrame({"name": ["=1+1", "Beta, Ltd", None, "阿尔法"], "points": [-1.5, 0.1, float("nan"), 2.0]})


def test_a_parquet_holds_the_very_rows(tmp_path: Path) -> None:
    out = tmp_path / "new" / "rows.parquet"
    write_table(ROWS, out)
    pd.testing.assert_frame_equal(pd.read_parquet(out), ROWS)


def test_a_spreadsheet_runs_no_text_of_a_csv_as_a_formula(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    write_table(ROWS, out)
    assert out.read_text(encoding="utf-8").splitlines() == [
        '"name","points"',
        '"\'=1+1",-1.5',
        '"Beta, Ltd",0.1',
        '"",""',
        '"阿尔法",2.0',
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_way_to_begin_a_formula_is_disarmed(start: str, tmp_path: Path) -> None:
    write_table(pd.DataFrame({"text": [f"{start}cmd"]}), tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["text"], [f"'{start}cmd"]]


@pytest.mark.parametrize("name", ["rows.xlsx", "rows", "rows.csv.gz", "rows.CSV"])
def test_another_ending_is_refused_with_those_that_are_allowed(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=rf"--out is '.*{name}'; allowed: a file ending in .parquet or .csv"):
        check_ending(tmp_path / name)


@pytest.mark.long
def test_the_features_of_a_date_are_the_same_bytes_twice(small_book: Path, tmp_path: Path) -> None:
    told: list[str] = []
    outs = [tmp_path / f"{n}.parquet" for n in (1, 2)]
    for out in outs:
        rows = features_to_file(small_book, "2026-10-31", out, PARAMS, (), told.append)
        pd.testing.assert_frame_equal(pd.read_parquet(out), rows)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    assert told[0] == "reading and checking the book"
    assert rows["account_id"].is_unique


def test_after_the_features_stand_the_facts_of_the_accounts(small_book: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    features_to_file(small_book, None, out, PARAMS, (), lambda _: None)
    rows = pd.read_parquet(out).set_index("account_id")
    accounts = pd.read_parquet(small_book / "accounts.parquet").set_index("account_id").loc[rows.index]
    names = [feature.name for feature in load_catalog(Windows())]
    assert list(rows.columns) == ["as_of", *names, *ACCOUNT_FACTS]
    for name in ("name", "owner", "segment", "is_key"):
        assert rows[name].tolist() == accounts[name].tolist()


def test_a_fact_that_no_account_tells_is_a_column_of_texts_all_the_same(tmp_path: Path) -> None:
    rows = pd.DataFrame({"account_id": ["A"], "seats_30d": [1.0]})
    source = literal_warehouse(Case("A", {"accounts": [{"owner": None, "is_key": None}]}))
    write_table(with_facts(rows, source), tmp_path / "x.parquet")
    kinds = pq.read_schema(tmp_path / "x.parquet")
    assert kinds.field("owner").type in (pa.string(), pa.large_string())
    assert kinds.field("is_key").type == pa.bool_()
    assert pd.read_parquet(tmp_path / "x.parquet")[["owner", "is_key"]].isna().all(axis=None)


def test_without_a_date_the_features_are_of_the_end_of_the_book(small_book: Path, tmp_path: Path) -> None:
    rows = features_to_file(small_book, None, tmp_path / "x.csv", PARAMS, (), lambda _: None)
    assert set(rows["as_of"]) == {pd.Timestamp("2026-11-01", tz="UTC")}


def test_a_book_that_is_not_there_and_a_date_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="allowed: a folder with one file per table"):
        features_to_file(tmp_path / "none", None, tmp_path / "x.csv", PARAMS, (), lambda _: None)
    with pytest.raises(WrongUse, match="allowed: a date such as 2026-10-31"):
        features_to_file(tmp_path, "2026-31-10", tmp_path / "x.csv", PARAMS, (), lambda _: None)
    assert list(tmp_path.iterdir()) == []

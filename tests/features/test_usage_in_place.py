"""Use that stays in a warehouse: the same features as from files, and clear words where it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from sqlalchemy import create_engine, text

from features.book import open_book
from features.faults import DataFault, WrongUse
from features.imports.run import import_exports
from features.params import CheckParams, FeatureParams
from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from tests.features.increments_of_books import write_frames
from tests.features.literal_book import AS_OF
from tests.features.other_futures import changed_columns
from tests.features.random_books import Frames, random_frames
from tests.features.small_object_store import ObjectStore, object_store
from tests.serving.both_databases import postgres

__all__ = ["object_store", "postgres"]

VARIABLE = "VITALS_WAREHOUSE_TEST"
LIMITS = CheckParams(max_faulty_share=1.0)
COLUMNS: dict[str, Any] = {
    **{"account_id": "company", "user_id": "person", "occurred_at": "at", "module": "area"},
    **{"feature": "name", "quantity": "n", "recorded_at": "noted"},
}


@pytest.fixture(scope="module")
def frames() -> Frames:
    found = random_frames(np.random.default_rng(5), AS_OF, accounts=12)
    usage = found["usage"].copy()
    usage.loc[usage.index[:3], "quantity"] = [-1.0, 0.0005, 0.0]
    usage.loc[usage.index[3], "account_id"] = "stranger"
    return {name: found[name] for name in ("accounts", "subscriptions")} | {"usage": usage}


@pytest.fixture(scope="module")
def from_files(frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("files") / "book"
    write_frames(frames, folder)
    return folder


def events(frames: Frames) -> pd.DataFrame:
    """The use under the names it has in the warehouse."""
    return frames["usage"].rename(columns=dict(COLUMNS))


@pytest.fixture
def database(postgres: str, frames: Frames, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A PostgreSQL database with the events, named by the variable."""
    name = f"t{uuid4().hex}"
    admin = create_engine(postgres.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(postgres.format(name=name))
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA analytics"))
        events(frames).to_sql("events", connection, schema="analytics", index=False)
    monkeypatch.setenv(VARIABLE, postgres.format(name=name).replace("postgresql+psycopg", "postgres"))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def imported(frames: Frames, folder: Path, table: str = "analytics.events", **part: Any) -> Path:
    """A book whose accounts are files and whose use is in place."""
    mapping = {
        "about": "events of a warehouse",
        "time_zone": "UTC",
        "sources": {"events": {"warehouse": VARIABLE, "table": table}},
        "tables": {"usage": [{"source": "events", "in_place": True, "columns": COLUMNS, **part}]},
    }
    folder.mkdir(exist_ok=True)
    (folder / "mapping.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    write_frames({name: frame for name, frame in frames.items() if name != "usage"}, folder / "book")
    import_exports(folder / "mapping.yaml", folder, folder / "book", SOURCE_TABLES)
    return folder / "book"


def assert_as_from_files(book: Path, from_files: Path) -> None:
    """The same bits of every feature, the same counts, the same faults."""
    one, other = open_book(book, LIMITS), open_book(from_files, LIMITS)
    dates = [AS_OF - pd.Timedelta(days=40), AS_OF]
    params = FeatureParams(sticky_features=("login",))
    rows, same = (build_snapshot(each.source, dates, params) for each in (one, other))
    assert same["events_per_active_user_30d"].sum() > 0
    assert changed_columns(rows, same) == []
    told, wanted = (
        {
            t.name: (t.rows, t.rejected, [(f.code, f.count) for f in t.faults])
            for t in each.checked.report.tables
        }
        for each in (one, other)
    )
    assert told == wanted
    assert told["usage"][1] == 2


def test_use_in_postgresql_gives_the_bits_that_files_give(
    database: Any, frames: Frames, from_files: Path, tmp_path: Path
) -> None:
    book = imported(frames, tmp_path)
    assert_as_from_files(book, from_files)
    assert not (book / "usage.parquet").exists()
    secret = (book / "usage.place.yaml").read_text()
    assert "postgres" not in secret


def test_use_in_a_duckdb_file_gives_the_bits_that_files_give(
    frames: Frames, from_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect(str(tmp_path / "my dwh.duckdb")) as connection:
        usage = events(frames)
        connection.register("usage", usage)
        connection.execute("CREATE TABLE events AS SELECT * FROM usage")
    monkeypatch.setenv(VARIABLE, f"duckdb://{tmp_path}/my%20dwh.duckdb")
    assert_as_from_files(imported(frames, tmp_path, "events"), from_files)


def test_use_as_parquet_in_a_folder_gives_the_bits_that_files_give(
    frames: Frames, from_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage, lake = events(frames), tmp_path / "lake" / "events"
    lake.mkdir(parents=True)
    usage.iloc[:50].to_parquet(lake / "1.parquet", index=False)
    usage.iloc[50:].to_parquet(lake / "2.parquet", index=False)
    monkeypatch.setenv(VARIABLE, f"file://{tmp_path}/lake")
    assert_as_from_files(imported(frames, tmp_path, "events"), from_files)


def test_use_as_parquet_on_object_storage_gives_the_bits_that_files_give(
    object_store: ObjectStore,
    frames: Frames,
    from_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = object_store.folder / "bucket" / "lake" / "events"
    place.mkdir(parents=True)
    events(frames).to_parquet(place / "1.parquet", index=False)
    monkeypatch.setenv(VARIABLE, "s3://bucket/lake")
    for name, value in object_store.environment.items():
        monkeypatch.setenv(name, value)
    assert_as_from_files(imported(frames, tmp_path, "events"), from_files)


def test_rows_may_be_chosen_and_quantities_be_constant(database: Any, frames: Frames, tmp_path: Path) -> None:
    where = [{"column": "name", "equals": "login"}, {"column": "area", "present": True}]
    columns = {**COLUMNS, "quantity": {"constant": 1}}
    book = open_book(imported(frames, tmp_path, where=where, columns=columns), LIMITS)
    usage = frames["usage"]
    wanted = usage[
        (usage["feature"] == "login") & usage["module"].notna() & (usage["account_id"] != "stranger")
    ]
    assert int(book.source["usage"].records.sum().execute()) == len(wanted)


def test_other_tables_of_a_warehouse_are_copied(database: Any, frames: Frames, tmp_path: Path) -> None:
    with database.begin() as connection:
        frames["accounts"].to_sql("firms", connection, index=False)
    part = {"source": "firms", "columns": {"account_id": "account_id", "created_at": "created_at"}}
    mapping = {
        **{"about": "firms", "time_zone": "UTC", "tables": {"accounts": [part]}},
        "sources": {"firms": {"warehouse": VARIABLE, "table": "firms"}},
    }
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    report = import_exports(tmp_path / "m.yaml", tmp_path, tmp_path / "book", SOURCE_TABLES)
    assert report.tables[0].written == 12
    assert {"segment", "owner"} <= {notice.value for notice in report.notices}


def test_a_column_that_is_gone_or_of_another_type_is_named(
    database: Any, frames: Frames, tmp_path: Path
) -> None:
    book = imported(frames, tmp_path)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE analytics.events RENAME person TO persons"))
        connection.execute(text("ALTER TABLE analytics.events ALTER at TYPE text"))
    with pytest.raises(DataFault) as refused:
        open_book(book, LIMITS)
    said = str(refused.value)
    assert "analytics.events, column person is 'gone'" in said
    assert "did you mean 'persons'" in said
    assert "column at is 'string'; allowed: a timestamp or a date" in said
    with pytest.raises(DataFault, match="column person is 'gone'"):
        imported(frames, tmp_path)


def test_a_server_that_is_away_is_told_without_its_address(
    frames: Frames, tmp_path: Path, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = imported(frames, tmp_path)
    monkeypatch.setenv(VARIABLE, f"postgres://me:hunter2@/none?host={tmp_path}")
    with pytest.raises(DataFault, match=f"{VARIABLE} is 'does not answer") as refused:
        open_book(book, LIMITS)
    assert "hunter2" not in str(refused.value)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(DataFault, match=f"{VARIABLE} is 'not set'"):
        open_book(book, LIMITS)
    monkeypatch.setenv(VARIABLE, "ftp://hunter2")
    with pytest.raises(DataFault, match="a value that is no such URL") as refused:
        open_book(book, LIMITS)
    assert "hunter2" not in str(refused.value)


def test_a_table_that_is_not_there_is_told_with_the_nearest(
    database: Any, frames: Frames, tmp_path: Path
) -> None:
    with pytest.raises(DataFault, match="did you mean 'events'"):
        imported(frames, tmp_path, "analytics.event")


@pytest.mark.parametrize(
    ("source", "part", "said"),
    [
        ({"warehouse": "HOME"}, {}, "VITALS_WAREHOUSE or VITALS_WAREHOUSE_"),
        ({"warehouse": "postgres://a:b@c/d"}, {}, "a mapping never holds one"),
        ({}, {"lookup": [{"source": "e", "by": "x", "take": ["y"]}]}, "make a view in the warehouse"),
        ({}, {"where": [{"column": "a", "differs_from": "b"}]}, "equals, one_of or present"),
        (
            {},
            {"columns": {**COLUMNS, "module": {"column": "a", "values": {"a": "b"}}}},
            "a column or a constant",
        ),
        ({}, {"columns": {**COLUMNS, "module": {"text": "{a}-{b}"}}}, "a column or a constant"),
    ],
)
def test_what_cannot_be_done_in_place_is_refused(
    tmp_path: Path, source: dict[str, str], part: dict[str, Any], said: str
) -> None:
    whole = {"source": "e", "in_place": True, "columns": COLUMNS, **part}
    mapping = {
        **{"about": "x", "time_zone": "UTC", "tables": {"usage": [whole]}},
        "sources": {"e": {"warehouse": VARIABLE, "table": "t", **source}},
    }
    (tmp_path / "m.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    with pytest.raises(WrongUse, match=said):
        import_exports(tmp_path / "m.yaml", tmp_path, tmp_path / "book", SOURCE_TABLES)


def test_use_stands_in_the_book_or_in_a_warehouse_and_not_in_both(
    database: Any, frames: Frames, tmp_path: Path
) -> None:
    book = imported(frames, tmp_path)
    write_frames({"usage": frames["usage"]}, book)
    with pytest.raises(DataFault, match="one of them"):
        open_book(book, LIMITS)
    with pytest.raises(WrongUse, match="a book without use of its own"):
        imported(frames, tmp_path)

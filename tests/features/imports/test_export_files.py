"""Files and columns of an export: missing, new, unreadable."""

from __future__ import annotations

from contextlib import nullcontext

import ibis
import pandas as pd
import pytest

from features.faults import DataFault
from features.imports import warehouse_sources
from features.imports.mapping import Source
from features.imports.warehouse_sources import open_warehouse
from tests.features.imports.conftest import Export, firms


def refusal(export: Export, mapping: dict[str, object]) -> str:
    with pytest.raises(DataFault) as refused:
        export.run(mapping)
    assert not export.book.exists()
    return str(refused.value)


def test_a_missing_file_is_named_with_the_nearest(export: Export) -> None:
    export.csv("firm.csv", "id,since")
    assert "firms.csv'; allowed: a file that exists. Next: did you mean 'firm.csv'?" in refusal(
        export, firms()
    )


def test_an_empty_folder_is_told_apart(export: Export) -> None:
    assert "Next: name the export's folder after --from" in refusal(export, firms())


def test_a_spreadsheet_is_refused_by_its_suffix(export: Export) -> None:
    mapping = firms()
    mapping["sources"]["firms"]["file"] = "firms.xlsx"
    message = refusal(export, mapping)
    assert (
        "firms.xlsx is '.xlsx'; allowed: a .csv or .parquet file. Next: export it as one of these" in message
    )


def test_a_missing_column_is_named_with_the_nearest(export: Export) -> None:
    export.csv("firms.csv", "id,sinse", "7,2026-10-31")
    message = refusal(export, firms())
    assert (
        "firms.csv, column since is None; allowed: the mapping uses it. Next: did you mean 'sinse'?"
        in message
    )


def test_all_missing_columns_are_told_at_once_wherever_the_mapping_uses_them(export: Export) -> None:
    export.csv("firms.csv", "id", "7")
    mapping = firms(
        {"name": {"text": "{first} {last}"}},
        where=[{"column": "state", "differs_from": "former"}, {"column": "answer", "present": True}],
        lookup=[{"source": "owners", "by": "desk", "take": ["owner"]}],
        unpivot={"columns": ["q1"], "name": "question", "value": "answer"},
    )
    mapping["sources"]["owners"] = {"file": "owners.csv"}
    export.csv("owners.csv", "owner")
    message = refusal(export, mapping)
    named = ["since", "first", "last", "state", "former", "desk", "q1", "answer"]
    assert all(f"firms.csv, column {name} is None" in message for name in named)
    assert "owners.csv, column desk is None" in message
    assert message.count("\n  - ") == len(named) + 1


def test_a_new_column_is_a_notice_and_an_ignored_one_is_not(export: Export) -> None:
    export.csv("firms.csv", "id,since,sice,noise", "7,2026-10-31,3,4")
    mapping = firms()
    mapping["sources"]["firms"]["ignore"] = ["noise"]
    report = export.run(mapping)
    assert [str(notice) for notice in report.notices] == [
        "firms.csv, new column is 'sice'; allowed: a column that the mapping uses, or sources.firms.ignore. "
        "Next: did you mean 'since'?"
    ]
    assert "notice: firms.csv, new column is 'sice'" in report.as_text()


def test_a_name_that_is_taken_cannot_be_added_by_a_lookup(export: Export) -> None:
    export.csv("firms.csv", "id,since,owner", "7,2026-10-31,Li").csv("owners.csv", "id,owner", "7,Wu")
    mapping = firms({"owner": "owner"}, lookup=[{"source": "owners", "by": "id", "take": ["owner"]}])
    mapping["sources"]["owners"] = {"file": "owners.csv"}
    assert "firms, added column is 'owner'; allowed: a name that is still free" in refusal(export, mapping)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "firms.csv is []; allowed: a header in the first line, with a different name for each column"),
        (b"id,since,id\n", "firms.csv is ['id']; allowed: a header in the first line"),
        (b"ID,Id,since\n", "firms.csv is ['ID', 'Id']; allowed: a header in the first line"),
        (b"id,since\n7,2026-10-31,extra,cells\n", "allowed: 2 cells in every line, as in the header"),
        (b"id,since\n7,2026-10-31\n\xff\xfe\xb0,2026-10-31\n", "allowed: UTF-8 text"),
        (b"id,\xb0\n", "allowed: UTF-8 text"),
    ],
    ids=["empty", "twice the same name", "twice but for capitals", "ragged", "not UTF-8", "header not UTF-8"],
)
def test_a_csv_that_cannot_be_read_is_named_without_a_traceback(
    export: Export, content: bytes, said: str
) -> None:
    (export.folder / "firms.csv").write_bytes(content)
    message = refusal(export, firms())
    assert message.splitlines()[0].endswith("cannot be read")
    assert said in message
    assert "extra,cells" not in message


def test_a_byte_order_mark_does_not_hide_the_first_column(export: Export) -> None:
    (export.folder / "firms.csv").write_bytes("\ufeffid,since\n7,2026-10-31\n".encode())
    export.run(firms())
    assert [row["account_id"] for row in export.table("accounts")] == ["7"]


def test_a_parquet_file_that_is_none_is_named(export: Export) -> None:
    mapping = firms()
    mapping["sources"]["firms"]["file"] = "firms.parquet"
    (export.folder / "firms.parquet").write_bytes(b"PAR1 but no more")
    assert "firms.parquet is 'unreadable'; allowed: a whole Parquet file" in refusal(export, mapping)


def test_columns_of_parquet_that_differ_in_capitals_alone_are_both_named(export: Export) -> None:
    mapping = firms({"account_id": "Id"})
    mapping["sources"]["firms"]["file"] = "firms.parquet"
    export.parquet("firms.parquet", pd.DataFrame({"ID": ["x"], "Id": ["7"], "since": ["2026-10-31"]}))
    assert "firms.parquet is \"'ID', 'Id'\"; allowed: distinct column names" in refusal(export, mapping)


def test_columns_of_a_lake_that_differ_in_capitals_alone_are_both_named(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITALS_WAREHOUSE", export.folder.as_uri())
    mapping = firms({"account_id": "Id"})
    mapping["sources"]["firms"] = {"warehouse": "VITALS_WAREHOUSE", "table": "firms"}
    export.parquet("firms.parquet", pd.DataFrame({"ID": ["x"], "Id": ["7"], "since": ["2026-10-31"]}))
    assert "firms is \"'ID', 'Id'\"; allowed: distinct column names" in refusal(export, mapping)


def test_columns_of_a_database_that_differ_in_capitals_alone_are_both_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = ibis.table({"ID": "string", "Id": "string"}, name="firms")
    monkeypatch.setattr(warehouse_sources, "place_table", lambda *_: nullcontext(there))
    with pytest.raises(DataFault, match="'ID', 'Id'"):
        open_warehouse(ibis.duckdb.connect(), Source(warehouse="VITALS_WAREHOUSE", table="firms"))


def test_a_name_that_is_taken_but_for_capitals_cannot_be_added_by_a_lookup(export: Export) -> None:
    export.csv("firms.csv", "id,since,Owner", "7,2026-10-31,Li").csv("owners.csv", "id,owner", "7,Wu")
    mapping = firms({"owner": "owner"}, lookup=[{"source": "owners", "by": "id", "take": ["owner"]}])
    mapping["sources"]["owners"] = {"file": "owners.csv"}
    assert "firms, added column is 'owner'; allowed: a name that is still free" in refusal(export, mapping)


def test_a_folder_whose_name_looks_like_a_pattern_is_read(export: Export) -> None:
    export.folder = export.folder.rename(export.folder.with_name("export [May] *"))
    export.csv("firms.csv", "id,since", "7,2026-10-31").run(firms())
    assert [row["account_id"] for row in export.table("accounts")] == ["7"]

"""Dates that are not ISO: read where the mapping says how they are written, and never guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from features.imports.date_formats import fitting
from features.imports.drafted_mapping import draft_mapping
from features.imports.run import import_exports
from features.imports.systems_file import systems_of
from tests.features.imports.conftest import Export, firms
from training.outcome_tables import ALL_TABLES


def written(date_format: str, cell: bool = False, zone: str = "UTC") -> dict[str, Any]:
    if cell:
        return firms({"created_at": {"column": "since", "date_format": date_format}}, zone)
    mapping = firms(time_zone=zone)
    mapping["sources"]["firms"]["date_format"] = date_format
    return mapping


@pytest.mark.parametrize("cell", [False, True], ids=["of the source", "of the column"])
@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("31.10.2026", "DD.MM.YYYY"),
        ("31/10/2026", "DD/MM/YYYY"),
        ("10/31/2026", "MM/DD/YYYY"),
        ("20261031", "YYYYMMDD"),
        ("2026年10月31日", "YYYY年MM月DD日"),
        ("31-Oct-2026", "DD-MMM-YYYY"),
        ("31-OCT-2026", "DD-MMM-YYYY"),
        ("31-OCT-2026T00:00:00", "DD-MMM-YYYY"),
        ("31.10.26", "DD.MM.YY"),
        ("2026-10-31", "ISO"),
    ],
)
def test_a_date_is_read_as_the_mapping_says(export: Export, text: str, date_format: str, cell: bool) -> None:
    export.csv("firms.csv", "id,since", f'1,"{text}"').run(written(date_format, cell))
    assert export.table("accounts")[0]["created_at"] == "2026-10-31T00:00:00+0000"


@pytest.mark.parametrize(
    ("text", "hour"), [("31.10.2026 7:05", 7), ("31.10.2026 07:05:00", 7), ("31.10.2026 7:05 PM", 19)]
)
def test_a_time_of_day_may_follow_and_is_of_the_mappings_zone(export: Export, text: str, hour: int) -> None:
    export.csv("firms.csv", "id,since", f"1,{text}").run(written("DD.MM.YYYY", zone="Asia/Shanghai"))
    told = dt.datetime.fromisoformat(str(export.table("accounts")[0]["created_at"]))
    assert told == dt.datetime(2026, 10, 31, hour, 5, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@pytest.mark.parametrize("text", ["2026-10-31", "32.10.2026", "31.10.26", "1.2.20266", "31.02.2026", "soon"])
def test_what_is_not_written_so_is_refused_and_the_format_named(export: Export, text: str) -> None:
    export.csv("firms.csv", "id,since", f"1,{text}")
    with pytest.raises(DataFault, match=r"a time that begins with a date as DD\.MM\.YYYY"):
        export.run(written("DD.MM.YYYY"))


def test_without_a_format_both_readings_are_offered_and_none_is_taken(export: Export) -> None:
    export.csv("firms.csv", "id,since", "1,01/02/2026")
    with pytest.raises(DataFault, match="date_format: DD/MM/YYYY or date_format: MM/DD/YYYY, whichever"):
        export.run(firms())


@pytest.mark.parametrize("wrong", ["DD.MM", "DD.MM.YYYY HH", "%d.%m.%Y", "DD/DD/YYYY", "YYYY", ""])
def test_what_is_no_format_is_refused(export: Export, wrong: str) -> None:
    export.csv("firms.csv", "id,since", "1,31.10.2026")
    with pytest.raises(WrongUse, match="date_format"):
        export.run(written(wrong))


def test_a_format_stands_only_on_times(export: Export) -> None:
    export.csv("firms.csv", "id,since", "1,31.10.2026")
    with pytest.raises(WrongUse, match="only on a time"):
        export.run(firms({"name": {"column": "id", "date_format": "DD.MM.YYYY"}}))


@given(st.lists(st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)), min_size=1, max_size=9))
def test_the_true_format_is_always_among_those_that_fit(days: list[dt.date]) -> None:
    for date_format, pattern in (("DD.MM.YYYY", "%d.%m.%Y"), ("MM/DD/YYYY", "%m/%d/%Y"), ("ISO", "%Y-%m-%d")):
        assert date_format in fitting(f"{day:{pattern}}" for day in days)


def test_a_month_that_ends_on_t_is_recognised() -> None:
    assert fitting(["31-OCT-2026", "01-SEPT-2026"]) == []
    assert fitting(["31-OCT-2026", "01-Aug-2026T09:30"]) == ["DD-MMM-YYYY"]


CASES = ("case no,customer id,opened on,closed on,priority,subject",)
CUSTOMERS = ("customer id,company name,customer since", "1,Foo Ltd,2020-01-31", "2,Bar Inc,2021-05-01")


def drafted(folder: Path, *rows: str) -> str:
    folder.mkdir()
    (folder / "customers.csv").write_text("\n".join([*CUSTOMERS, ""]), encoding="utf-8")
    (folder / "support_cases.csv").write_text("\n".join([*CASES, *rows, ""]), encoding="utf-8")
    return draft_mapping(folder, ALL_TABLES, {}).text


def test_a_draft_marks_the_format_as_a_guess_and_one_telling_date_decides_for_its_file(
    tmp_path: Path,
) -> None:
    text = drafted(tmp_path / "x", "a,1,01/02/2026,03/02/2026,high,x", "b,2,05/02/2026,25/02/2026,low,y")
    lines = [line for line in text.splitlines() if "date_format" in line]
    assert len(lines) == 2
    assert all('"DD/MM/YYYY"' in line and "# guess:" in line for line in lines)


def test_where_both_readings_fit_the_draft_asks_and_the_import_waits_for_the_answer(tmp_path: Path) -> None:
    folder, path = tmp_path / "x", tmp_path / "mapping.yaml"
    text = drafted(folder, "a,1,01/02/2026,03/02/2026,high,x", "b,2,05/02/2026,,low,y")
    assert "CHOOSE ONE" in text
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="both fit what the file holds: keep the one that is right"):
        import_exports(systems_of([str(path)], folder)[0].mapping, folder, tmp_path / "book", ALL_TABLES)
    path.write_text(text.replace("DD/MM/YYYY or MM/DD/YYYY", "DD/MM/YYYY"), encoding="utf-8")
    import_exports(systems_of([str(path)], folder)[0].mapping, folder, tmp_path / "book", ALL_TABLES)

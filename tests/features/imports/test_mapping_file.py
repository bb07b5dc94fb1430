"""What a mapping file may say, and what is answered when it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from features.faults import WrongUse
from features.imports.mapping_file import read_mapping, shipped_mappings
from features.imports.systems_file import systems_of


def written(folder: Path, **changes: Any) -> Path:
    """A small mapping that fits, with parts of it replaced."""
    part = {"source": "firms", "columns": {"account_id": "id", "created_at": "since"}} | changes.pop(
        "part", {}
    )
    source = {"file": "firms.csv"} | changes.pop("source", {})
    whole = {
        "about": "firms",
        "time_zone": "UTC",
        "sources": {"firms": source},
        "tables": {"accounts": [part]},
    } | changes
    path = folder / "mapping.yaml"
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path


def refusal(path: Path | str) -> str:
    with pytest.raises(WrongUse) as refused:
        read_mapping(path)
    return str(refused.value)


def with_cell(folder: Path, cell: Any) -> str:
    return refusal(written(folder, part={"columns": {"name": cell}}))


def test_a_mapping_is_found_by_its_path(tmp_path: Path) -> None:
    mapping = read_mapping(written(tmp_path))
    assert mapping.sources["firms"].file == "firms.csv"
    assert mapping.tables["accounts"][0].columns["account_id"].column == "id"


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "time_zone: Asia/Shanghai\n", encoding="utf-8")
    line = len(path.read_text(encoding="utf-8").splitlines())
    assert f"Next: line {line}: the key 'time_zone' stands in line" in refusal(path)


def test_a_key_that_stands_twice_in_a_file_of_systems_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "systems.yaml"
    path.write_text("systems:\n  a: {mapping: stripe}\n  a: {mapping: zendesk}\n", encoding="utf-8")
    with pytest.raises(WrongUse, match="line 3: the key 'a' stands in line 2 already"):
        systems_of([str(path)], tmp_path)


def test_a_shipped_mapping_is_found_by_its_name() -> None:
    shipped = {"hubspot", "mixpanel", "pendo", "qualtrics", "salesforce", "stripe", "zendesk"}
    assert set(shipped_mappings()) == {"crm_churnsim", "ravenstack", *shipped}
    assert "churns" in read_mapping("crm_churnsim").tables


def test_a_mapping_that_is_not_there_is_named_with_the_nearest_shipped_one() -> None:
    message = refusal("raven_stack")
    assert "MAPPING is 'raven_stack'; allowed: a file that exists, or a shipped mapping" in message
    assert "Next: did you mean 'ravenstack'?" in message


@pytest.mark.parametrize("content", ["a: [", "about: \x07"])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.yaml").write_text(content, encoding="utf-8")
    assert "allowed: YAML in UTF-8" in refusal(tmp_path / "m.yaml")


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_bytes("about: 客户".encode("gb18030"))
    assert "allowed: YAML in UTF-8" in refusal(tmp_path / "m.yaml")


@pytest.mark.parametrize("content", ["", "- a\n- b\n", "just words"])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.yaml").write_text(content, encoding="utf-8")
    assert "the mapping is " in refusal(tmp_path / "m.yaml")


@pytest.mark.parametrize(
    ("changes", "where", "meant"),
    [
        ({"time_zome": "UTC"}, "time_zome", "time_zone"),
        ({"source": {"ingore": ["x"]}}, "sources.firms.ingore", "ignore"),
        ({"part": {"wher": []}}, "tables.accounts.0.wher", "where"),
        ({"part": {"columns": {"name": {"colum": "x"}}}}, "tables.accounts.0.columns.name.colum", "column"),
        ({"part": {"where": [{"column": "x", "equal": "y"}]}}, "tables.accounts.0.where.0.equal", "equals"),
        (
            {"part": {"lookup": [{"source": "x", "by": "y", "tak": ["z"]}]}},
            "tables.accounts.0.lookup.0.tak",
            "take",
        ),
        ({"part": {"unpivot": {"colums": ["x"]}}}, "tables.accounts.0.unpivot.colums", "columns"),
    ],
)
def test_an_unknown_key_is_named_with_its_place_and_the_nearest(
    tmp_path: Path, changes: dict[str, Any], where: str, meant: str
) -> None:
    message = refusal(written(tmp_path, **changes))
    assert f"{where} is " in message
    assert f"Next: did you mean '{meant}'?" in message


def test_a_key_that_is_required_and_absent_is_named(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, sources={"firms": {}}))
    assert "sources.firms is {}; allowed: either file, or warehouse and table" in message


def test_all_faults_of_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, time_zome="UTC", source={"ingore": []}, part={"wher": []}))
    assert message.count("did you mean") == 3


@pytest.mark.parametrize("cell", [{"column": "a", "constant": "b"}, {"values": {"a": "b"}}, {}])
def test_a_column_has_exactly_one_origin(tmp_path: Path, cell: dict[str, Any]) -> None:
    assert "allowed: exactly one of column, text, constant" in with_cell(tmp_path, cell)


@pytest.mark.parametrize("key", [{"values": {"a": "b"}}, {"plus_minutes": "m"}, {"decimal": ","}])
def test_a_translation_needs_a_column_to_translate(tmp_path: Path, key: dict[str, Any]) -> None:
    assert "allowed: values, plus_minutes, date_format, decimal and scale only after column" in with_cell(
        tmp_path, {"constant": "b", **key}
    )


@pytest.mark.parametrize("key", [{"scale": [1, 5]}, {"higher_is": "better"}])
def test_a_scale_and_its_direction_come_together(tmp_path: Path, key: dict[str, Any]) -> None:
    assert "allowed: scale and higher_is together" in with_cell(tmp_path, {"column": "s", **key})


@pytest.mark.parametrize("scale", [[5, 1], [3, 3], [float("nan"), 5]])
def test_a_scale_rises(tmp_path: Path, scale: list[float]) -> None:
    message = with_cell(tmp_path, {"column": "s", "scale": scale, "higher_is": "better"})
    assert "allowed: a scale from its lowest to its highest value, such as [1, 7]" in message


def test_a_direction_is_better_or_worse(tmp_path: Path) -> None:
    message = with_cell(tmp_path, {"column": "s", "scale": [1, 7], "higher_is": "lower"})
    assert "higher_is is 'lower'; allowed: Input should be 'better' or 'worse'" in message


def test_a_scale_fills_its_own_ends(tmp_path: Path) -> None:
    score = {"column": "s", "scale": [1, 7], "higher_is": "better"}
    message = refusal(written(tmp_path, part={"columns": {"score": score, "scale_max": {"constant": 7}}}))
    assert "allowed: one scale only: it fills scale_min and scale_max itself" in message


@pytest.mark.parametrize("tests", [{}, {"equals": "a", "present": True}])
def test_a_condition_has_exactly_one_test(tmp_path: Path, tests: dict[str, Any]) -> None:
    message = refusal(written(tmp_path, part={"where": [{"column": "units", **tests}]}))
    assert "allowed: exactly one of equals, one_of, present, differs_from" in message


def test_a_yes_without_quotes_is_refused_because_yaml_makes_true_of_it(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, part={"where": [{"column": "churned", "equals": True}]}))
    assert (
        "equals is True; allowed: a text or a whole number; put true, false, yes, no and dates in quotes"
        in message
    )


def test_a_date_without_quotes_is_refused_because_its_zone_would_be_lost(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("created_at: since", "created_at: {constant: 2026-10-31}"))
    assert "allowed: a text, a number, true or false; put dates in quotes" in refusal(path)


def test_a_column_that_became_rows_cannot_be_read_any_more(tmp_path: Path) -> None:
    unpivot = {"columns": ["q1", "q2"], "name": "question", "value": "answer"}
    message = refusal(written(tmp_path, part={"unpivot": unpivot, "columns": {"name": "q2"}}))
    assert "allowed: columns that are still there: the unpivot made rows of q2" in message

"""A mapping may name only canonical tables and columns, and write only what these may hold."""

from __future__ import annotations

from typing import Any

import pytest

from features.faults import WrongUse
from tests.features.imports.conftest import Export, firms


def refusal(export: Export, mapping: dict[str, Any]) -> str:
    with pytest.raises(WrongUse) as refused:
        export.run(mapping)
    assert not export.book.exists()
    return str(refused.value)


def test_a_table_that_is_not_canonical_is_named_with_the_nearest(export: Export) -> None:
    mapping = firms()
    mapping["tables"]["acounts"] = mapping["tables"].pop("accounts")
    message = refusal(export, mapping)
    assert (
        "tables.acounts is 'acounts'; allowed: a canonical table. Next: did you mean 'accounts'?" in message
    )


def test_a_column_that_is_not_canonical_is_named_with_the_nearest(export: Export) -> None:
    message = refusal(export, firms({"segmnet": "size"}))
    assert (
        "columns.segmnet is 'segmnet'; allowed: a column of accounts. Next: did you mean 'segment'?"
        in message
    )


def test_a_required_column_that_is_not_mapped_is_named(export: Export) -> None:
    mapping = firms()
    del mapping["tables"]["accounts"][0]["columns"]["created_at"]
    message = refusal(export, mapping)
    assert "allowed: created_at: accounts requires it. Next: map created_at" in message


@pytest.mark.parametrize(
    "cell", [{"constant": "urgent"}, {"column": "priority", "values": {"p1": "urgent", "p2": "high"}}]
)
def test_a_value_that_the_column_may_not_hold_is_named(export: Export, cell: dict[str, Any]) -> None:
    columns = {
        "ticket_id": "id",
        "account_id": "firm",
        "kind": {"constant": "bug"},
        "severity": cell,
        "opened_at": "at",
    }
    mapping = firms()
    mapping["tables"] = {"tickets": [{"source": "firms", "columns": columns}]}
    message = refusal(export, mapping)
    assert "columns.severity is 'urgent'; allowed: one of critical, high, medium, low" in message
    assert "Next: use one of: 'critical', 'high', 'low', 'medium'" in message


def test_a_source_that_is_not_declared_is_named(export: Export) -> None:
    mapping = firms(lookup=[{"source": "frims", "by": "id", "take": ["name"]}])
    message = refusal(export, mapping)
    assert (
        "lookup.0.source is 'frims'; allowed: a name under sources or derived. Next: did you mean 'firms'?"
        in message
    )


@pytest.mark.parametrize(
    ("zone", "advice"),
    [("Asia/Shanhai", "did you mean 'Asia/Shanghai'?"), ("Middle Earth", "write it as Area/City")],
)
def test_a_time_zone_that_does_not_exist_is_named(export: Export, zone: str, advice: str) -> None:
    mapping = firms(time_zone=zone)
    message = refusal(export, mapping)
    assert (
        f"time_zone is '{zone}'; allowed: a time zone such as UTC or Asia/Shanghai. Next: {advice}" in message
    )


def test_minutes_are_added_to_times_only_and_scales_belong_to_numbers(export: Export) -> None:
    scale = {"column": "size", "scale": [1, 5], "higher_is": "better"}
    message = refusal(export, firms({"name": {"column": "name", "plus_minutes": "m"}, "segment": scale}))
    assert "name.plus_minutes is 'm'; allowed: only on a time. Next: name is a text: leave it out" in message
    assert "segment.scale is (1.0, 5.0); allowed: only on a number" in message


def test_all_faults_are_told_at_once(export: Export) -> None:
    message = refusal(export, firms({"segmnet": "a", "regoin": "b"}, time_zone="Mars"))
    assert message.count("\n  - ") == 3


@pytest.mark.parametrize("file", ["../secret.csv", "/etc/secret.csv"])
def test_a_file_outside_the_export_is_refused(export: Export, file: str) -> None:
    mapping = firms()
    mapping["sources"]["firms"]["file"] = file
    message = refusal(export, mapping)
    assert f"sources.firms.file is '{file}'; allowed: a file inside the export" in message

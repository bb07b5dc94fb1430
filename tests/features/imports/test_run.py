"""Whole imports of tiny exports: each key of the language, hostile words, the same bytes again."""

from __future__ import annotations

import csv
import random
from typing import Any

import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from features.imports.mapping import Cell, Condition, ImportMapping, Lookup, Part, Source, Unpivot
from features.imports.run import import_exports
from tests.features.imports.conftest import Export, firms
from training.outcome_tables import ALL_TABLES

EVERY_KEY = """
about: A survey tool that writes one row per answer sheet
time_zone: Asia/Shanghai
sources:
  sheets:
    file: sheets.csv
    encoding: utf-8
    delimiter: ","
    decimal: ","
    time_zone: UTC
    empty: [N/A]
    ignore: [colour]
  people: {file: people.csv}
remarks: [one row per answer sheet]
tables:
  surveys:
    - source: sheets
      lookup:
        - {source: people, by: person, take: [firm]}
      where:
        - {column: state, equals: done}
        - {column: channel, one_of: [mail, phone]}
        - {column: sent, present: true}
        - {column: person, differs_from: sender}
      unpivot: {columns: [effort, recommend], name: question, value: answer}
      columns:
        response_id: {text: "{sheet}-{question}"}
        account_id: firm
        contact_id: person
        kind: {column: question, values: {effort: ces, recommend: nps}, otherwise: nps, if_empty: nps}
        touchpoint: {constant: relational}
        score: {column: answer, decimal: ".", scale: [0, 10], higher_is: worse}
        sent_at: {column: sent, date_format: ISO}
        responded_at: {column: sent, plus_minutes: took}
"""


def answer_sheets(export: Export) -> Export:
    return export.csv(
        "sheets.csv",
        "sheet,person,sender,state,channel,sent,took,effort,recommend,colour",
        "s1,p1,us,done,mail,2026-10-31,90,2,9,red",
        's2,p2,us,done,phone,2026-10-30 08:00:00,"5,0",N/A,0,',
        "s3,p1,us,draft,mail,2026-10-31,90,2,9,",
        "s4,p1,us,done,fax,2026-10-31,90,2,9,",
        "s5,p1,us,done,mail,,90,2,9,",
        "s6,p1,p1,done,mail,2026-10-31,90,2,9,",
    ).csv("people.csv", "person,firm", "p1,A", "p2,B")


def test_every_key_does_what_it_says(export: Export) -> None:
    answer_sheets(export).run(EVERY_KEY)
    rows = [tuple(row.values()) for row in export.table("surveys")]
    ten_past = ("2026-10-31T00:00:00+0000", "2026-10-31T01:30:00+0000")
    assert list(export.table("surveys")[0]) == [
        *("response_id", "account_id", "contact_id", "kind", "touchpoint"),
        *("score", "scale_min", "scale_max", "sent_at", "responded_at"),
    ]
    assert rows == [
        ("s1-effort", "A", "p1", "ces", "relational", 8.0, 0.0, 10.0, *ten_past),
        ("s1-recommend", "A", "p1", "nps", "relational", 1.0, 0.0, 10.0, *ten_past),
        (
            *("s2-recommend", "B", "p2", "nps", "relational", 10.0, 0.0, 10.0),
            *("2026-10-30T08:00:00+0000", "2026-10-30T08:05:00+0000"),
        ),
    ]


def test_the_mapping_above_uses_every_key_there_is() -> None:
    def keys(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(keys, node))
        return set(node) | set().union(*map(keys, node.values())) if isinstance(node, dict) else set()

    entries = (ImportMapping, Source, Part, Lookup, Condition, Unpivot, Cell)
    known = {name for entry in entries for name in entry.model_fields}
    # What unites systems, and histories, is in the mappings that ship and tested with them.
    of_systems = {"derived", "identities", "people", "optional", "may_lack", "warehouse", "table", "in_place"}
    assert known - of_systems <= keys(yaml.safe_load(EVERY_KEY))


def test_an_empty_cell_can_be_asked_for(export: Export) -> None:
    export.csv("firms.csv", "id,since,left", "7,2026-10-31,", "8,2026-10-31,2026-11-01")
    export.run(firms(where=[{"column": "left", "present": False}]))
    assert [row["account_id"] for row in export.table("accounts")] == ["7"]


def test_parts_of_one_table_are_appended_and_what_one_lacks_is_empty(export: Export) -> None:
    export.csv("firms.csv", "id,since", "9,2026-10-31").csv("leads.csv", "key,at,state", "8,2026-10-30,NY")
    mapping = firms()
    mapping["sources"]["leads"] = {"file": "leads.csv"}
    columns = {"account_id": "key", "created_at": "at", "region": "state"}
    mapping["tables"]["accounts"].append({"source": "leads", "columns": columns})
    report = export.run(mapping)
    assert [(row["account_id"], row["region"]) for row in export.table("accounts")] == [
        ("8", "NY"),
        ("9", None),
    ]
    assert report.as_dict()["tables"] == (
        {"table": "accounts", "files": ("firms.csv", "leads.csv"), "read": 2, "written": 2},
    )


def test_a_lookup_joins_a_number_with_a_text(export: Export) -> None:
    export.csv("firms.csv", "id,since", "7,2026-10-31")
    export.parquet("owners.parquet", pd.DataFrame({"id": [7], "owner": ["Li"]}))
    mapping = firms({"owner": "owner"}, lookup=[{"source": "owners", "by": "id", "take": ["owner"]}])
    mapping["sources"]["owners"] = {"file": "owners.parquet"}
    assert export.run(mapping).notices == ()
    assert export.table("accounts")[0]["owner"] == "Li"


def with_owners(export: Export, *owners: str) -> dict[str, Any]:
    export.csv("firms.csv", "id,since", "7,2026-10-31", "8,2026-10-31").csv("owners.csv", "id,owner", *owners)
    mapping = firms({"owner": "owner"}, lookup=[{"source": "owners", "by": "id", "take": ["owner"]}])
    mapping["sources"]["owners"] = {"file": "owners.csv"}
    return mapping


def test_a_lookup_that_would_multiply_rows_is_refused(export: Export) -> None:
    mapping = with_owners(export, "7,Li", "7,Wu", "8,Li")
    with pytest.raises(
        DataFault, match=r"owners.csv, column id is \['7'\]; allowed: one row per value, for a lookup"
    ):
        export.run(mapping)


def test_rows_that_a_lookup_does_not_find_are_kept_and_counted(export: Export) -> None:
    report = export.run(with_owners(export, "7,Li"))
    assert [row["owner"] for row in export.table("accounts")] == ["Li", None]
    assert (
        "firms.csv, column id is '1 rows without a match'; allowed: a value that owners.csv has"
        in report.as_text()
    )


HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\tTab",
    "客户说:“太贵了”,不续约",
    'He said "no",\nthen\r\nleft',
    "'; DROP TABLE accounts; --",
    "{id} {0} %s",
    "NULL",
    "007",
    " spaces ",
    "\\n",
    "🙂\u200f",
    "None",
]


def test_hostile_words_arrive_as_they_were_written(export: Export) -> None:
    with (export.folder / "firms.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["id", "since", "name"], *[[i + 10, "2026-10-31", t] for i, t in enumerate(HOSTILE)]]
        )
    export.run(firms({"name": "name", "owner": {"text": "{name}"}}))
    rows = export.table("accounts")
    assert [row["name"] for row in rows] == HOSTILE
    assert [row["owner"] for row in rows] == HOSTILE


def test_a_column_with_a_hostile_name_can_be_mapped(export: Export) -> None:
    name = 'Kunde "A", 名 {x}; --'
    with (export.folder / "firms.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "since", name], ["7", "2026-10-31", "Li"]])
    export.run(firms({"name": name}))
    assert export.table("accounts")[0]["name"] == "Li"


@given(st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_the_order_of_an_export_does_not_change_a_byte(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    lines = [f"A{i % 3},u{i % 5},2026-10-{1 + i % 28:02d},f{i % 2},{i % 4}" for i in range(200)]
    columns = {"account_id": "a", "user_id": "u", "occurred_at": "t", "feature": "f", "quantity": "q"}
    mapping = firms() | {"tables": {"usage": [{"source": "firms", "columns": columns}]}}
    written = []
    for order in (lines, random.Random(seed).sample(lines, len(lines))):
        export = Export(tmp_path_factory.mktemp("export"))
        export.csv("firms.csv", "a,u,t,f,q", *order).run(mapping)
        written.append((export.book / "usage.parquet").read_bytes())
    assert written[0] == written[1]


def test_an_export_without_rows_gives_a_table_without_rows(export: Export) -> None:
    report = export.csv("firms.csv", "id,since").run(firms())
    assert (report.tables[0].read, report.tables[0].written) == (0, 0)
    assert export.table("accounts") == []


def test_an_export_whose_accounts_all_fall_away_is_refused_and_says_why(export: Export) -> None:
    export.csv("firms.csv", "id,since,state", "7,2026-10-31,gone", "8,2026-10-31,gone")
    with pytest.raises(
        DataFault, match=r"accounts is '0 rows'; allowed: one at least of the 2 in firms\.csv"
    ):
        export.run(firms(where=[{"column": "state", "equals": "here"}]))
    assert not export.book.exists()


def test_accounts_that_a_derivation_leaves_out_are_a_fault_with_its_reason(export: Export) -> None:
    export.csv("accounts.csv", "id,name", "C1,Acme", "C2,Foo")
    with pytest.raises(
        DataFault, match=r"2 rows of accounts\.csv, an account without any date: add created_"
    ):
        import_exports("salesforce", export.folder, export.book, ALL_TABLES)


def test_an_increment_may_tell_of_no_account(export: Export) -> None:
    export.csv("accounts.csv", "id,name", "C1,Acme")
    report = import_exports("salesforce", export.folder, export.book, ALL_TABLES, increment=True)
    assert [table.written for table in report.tables] == [0]


def test_faults_of_all_tables_are_told_at_once_and_the_book_stays_as_it_was(export: Export) -> None:
    export.csv("firms.csv", "id,since", "7,2026-10-31").run(firms())
    before = {path.name: path.read_bytes() for path in export.book.iterdir()}
    export.csv("firms.csv", "id,since,seats", "8,soon,many")
    mapping = firms()
    columns = {
        "subscription_id": "id",
        "account_id": "id",
        "seats": "seats",
        "starts_at": "since",
        "changed_at": "since",
    }
    mapping["tables"]["subscriptions"] = [{"source": "firms", "columns": columns}]
    with pytest.raises(DataFault) as refused:
        export.run(mapping)
    assert len(refused.value.faults) == 4
    assert "column seats for subscriptions.seats (1 rows) is 'many'; allowed: a number such as 1234.5" in str(
        refused.value
    )
    assert {path.name: path.read_bytes() for path in export.book.iterdir()} == before


def test_a_book_that_holds_the_table_as_csv_is_not_given_a_second_one(export: Export) -> None:
    export.csv("firms.csv", "id,since", "7,2026-10-31")
    export.book.mkdir()
    (export.book / "accounts.csv").write_text("account_id\n")
    with pytest.raises(
        WrongUse, match=r"accounts.csv'; allowed: one file per table in a book. Next: remove it"
    ):
        export.run(firms())


def test_tables_of_other_systems_stay_in_the_book(export: Export) -> None:
    export.book.mkdir()
    (export.book / "notes.csv").write_text("note_id\n")
    export.csv("firms.csv", "id,since", "7,2026-10-31").run(firms())
    assert sorted(path.name for path in export.book.iterdir()) == ["accounts.parquet", "notes.csv"]

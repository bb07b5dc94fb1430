"""`vitals init`: known layouts are recognised, unknown ones are guessed, and each guess is called one."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
import yaml

from features.faults import DataFault
from features.imports.drafted_mapping import DraftReport, draft_mapping
from features.imports.run import import_exports
from features.imports.several_systems import import_systems
from features.imports.systems_file import systems_of
from features.imports.table_worth import what_tables_add
from features.source_checks import check_book
from tests.features.imports.held_out_layouts import HELD_OUT
from tests.features.imports.literal_exports import SYSTEMS, write_export
from tests.features.imports.unknown_layouts import UNKNOWN
from training.outcome_tables import ALL_TABLES

LEAST_RIGHT = 0.8
LAYOUTS = UNKNOWN | HELD_OUT
pytestmark = pytest.mark.slow


def draft(folder: Path) -> DraftReport:
    return draft_mapping(folder, ALL_TABLES, what_tables_add())


def unknown(folder: Path, language: str) -> DraftReport:
    for name, encoding, lines, _, _ in LAYOUTS[language]:
        (folder / name).write_text("\n".join([*lines, ""]), encoding=encoding)
    return draft(folder)


@pytest.mark.parametrize("language", sorted(UNKNOWN))
def test_of_an_unknown_layout_four_fifths_of_the_columns_of_each_table_are_right(
    tmp_path: Path, language: str
) -> None:
    guesses = {g.file.name: g for s in unknown(tmp_path, language).systems for g in s.guesses}
    for name, _, lines, table, truth in UNKNOWN[language]:
        header = next(csv.reader([lines[0]], delimiter=";" if ";" in lines[0] else ","))
        assert guesses[name].table == table
        told = {column.found: column.column for column in guesses[name].columns}
        right = [told.get(found) == column for found, column in zip(header, truth, strict=True)]
        assert sum(right) / len(right) >= LEAST_RIGHT, (name, told)


def test_of_layouts_held_out_four_fifths_of_all_columns_are_right(tmp_path: Path) -> None:
    right = []
    for style, layouts in HELD_OUT.items():
        (tmp_path / style).mkdir()
        guesses = {g.file.name: g for s in unknown(tmp_path / style, style).systems for g in s.guesses}
        for name, _, lines, table, truth in layouts:
            header = next(csv.reader([lines[0]], delimiter=";" if ";" in lines[0] else ","))
            assert guesses[name].table == table
            told = {column.found: column.column for column in guesses[name].columns}
            right += [told.get(found) == column for found, column in zip(header, truth, strict=True)]
    assert sum(right) / len(right) >= LEAST_RIGHT


@pytest.mark.parametrize("language", ["chinese", "german", "french", "opaque"])
def test_what_is_drafted_can_be_imported_as_it_is_and_every_line_is_called_a_guess(
    tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    report = unknown(folder, language)
    filled = [line for line in report.text.splitlines() if line.startswith(" " * 14)]
    assert filled
    assert all("# guess: " in line for line in filled)
    (tmp_path / "draft.yaml").write_text(report.text, encoding="utf-8")
    (system,) = systems_of([str(tmp_path / "draft.yaml")], folder)
    import_exports(system.mapping, folder, tmp_path / "book", ALL_TABLES, "draft")
    checked = check_book(tmp_path / "book", ALL_TABLES)
    checked.raise_if_fatal()
    assert {t.name for t in checked.report.tables if t.rows} >= {table for *_, table, _ in LAYOUTS[language]}


def test_the_exports_of_four_systems_become_a_checked_book(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "exports", "salesforce", "zendesk", "stripe", "pendo")
    (folder / "stripe/product.csv").write_text("id,name,shoe_size\np1,Team,43\n")
    report = draft(folder)
    assert [system.mapping for system in report.systems] == ["salesforce", "stripe", "pendo", "zendesk"]
    (tmp_path / "draft.yaml").write_text(report.text, encoding="utf-8")
    systems = systems_of([str(tmp_path / "draft.yaml")], folder)
    done = import_systems(systems, None, tmp_path / "book", ALL_TABLES)
    check_book(tmp_path / "book", ALL_TABLES).raise_if_fatal()
    assert {match.system: match.examples for match in done.matches}["stripe"] == ("cus_3",)
    assert ("product.csv, new column", "shoe_size") in [(n.field, n.value) for n in done.notices]


HOME_MADE = {  # a folder of nobody's product, under names that Salesforce and Stripe have too
    "people.csv": "contact_no,customer_id,job_title,since\nP1,C1,CEO,2024-02-01\nP2,C2,Analyst,2024-03-05\n",
    "support.csv": "ticket_no,customer_id,type,priority,opened,resolved,description\n"
    "T1,C1,bug,high,2026-02-01,2026-02-15,it crashes\nT2,C2,question,low,2026-03-05,,how do I export\n",
    "invoices.csv": "id,customer_id,amount,currency,issue_date,due_date,paid_date\n"
    "R1,C1,100.5,EUR,2026-02-01,2026-02-15,2026-02-14\nR2,C2,99.0,EUR,2026-03-05,2026-03-19,\n",
}
FIRMS = (
    "id,name,industry,segment,owner,customer_since\n"
    "C1,Acme,Retail,smb,Jo,2024-01-05\nC2,Foo,Oil,smb,Al,2024-02-05\n"
)


@pytest.mark.parametrize("name", ["accounts.csv", "customers.csv"])
def test_a_home_made_file_with_an_id_is_nobodys_layout_and_loses_no_other_file(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    for file, text in ({name: FIRMS} | HOME_MADE).items():
        (folder / file).write_text(text, encoding="utf-8")
    report = draft(folder)
    assert [system.mapping for system in report.systems] == [None]
    assert report.unread == ()
    (tmp_path / "draft.yaml").write_text(report.text, encoding="utf-8")
    (system,) = systems_of([str(tmp_path / "draft.yaml")], folder)
    done = import_exports(system.mapping, folder, tmp_path / "book", ALL_TABLES)
    assert {t.table: t.written for t in done.tables} == {
        "accounts": 2,
        "contacts": 2,
        "tickets": 2,
        "invoices": 2,
    }


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_layout_is_recognised_by_what_only_its_product_has(tmp_path: Path, system: str) -> None:
    report = draft(write_export(tmp_path, system))
    assert [each.mapping for each in report.systems] == [system]


def test_beside_a_layout_a_file_of_its_accounts_is_guessed_at_and_found_by_their_ids(tmp_path: Path) -> None:
    folder = write_export(tmp_path, "salesforce") / "salesforce"
    support = HOME_MADE["support.csv"].replace("C1", "S1").replace("C2", "S2")
    (folder / "support.csv").write_text(support, encoding="utf-8")
    (folder / "lead.csv").write_text("id,name,email,created_date\nL1,Ann,ann@x.com,2024-01-01\n")
    report = draft(folder)
    assert [(s.mapping, [g.table for g in s.guesses]) for s in report.systems] == [
        ("salesforce", []),
        (None, ["tickets"]),
    ]
    assert report.unread == ("./lead.csv",)
    (tmp_path / "draft.yaml").write_text(report.text, encoding="utf-8")
    done = import_systems(
        systems_of([str(tmp_path / "draft.yaml")], folder), None, tmp_path / "book", ALL_TABLES
    )
    assert {t.table: t.written for t in done.tables}["tickets"] == 2
    check_book(tmp_path / "book", ALL_TABLES).raise_if_fatal()


def test_beside_a_layout_without_accounts_only_sure_guesses_are_made(tmp_path: Path) -> None:
    folder = write_export(tmp_path, "qualtrics") / "qualtrics"
    links = "block_id,survey_id,question_id,_fivetran_deleted,_fivetran_synced\n"
    links += "B1,SV1,Q1,false,2024-01-01\nB1,SV1,Q2,false,2024-01-01\n"
    (folder / "block_question.csv").write_text(links, encoding="utf-8")
    (folder / "support.csv").write_text(HOME_MADE["support.csv"], encoding="utf-8")
    report = draft(folder)
    assert report.unread == ("./block_question.csv",)
    assert {g.table for s in report.systems for g in s.guesses} == {"tickets"}


GERMAN_BILLS = "Rechnungsnr;Kundennr;Betrag;Währung;Rechnungsdatum;Fällig am;Bezahlt am\n"
GERMAN_FIRMS = "Kundennr;Firma;Kunde seit\nK1;Foo GmbH;2023-01-05\nK2;Bär AG;2023-02-05\n"


@pytest.mark.parametrize(
    ("amounts", "told"),
    [(("1.234,50", "99,9"), (1234.5, 99.9)), (("1234.50", "99.9"), (1234.5, 99.9)), (("12", "9"), (12, 9))],
)
def test_a_decimal_comma_is_recognised_and_written_into_the_draft(
    tmp_path: Path, amounts: tuple[str, str], told: tuple[float, float]
) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    rows = "".join(
        f"R{n};K{n};{amount};EUR;2024-01-31;2024-03-01;\n" for n, amount in enumerate(amounts, start=1)
    )
    (folder / "kunden.csv").write_text(GERMAN_FIRMS, encoding="utf-8")
    (folder / "rechnungen.csv").write_text(GERMAN_BILLS + rows, encoding="utf-8")
    report = draft(folder)
    assert ('"decimal": ","' in report.text) == ("," in amounts[0])
    (tmp_path / "draft.yaml").write_text(report.text, encoding="utf-8")
    (system,) = systems_of([str(tmp_path / "draft.yaml")], folder)
    import_exports(system.mapping, folder, tmp_path / "book", ALL_TABLES)
    found = pd.read_parquet(tmp_path / "book" / "invoices.parquet").sort_values("invoice_id")
    assert tuple(found["amount"]) == told


def test_thousands_of_an_english_hand_are_no_decimal_comma(tmp_path: Path) -> None:
    rows = "R1;K1;1,234;EUR;2024-01-31;2024-03-01;\nR2;K2;12,345;EUR;2024-01-31;2024-03-01;\n"
    (tmp_path / "kunden.csv").write_text(GERMAN_FIRMS, encoding="utf-8")
    (tmp_path / "rechnungen.csv").write_text(GERMAN_BILLS + rows, encoding="utf-8")
    assert "decimal" not in draft(tmp_path).text


def test_what_no_mapping_fills_is_named_with_what_it_would_add(tmp_path: Path) -> None:
    report = unknown(tmp_path, "spanish")
    assert set(report.missing) == set(ALL_TABLES) - {"accounts", "usage"}
    assert report.missing["tickets"].startswith("17 features: Tickets, No ticket at all")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"id,name,id\n1,a,2\n",
            "allowed: a header in the first line, with a different name for each column",
        ),
        (b"", "allowed: a header in the first line"),
        (b"id,name\n1,a,b,c\n", "line 2 is 'another number of cells'; allowed: 2 cells, as in the header"),
    ],
    ids=["twice", "empty", "ragged"],
)
def test_a_file_that_cannot_be_read_is_told_beside_those_that_can(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    report = unknown(tmp_path, "english")
    assert said in report.as_text()
    assert len(report.systems[0].guesses) == 3


@pytest.mark.parametrize("cell", ["x" * 100_000, "=cmd|' /C calc'!A0", "a\nb # c: {d}", "\ufeff", "\x00"])
def test_hostile_cells_and_headers_stay_data(tmp_path: Path, cell: str) -> None:
    with (tmp_path / "customers.csv").open("w", encoding="utf-16", newline="") as file:
        csv.writer(file).writerows(
            [
                ["customer id", "name", "signup date", cell],
                ["1", cell, "2024-01-01", cell],
                ["2", "b", "2024-01-02", ""],
            ]
        )
    report = draft(tmp_path)
    mapping = yaml.safe_load(report.text)["systems"]["exports"]["mapping"]
    assert mapping["tables"]["accounts"][0]["columns"]["account_id"] == "customer id"
    assert mapping["sources"]["accounts"] == {"file": "customers.csv"}


def test_a_folder_without_exports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFault, match="CSV or Parquet files"):
        draft(tmp_path)
    with pytest.raises(DataFault, match="a folder of exports"):
        draft(tmp_path / "none")


def test_when_a_churn_was_noted_is_drafted_too(tmp_path: Path) -> None:
    rows = ["A-1,2024-09-09,2024-10-04,price,full", "A-2,2025-01-09,2025-01-30,,full"]
    header = "account_id,churned_at,recorded_at,reason,kind"
    (tmp_path / "churns.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    (tmp_path / "accounts.csv").write_text("account_id,created_at\nA-1,2020-01-01\nA-2,2020-01-01\n")
    mapping = yaml.safe_load(draft(tmp_path).text)["systems"]["exports"]["mapping"]
    assert mapping["tables"]["churns"][0]["columns"]["recorded_at"] == "recorded_at"

"""Several systems, one book: whose accounts are one, and what becomes of those that are nobody's."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.faults import DataFault, WrongUse
from features.imports.account_matches import match_accounts
from features.imports.import_report import ImportReport
from features.imports.several_systems import import_systems
from features.imports.systems_file import systems_of
from features.source_checks import check_book
from tests.features.imports.literal_exports import SYSTEMS, write_export
from training.outcome_tables import ALL_TABLES


def united(folder: Path, *systems: str, identity: Path | None = None) -> ImportReport:
    write_export(folder, *systems)
    return import_systems(systems_of(systems, folder), identity, folder / "book", ALL_TABLES)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / "book" / f"{name}.parquet")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    folder = tmp_path_factory.mktemp("everything")
    return folder, united(folder, *SYSTEMS)


def test_seven_systems_make_one_book_that_passes_its_checks(everything: tuple[Path, ImportReport]) -> None:
    folder, _ = everything
    checked = check_book(folder / "book", ALL_TABLES)
    checked.raise_if_fatal()
    assert {t.name for t in checked.report.tables} == set(ALL_TABLES)
    assert sum(t.rejected for t in checked.report.tables) == 0
    assert sorted(table(folder, "accounts").account_id) == ["S1", "S2"]


def test_each_system_says_which_accounts_it_found_by_which_rule(
    everything: tuple[Path, ImportReport],
) -> None:
    _, report = everything
    found = {m.system: (m.accounts, dict(m.by_rule), m.examples) for m in report.matches}
    assert found["zendesk"] == (2, {"map": 0, "external_id": 1, "domain": 0}, ("71",))
    assert found["stripe"] == (3, {"map": 0, "external_id": 1, "domain": 1}, ("cus_3",))
    assert found["hubspot"] == (2, {"map": 0, "external_id": 0, "domain": 1}, ("11",))
    assert found["qualtrics"] == (1, {"map": 0, "external_id": 0, "domain": 1}, ())
    assert found["mixpanel"] == (3, {"map": 0, "external_id": 1, "domain": 1}, ("ghost",))
    assert found["salesforce"][2] == ("S7",)


def test_no_row_is_lost_whose_account_was_not_found(everything: tuple[Path, ImportReport]) -> None:
    folder, report = everything
    listed = pd.read_csv(folder / "book/identity/unmatched.csv", dtype={"key": str})
    assert set(listed.system + " " + listed["key"]) == {
        *("salesforce S7", "zendesk 71", "stripe cus_3", "hubspot 11", "mixpanel ghost")
    }
    kept = {
        path.stem: pd.read_parquet(path).account_id.tolist()
        for path in (folder / "book/identity/rows").iterdir()
    }
    assert kept["zendesk.tickets"] == ["71"]
    assert kept["salesforce.notes"] == ["S7"]
    for match in report.matches:
        parts = [rows for name, rows in kept.items() if name.startswith(match.system)]
        lost = [key for rows in parts for key in rows if key in set(listed["key"])]
        assert len(lost) == match.unmatched_rows, match.system


def test_a_person_of_two_systems_is_one_contact(everything: tuple[Path, ImportReport]) -> None:
    folder, _ = everything
    contacts = table(folder, "contacts")
    assert sorted(set(contacts.contact_id)) == ["C1", "C2", "hubspot:101"]  # Ann is C1, and not told twice
    asked = table(folder, "surveys").set_index("response_id").contact_id
    assert asked["qualtrics:D1-P1-QID1"] == "C1"
    assert asked["zendesk:500-satisfaction"] == "C1"


def test_an_identity_map_decides_what_no_sign_tells(tmp_path: Path) -> None:
    united(tmp_path, "salesforce", "zendesk", "mixpanel")
    listed = pd.read_csv(tmp_path / "book/identity/unmatched.csv", dtype=str)
    listed.loc[listed["key"].isin(["71", "ghost"]), "account_id"] = "S2"
    listed.to_csv(tmp_path / "map.csv", index=False)
    report = united(tmp_path, "salesforce", "zendesk", "mixpanel", identity=tmp_path / "map.csv")
    assert {m.system: m.by_rule["map"] for m in report.matches if not m.leading} == {
        "zendesk": 1,
        "mixpanel": 1,
    }
    tickets = table(tmp_path, "tickets")
    assert set(tickets[tickets.account_id == "S2"].ticket_id) == {"zendesk:502"}
    assert not (tmp_path / "book/identity/rows/zendesk.tickets.parquet").exists()


@pytest.mark.long
def test_the_same_exports_give_the_same_bytes(tmp_path: Path) -> None:
    united(tmp_path, "salesforce", "zendesk", "stripe")
    files = [path for path in (tmp_path / "book").rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    united(tmp_path, "salesforce", "zendesk", "stripe")
    assert {path: path.read_bytes() for path in files} == before


@pytest.mark.long
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("account_id,system\n", "allowed: the columns account_id, system, key"),
        ("account_id,system,key\nS1,zendisk,71\n", "did you mean 'zendesk'?"),
        ("account_id,system,key\nS8,zendesk,71\n", "account_id is 'S8'; allowed: an account of the leading"),
        ("account_id,system,key\nS1,zendesk,71\nS2,zendesk,71\n", "allowed: one account per key of a system"),
    ],
)
def test_an_identity_map_that_cannot_be_meant_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    (tmp_path / "map.csv").write_text(lines)
    with pytest.raises((DataFault, WrongUse), match="identity map") as refused:
        united(tmp_path, "salesforce", "zendesk", identity=tmp_path / "map.csv")
    assert said in str(refused.value)


def test_the_list_of_the_unmatched_is_not_read_where_it_would_be_written_over(tmp_path: Path) -> None:
    united(tmp_path, "salesforce", "zendesk")
    with pytest.raises(WrongUse, match="copy it to another folder"):
        united(tmp_path, "salesforce", "zendesk", identity=tmp_path / "book/identity/unmatched.csv")


def test_a_leading_system_without_accounts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="put the system that holds your accounts first"):
        united(tmp_path, "mixpanel", "salesforce")


def test_the_faults_of_all_systems_are_told_together(tmp_path: Path) -> None:
    write_export(tmp_path, "salesforce", "zendesk", "stripe")
    (tmp_path / "zendesk/ticket.csv").write_text("id,created_at\n1,31st of May\n")
    (tmp_path / "stripe/customer.csv").write_text("id;name\n")
    with pytest.raises(DataFault) as refused:
        import_systems(
            systems_of(["salesforce", "zendesk", "stripe"], tmp_path), None, tmp_path / "b", ALL_TABLES
        )
    assert "zendesk: ticket.csv, column created_at (1 rows) is ['31st of May']" in str(refused.value)
    assert "stripe: customer.csv, header is \"cells separated by ';'\"" in str(refused.value)
    assert not (tmp_path / "b").exists()


SIGNS = st.sampled_from(["a.com", "b.com", "c.com", "gmail.com", None])
ROWS = st.lists(st.tuples(st.sampled_from("pqrs"), SIGNS, SIGNS), max_size=8)


@given(ROWS, ROWS)
def test_two_candidates_are_never_decided_between(
    lead_rows: list[tuple[str, ...]], rows: list[tuple[str, ...]]
) -> None:
    columns = ["key", "external_id", "domain"]
    lead = pd.DataFrame(lead_rows, columns=columns, dtype=object)
    signs = pd.DataFrame(rows, columns=columns, dtype=object)
    keys = sorted(set(signs["key"]))
    for row in match_accounts(keys, signs, lead, {}).to_dict("records"):
        assert (row["account_id"] is None) == (row["why"] is not None)
        if row["rule"] == "domain":
            own = set(signs[signs["key"] == row["key"]]["domain"].dropna()) - {"gmail.com"}
            assert set(lead[lead["domain"].isin(own)]["key"]) == {row["account_id"]}

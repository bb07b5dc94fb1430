"""The layouts of seven systems: what each export comes to be in the canonical tables, row by row."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.imports.derivations.job_titles import role_periods
from features.imports.import_report import ImportReport
from features.imports.run import import_exports
from features.imports.several_systems import import_systems
from features.imports.systems_file import systems_of
from features.source_checks import check_book
from tests.features.imports.literal_exports import SYSTEMS, write_export
from training.outcome_tables import ALL_TABLES

LAYOUTS = Path(__file__).resolve().parents[3] / "../shared/data/layouts"


Imported = Callable[[str], tuple[Path, ImportReport]]


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    """The book of a system's literal export and what its import said, made once."""

    @cache
    def book_of(system: str) -> tuple[Path, ImportReport]:
        folder = write_export(tmp_path_factory.mktemp(system), system)
        return folder / "book", import_exports(system, folder / system, folder / "book", ALL_TABLES)

    return book_of


def rows(book: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Rows as tuples: times as dates and hours, nothing as None."""
    frame = pd.read_parquet(book / f"{table}.parquet")
    for name in frame.select_dtypes("datetimetz"):
        frame[name] = frame[name].dt.strftime("%m-%d %Hh")
    told = frame[list(columns)].astype(object)
    return list(told.where(told.notna(), None).itertuples(index=False, name=None))


def said(report: ImportReport) -> str:
    return "\n".join(str(remark) for remark in report.remarks)


def test_a_zendesk_ticket_that_is_reopened_is_a_row_of_its_own_from_then_on(imported: Imported) -> None:
    book, report = imported("zendesk")
    columns = ("ticket_id", "account_id", "kind", "severity", "opened_at", "first_response_at")
    assert rows(book, "tickets", *columns, "resolved_at", "contacts_to_resolve", "reopened") == [
        ("500", "70", "bug", "medium", "05-01 08h", "05-01 09h", "05-02 08h", 1.0, False),
        ("500#2", "70", "bug", "critical", "05-10 08h", "06-15 08h", "06-15 08h", 2.0, True),
        ("501", "70", "question", "medium", "05-05 08h", None, None, None, False),
        ("502", "71", "question", "medium", "05-05 08h", None, "05-06 08h", None, False),
    ]
    assert "no status history: resolved_at is updated_at, the latest it can have been: 502" in said(report)


def test_a_zendesk_rating_is_asked_when_offered_and_answered_when_first_rated(imported: Imported) -> None:
    book, _ = imported("zendesk")
    columns = (
        "response_id",
        "contact_id",
        "kind",
        "score",
        "scale_max",
        "comment",
        "sent_at",
        "responded_at",
    )
    assert rows(book, "surveys", *columns) == [
        ("500-satisfaction", "2", "csat", 0.0, 1.0, "Not fixed", "05-03 08h", "05-03 09h")
    ]


def test_a_salesforce_account_is_as_first_written_and_its_owner_has_a_name(imported: Imported) -> None:
    book, report = imported("salesforce")
    assert rows(book, "accounts", "account_id", "segment", "owner", "created_at") == [
        ("S1", "SMB", "Mira Stone", "01-10 08h"),
        ("S2", "SMB", "Mira Stone", "02-01 08h"),
    ]
    assert "left out: 1 row of account.csv, a deleted account: S9" in said(report)
    assert "no account history: industry, country and type as they stand in the export: S2" in said(report)


def test_a_salesforce_renewal_is_a_row_per_change_of_its_history(imported: Imported) -> None:
    book, report = imported("salesforce")
    assert rows(book, "renewals", "contract_id", "status", "renewal_at", "changed_at") == [
        ("O1", "open", "01-15 00h", "10-01 00h"),
        ("O1", "at_risk", "01-15 00h", "12-01 00h"),
        ("O1", "at_risk", "01-31 00h", "12-20 00h"),
        ("O1", "renewed", "01-31 00h", "01-20 00h"),
        ("O2", "churned", "03-01 00h", "03-02 00h"),
    ]
    assert "no history: the stage is known only from its last change on: O2" in said(report)
    assert "an opportunity that neither type nor name calls a renewal: O3" in said(report)
    assert rows(book, "churns", "account_id", "churned_at", "recorded_at") == [
        ("S2", "03-01 00h", "03-02 00h")
    ]


def test_a_salesforce_contact_changes_role_when_the_title_changed(imported: Imported) -> None:
    book, report = imported("salesforce")
    assert rows(book, "contacts", "contact_id", "role", "valid_from", "valid_to") == [
        ("C1", "decision_maker", "02-01 00h", None),
        ("C1", "manager", "01-12 00h", "02-01 00h"),
        ("C2", "user", "01-12 00h", None),
    ]
    assert "no job title that tells a role: counted as user: C2" in said(report)


def roles(versions: list[tuple[str | None, ...]]) -> list[tuple[str | None, ...]]:
    """Account, role and period of the versions (account, title, since) of one contact."""
    names = ("account_id", "title", "since")
    frame = pd.DataFrame(versions, columns=names, dtype=object)
    table = ibis.memtable(frame, schema=dict.fromkeys(names, "string"))
    nobody, never = ibis.literal("P"), ibis.null("timestamp('UTC')")
    table = table.mutate(since=table.since.cast("timestamp('UTC')"), contact_id=nobody, created_at=never)
    told = role_periods(table).filter(lambda t: t.left_out.isnull()).order_by("valid_from")
    days = {name: told[name].strftime("%Y-%m-%d") for name in ("valid_from", "valid_to")}
    found = told.select("account_id", "role", **days).to_pyarrow().to_pylist()
    return [tuple(row.values()) for row in found]


def roles_by_hand(versions: list[tuple[str | None, ...]]) -> list[tuple[str | None, ...]]:
    """The same, told by walking from version to version."""
    said = {"CEO": "decision_maker", "CFO": "finance"}
    steps = [(account, said[str(title)], since) for account, title, since in versions]
    new = [step for n, step in enumerate(steps) if n == 0 or steps[n - 1][:2] != step[:2]]
    ends = [*(step[2] for step in new[1:]), None]
    return [(*step, end) for step, end in zip(new, ends, strict=True) if step[0] is not None]


def test_a_salesforce_contact_who_changes_company_has_left_the_first() -> None:
    assert roles([("A", "CEO", "2024-02-01"), ("B", "CEO", "2026-03-01")]) == [
        ("A", "decision_maker", "2024-02-01", "2026-03-01"),
        ("B", "decision_maker", "2026-03-01", None),
    ]


STEPS = st.tuples(st.sampled_from(["A", "B", None]), st.sampled_from(["CEO", "CFO"]))


@given(st.lists(STEPS, min_size=1, max_size=6))
@settings(max_examples=15, deadline=None)
def test_periods_are_those_that_one_tells_by_walking_from_version_to_version(steps: list[Any]) -> None:
    versions = [(*step, f"2024-01-{day:02}") for day, step in enumerate(steps, start=1)]
    assert roles(versions) == roles_by_hand(versions)


def test_a_salesforce_task_is_known_when_it_was_last_written(imported: Imported) -> None:
    book, _ = imported("salesforce")
    assert rows(book, "notes", "note_id", "kind", "happened_at", "recorded_at", "text")[0] == (
        *("N1", "qbr", "12-05 00h", "12-09 09h"),
        "QBR with Acme\nThey look at a competitor",
    )


def test_a_hubspot_deal_is_a_row_per_stage_and_per_move_of_its_date(imported: Imported) -> None:
    book, report = imported("hubspot")
    assert rows(book, "renewals", "contract_id", "status", "renewal_at", "changed_at") == [
        ("7", "open", "01-15 00h", "10-01 00h"),
        ("7", "committed", "01-15 00h", "12-01 00h"),
        ("7", "committed", "02-01 00h", "12-24 00h"),
        ("7", "renewed", "02-01 00h", "01-20 00h"),
    ]
    assert "a deal that neither type, pipeline nor name calls a renewal: 8" in said(report)


def test_hubspot_contacts_have_the_roles_of_their_titles_and_engagements_are_notes(
    imported: Imported,
) -> None:
    book, report = imported("hubspot")
    assert rows(book, "contacts", "contact_id", "role") == [
        ("100", "finance"),
        ("101", "it_manager"),
    ]
    assert "a contact of no account: 102" in said(report)
    assert rows(book, "notes", "note_id", "kind", "happened_at", "recorded_at", "text") == [
        ("900-10", "crm_note", "08-01 00h", "09-01 00h", "Sponsor left"),
        ("901-10", "qbr", "09-15 00h", "09-15 00h", "QBR autumn\nAll good"),
    ]
    assert "an engagement of no company: 902" in said(report)


def test_a_stripe_subscription_is_a_row_per_version_with_its_revenue(imported: Imported) -> None:
    book, report = imported("stripe")
    columns = ("subscription_id", "product", "seats", "mrr", "currency", "ends_at", "changed_at")
    assert rows(book, "subscriptions", *columns) == [
        ("sub_1", "Team", 10.0, 1000.0, "eur", None, "01-20 00h"),
        ("sub_1", "Team", 20.0, 2000.0, "eur", None, "09-01 00h"),
        ("sub_2", "Team", None, None, "jpy", None, "02-02 00h"),
        ("sub_2", "Team", None, None, "jpy", "03-01 00h", "03-01 00h"),
    ]
    assert "seats and price are known only from the export on: sub_2" in said(report)
    assert rows(book, "churns", "account_id", "churned_at") == [("cus_2", "03-01 00h")]


def test_a_stripe_invoice_is_paid_when_it_was_paid_and_never_by_guess(imported: Imported) -> None:
    book, report = imported("stripe")
    assert rows(book, "invoices", "invoice_id", "amount", "due_at", "paid_at") == [
        ("in_1", 1200.5, "03-02 00h", "03-10 00h"),
        ("in_2", 50.0, "03-01 00h", "03-03 00h"),
        ("in_3", 5000.0, "03-31 00h", None),
    ]
    assert "a paid invoice without a time of payment, which may have been any: in_4" in said(report)


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("eur", 12.34), ("JPY", 1234.0), ("kwd", 1.234), ("BHD", 1.234), ("tnd", 1.234), (None, 12.34)],
)
def test_an_amount_of_stripe_is_in_the_smallest_unit_of_its_currency(
    tmp_path: Path, currency: str | None, amount: float
) -> None:
    (tmp_path / "customer.csv").write_text("id,created\nc,2024-01-01\n", encoding="utf-8")
    lines = f"id,customer_id,currency,created,total\ni,c,{currency or ''},2024-02-01,1234\n"
    (tmp_path / "invoice.csv").write_text(lines, encoding="utf-8")
    import_exports("stripe", tmp_path, tmp_path / "book", ALL_TABLES)
    assert rows(tmp_path / "book", "invoices", "amount") == [(amount,)]


def test_qualtrics_tells_whom_it_asked_and_turns_effort_round(imported: Imported) -> None:
    book, report = imported("qualtrics")
    columns = (
        "response_id",
        "account_id",
        "kind",
        "touchpoint",
        "score",
        "scale_max",
        "comment",
        "responded_at",
    )
    assert rows(book, "surveys", *columns) == [
        ("D1-P1-QID1", "acme.com", "nps", "relational", 3.0, 10.0, "Too dear", "06-02 08h"),
        ("D1-P2-QID1", "acme.com", "nps", "relational", None, 10.0, None, None),
        ("R2-QID2", "acme.com", "ces", "onboarding_completed", 2.0, 7.0, None, "07-01 08h"),
    ]
    assert "a survey whose name tells no touchpoint: R3-QID3" in said(report)
    assert "read as higher is harder, and turned round: R2-QID2" in said(report)


def test_pendo_events_have_the_visitors_account_and_are_counted_once(imported: Imported) -> None:
    book, report = imported("pendo")
    columns = ("account_id", "user_id", "module", "feature", "quantity")
    assert sorted(rows(book, "usage", *columns), key=str) == [
        ("pa", "v1", "Dashboard", None, 2.0),
        ("pa", "v1", "Reports", "Export as CSV", 3.0),
        ("pa", "v2", "Reports", "Export as CSV", 1.0),
    ]
    assert "an event of a visitor without an account: v3" in said(report)
    assert rows(book, "surveys", "contact_id", "score") == [("v2", 9.0)]


def test_a_mixpanel_event_belongs_to_the_account_it_names_and_counts_once(imported: Imported) -> None:
    book, report = imported("mixpanel")
    assert rows(book, "usage", "account_id", "user_id", "feature") == [
        ("acme.com", "dan@acme.com", "Login"),
        ("ext-2", "u1", "Export"),
        ("ghost", "ghost", "Login"),
    ]
    assert "an event that was sent twice" in said(report)
    assert "names no account: only its person: ghost" in said(report)


@pytest.mark.long
@pytest.mark.skipif(not LAYOUTS.is_dir(), reason="the layouts in ../shared/data are not there")
def test_the_exports_of_real_connectors_make_a_book_that_passes_its_checks(tmp_path: Path) -> None:
    words = [f"{name}=fivetran_{name}" for name in SYSTEMS]
    report = import_systems(systems_of(words, LAYOUTS), None, tmp_path / "book", ALL_TABLES)
    check_book(tmp_path / "book", ALL_TABLES).raise_if_fatal()
    unmapped = [notice for notice in report.notices if notice.field.endswith("new column")]
    assert len(unmapped) > 1000
    assert {match.system: match.unmatched for match in report.matches}["zendesk"] == 18

"""Each trick is seen where it was played, on a handful of rows, and chance is told for what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.gaming.begged_answers import begged_answers
from features.gaming.detectors import KINDS, all_opportunities
from features.gaming.filtered_questions import filtered_questions, timed_questions
from features.gaming.inflated_answers import inflated_answers
from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities
from features.gaming.permuted_accounts import chance_of
from features.gaming.pinged_logins import pinged_logins
from features.gaming.reopened_tickets import reopened_tickets
from features.source_tables import SOURCE_TABLES
from features.warehouse import Warehouse, literal_table, warehouse

AS_OF = pd.Timestamp("2026-07-01", tz="UTC")
SINCE = AS_OF - pd.Timedelta(days=365)
NPS = {"kind": "nps", "touchpoint": "relational", "scale_min": 0, "scale_max": 10}


def book(**tables: list[dict[str, Any]]) -> Warehouse:
    accounts = [
        {"account_id": a, "owner": f"csm-{a}", "segment": "smb", "created_at": "2024-01-01"} for a in "AB"
    ]
    rows = {"accounts": accounts, **tables}
    return warehouse({name: literal_table(SOURCE_TABLES[name], found) for name, found in rows.items()})


def answer(
    number: int, at: str, score: float | None, account: str = "A", contact: str = "P"
) -> dict[str, Any]:
    sent = str(pd.Timestamp(at) - pd.Timedelta(hours=1))
    told = {"responded_at": at if score is not None else None, "score": score}
    return {
        **NPS,
        "response_id": f"R{number}",
        "account_id": account,
        "contact_id": contact,
        "sent_at": sent,
        **told,
    }


def told(found: Opportunities) -> dict[str, bool]:
    return dict(zip(found.rows["record"], found.rows["suspicious"], strict=True))


def test_an_answer_counts_as_begged_only_after_the_accounts_own_csm_was_in_touch() -> None:
    call = {"account_id": "A", "kind": "call", "happened_at": "2026-03-01", "text": "x"}
    notes = [{**call, "note_id": "N1", "author": "csm-A"}, {**call, "note_id": "N2", "author": "other"}]
    notes[1]["happened_at"] = "2026-05-01"
    surveys = [
        answer(1, "2026-03-03", 10),
        answer(2, "2026-03-04", 7),
        answer(3, "2026-03-04T00:01", 9),
        answer(4, "2026-05-02", 9),
        answer(5, "2026-02-27", 9),
    ]
    found = begged_answers(KnownTables.of(book(surveys=surveys, notes=notes), AS_OF), SINCE)
    assert told(found) == {"R1": True, "R2": False}
    assert found.rows["expected"].between(0, 1).all()


def test_who_answered_six_and_is_passed_over_is_left_out_and_who_left_is_not() -> None:
    listed = {"account_id": "A", "role": "user", "valid_from": "2025-01-01"}
    contacts = [{**listed, "contact_id": c, "valid_to": "2026-02-01" if c == "S" else None} for c in "PQRS"]
    surveys = [
        *(
            answer(n, "2026-01-01", score, contact=c)
            for n, (c, score) in enumerate(zip("PQRS", (6, 7, 2, 1), strict=True))
        ),
        answer(5, "2026-04-01T12:00", None, contact="Q"),
        answer(6, "2026-04-01T12:00", None, contact="R"),
    ]
    found = filtered_questions(KnownTables.of(book(surveys=surveys, contacts=contacts), AS_OF), SINCE)
    after = found.rows[found.rows["at"] == pd.Timestamp("2026-04-01", tz="UTC")]
    assert dict(zip(after["record"], after["suspicious"], strict=True)) == {"P": True, "R": False}


def test_a_question_is_well_timed_where_nothing_severe_is_open() -> None:
    tickets = [{"ticket_id": "T", "account_id": "A", "kind": "bug", "severity": "critical", "text": "x"}]
    tickets[0] |= {"opened_at": "2026-01-01", "resolved_at": "2026-03-01", "reopened": False}
    surveys = [answer(1, "2026-02-01", 8), answer(2, "2026-04-01", 8)]
    found = timed_questions(KnownTables.of(book(surveys=surveys, tickets=tickets), AS_OF), SINCE)
    assert told(found) == {"R1": False, "R2": True}
    assert found.rows["expected"].iloc[0] == pytest.approx(1 - 59 / 365)


def test_answers_before_payday_are_held_against_the_others_of_the_account() -> None:
    surveys = [answer(1, "2026-03-18", 9), answer(2, "2026-03-17", 9), answer(3, "2026-04-01", 3)]
    known = KnownTables.of(book(surveys=surveys), AS_OF)
    found = inflated_answers(known, SINCE, ("03-31",), 14)
    assert told(found) == {"R1": True}
    assert found.rows["expected"].iloc[0] == pytest.approx((1 + 4 * 0.5) / (2 + 4))


def test_a_ping_is_one_event_of_one_unit_on_a_day() -> None:
    use = {"account_id": "A", "module": "core", "feature": "login", "quantity": 1.0}
    usage = [
        {**use, "user_id": "U1", "occurred_at": "2026-06-20"},
        {**use, "user_id": "U2", "occurred_at": "2026-06-20"},
        {**use, "user_id": "U2", "occurred_at": "2026-06-20T05:00"},
        {**use, "user_id": "U3", "occurred_at": "2026-06-20", "quantity": 4.0},
    ]
    found = pinged_logins(KnownTables.of(book(usage=usage), AS_OF))
    assert told(found) == {"U1@2026-06-20": True, "U2@2026-06-20": False, "U3@2026-06-20": False}


def test_a_ticket_came_back_where_it_or_its_contact_did_within_three_days() -> None:
    ticket = {"account_id": "A", "kind": "bug", "severity": "low", "text": "x", "reopened": False}
    rows = [
        ("T1", "P", "01", "02"),
        ("T2", "P", "04", "05"),
        ("T3", "P", "09", "10"),
        ("T4", "Q", "10", "11"),
    ]
    tickets = [
        {
            **ticket,
            "ticket_id": t,
            "contact_id": c,
            "opened_at": f"2026-06-{a}",
            "resolved_at": f"2026-06-{b}",
        }
        for t, c, a, b in rows
    ]
    tickets[2]["reopened"] = True
    found = reopened_tickets(KnownTables.of(book(tickets=tickets), AS_OF), SINCE)
    assert told(found) == {"T1": True, "T2": False, "T3": True, "T4": False}


def test_what_is_known_later_takes_no_part_and_an_empty_book_asks_nothing() -> None:
    late = [answer(1, "2026-07-02", 10), answer(2, "2026-03-18", 9) | {"recorded_at": "2026-07-01"}]
    found = all_opportunities(book(surveys=late), AS_OF, 365, ("03-31", "07-03"), 14)
    assert [one.kind for one in found] == list(KINDS)
    assert not any(one.rows["suspicious"].any() for one in found if one.kind != "timed")
    assert all(one.rows.empty for one in all_opportunities(book(), AS_OF, 365, ("03-31",), 14))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 40), st.integers(0, 3))
def test_the_curve_agrees_with_dealing_the_accounts_out(seed: int, mine: int, skew: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(0, 0.3 * skew, 120)) if skew else rng.normal(0, 1, 120)
    segment = np.where(np.arange(120) % 3 == 0, "a", "b")
    owner = np.where(np.arange(120) < mine, "x", "y")
    names = [f"A{i}" for i in range(120)]
    accounts = pd.DataFrame({"account_id": names, "owner": owner, "segment": segment})
    found = chance_of(pd.Series(values, index=names), accounts).loc["x"]
    draws = np.zeros(4_000)
    for part in ("a", "b"):
        of_part = values[segment == part]
        count = int(((segment == part) & (owner == "x")).sum())
        draws += rng.permuted(np.tile(of_part, (4_000, 1)), axis=1)[:, :count].sum(axis=1)
    dealt = (draws >= found["excess"] - 1e-12).mean()
    assert found["p_value"] == pytest.approx(dealt, abs=0.03 + 0.25 * dealt)


def test_where_chance_leaves_no_room_nobody_stands_out() -> None:
    accounts = pd.DataFrame({"account_id": ["A", "B"], "owner": "x", "segment": "s"})
    assert chance_of(pd.Series({"A": 3.0, "B": 9.0}), accounts)["p_value"].tolist() == [1.0]

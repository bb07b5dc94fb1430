"""The evidence of a feature is what it was computed from: enough to compute it again, and nothing else.

Many small books are laid side by side in one: the records of an account for a feature are an account of
their own, so that one snapshot tells of all features.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pytest

from features.catalog import load_catalog
from features.evidence import evidence, tables_behind
from features.evidence_of_words import TEXT_OF
from features.evidence_rows import Records
from features.snapshot import build_snapshot
from features.source_tables import SOURCE_TABLES
from features.warehouse import Warehouse
from tests.features.future_actions import another_future
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.features.other_futures import known_at, later_known_at, warehouse_of_frames
from tests.features.random_books import Frames, random_frames
from training.text_signal import hearing, texts_of

NAMES = [feature.name for feature in load_catalog(PARAMS.windows)]
HALF_WIDTH = "nps_account_half_width_365d"  # its prior is how others of the segment answer
LICENSED = [name for name in NAMES if "subscriptions" in tables_behind(name, PARAMS)]
LEARNED = [feature.name for feature in load_catalog(PARAMS.windows) if feature.learned]  # made in training
FREE = [name for name in NAMES if name not in (*LICENSED, *LEARNED, HALF_WIDTH)]
IDS = ("contact_id", "response_id", "ticket_id", "note_id", "invoice_id", "subscription_id")

# Features that add something up for each record: leaving out any one of them changes the value.
COUNTED = {feature.name for feature in load_catalog(PARAMS.windows) if feature.unit == "mentions"}
COUNTED |= {"nps_answers_365d", "questions_asked_365d", "questions_to_decision_maker_365d", "days_to_renewal"}
COUNTED |= {"overdue_invoices", "tickets_90d", "open_tickets", "open_critical_tickets", "ticket_severity_90d"}
PRODUCTS = ("praise_while_use_falls_30d", "friendly_notes_while_use_falls_30d")  # 0 where one factor is
CONTEXT = {"contacts", "accounts"}  # who held which role, and since when there is an account


@pytest.fixture(scope="module")
def book() -> Frames:
    frames = random_frames(np.random.default_rng(5), AS_OF)
    states = frames["subscriptions"]  # one that leaves for another account is no record of this one
    ids = states["account_id"] + " " + states["subscription_id"]
    return {**frames, "subscriptions": states.assign(subscription_id=ids)}


@pytest.fixture(scope="module")
def source(book: Frames) -> Warehouse:
    return warehouse_of_frames(book)


@pytest.fixture(scope="module")
def rows(source: Warehouse) -> pd.DataFrame:
    return build_snapshot(source, [AS_OF], PARAMS).set_index("account_id")


@pytest.fixture(scope="module")
def accounts(rows: pd.DataFrame) -> list[str]:
    return sorted(rows.index)


@pytest.fixture(scope="module")
def found(source: Warehouse, accounts: list[str]) -> dict[str, Records]:
    return evidence(source, accounts, AS_OF, NAMES, PARAMS)


def part_of(frames: Mapping[str, pd.DataFrame], name: str) -> Frames:
    """The rows with every id made another one, so that the book can stand beside others."""
    own = {}
    for table, frame in frames.items():
        keys = [key for key in (*IDS, "account_id") if key in frame]
        own[table] = frame.assign(**{key: frame[key] + f" {name}" for key in keys})
    return own


def beside(parts: Iterable[Frames], tables: Iterable[str]) -> Warehouse:
    listed = list(parts)
    return warehouse_of_frames(
        {table: pd.concat([part[table] for part in listed if table in part]) for table in tables}
    )


def behind(book: Frames, found: Mapping[str, Records], accounts: list[str], name: str) -> Frames:
    """A book of nothing but the records behind a feature; that there is an account is no evidence."""
    own = book["accounts"][["account_id", "created_at", "recorded_at"]]
    read = tables_behind(name, PARAMS)
    if "accounts" not in read:
        own = own.assign(created_at=AS_OF - pd.Timedelta(days=1), recorded_at=pd.NaT)
    records = {table: found[table].of(name) for table in read if table != "accounts"}
    return {"accounts": own[own["account_id"].isin(accounts)], **records}


def values(rows: pd.DataFrame, accounts: list[str], name: str, part: str) -> np.ndarray:
    return rows.loc[[f"{account} {part}" for account in accounts], name].to_numpy()


def test_every_feature_of_the_catalogue_has_evidence() -> None:
    assert [name for name in NAMES if not tables_behind(name, PARAMS)] == []


@pytest.mark.parametrize("names", [LICENSED, FREE], ids=["measured against the contract", "all others"])
def test_a_book_of_nothing_but_the_records_gives_the_feature_the_same_bits(
    book: Frames, found: dict[str, Records], rows: pd.DataFrame, accounts: list[str], names: list[str]
) -> None:
    parts = [part_of(behind(book, found, accounts, name), name) for name in names]
    tables = {table for part in parts for table in part}
    again = build_snapshot(beside(parts, sorted(tables)), [AS_OF], PARAMS).set_index("account_id")
    wrong = [
        name
        for name in names
        if values(again, accounts, name, name).tobytes() != rows.loc[accounts, name].to_numpy().tobytes()
    ]
    assert wrong == []


def test_the_half_width_needs_the_records_of_the_whole_segment(
    book: Frames, found: dict[str, Records], rows: pd.DataFrame, accounts: list[str]
) -> None:
    records = {table: found[table].of(HALF_WIDTH) for table in tables_behind(HALF_WIDTH, PARAMS)}
    again = build_snapshot(warehouse_of_frames(records), [AS_OF], PARAMS).set_index("account_id")
    assert (
        again.loc[accounts, HALF_WIDTH].to_numpy().tobytes()
        == rows.loc[accounts, HALF_WIDTH].to_numpy().tobytes()
    )


def without_one_each(frames: Frames, name: str, most: int = 24) -> dict[tuple[str, str, str], Frames]:
    """For some records of each table behind a feature: the account's book without that record.

    By account, table and a name of its own; spread over the accounts, at most `most` of a table.
    """
    found = {}
    for table, frame in frames.items():
        if table in CONTEXT:
            continue
        for place in range(0, len(frame), 1 + len(frame) // most):
            account = frame["account_id"].iloc[place]
            own = {each: rows[rows["account_id"] == account] for each, rows in frames.items()}
            own[table] = own[table].drop(frame.index[place])
            part = f"{name} {table} {place}"
            found[account, table, part] = part_of(own, part)
    return found


@pytest.mark.parametrize("names", [LICENSED, FREE], ids=["measured against the contract", "all others"])
def test_no_record_is_shown_that_does_not_count(
    book: Frames, found: dict[str, Records], rows: pd.DataFrame, accounts: list[str], names: list[str]
) -> None:
    cases = {name: without_one_each(behind(book, found, accounts, name), name) for name in names}
    parts = [part for of_name in cases.values() for part in of_name.values()]
    again = build_snapshot(beside(parts, sorted({t for part in parts for t in part})), [AS_OF], PARAMS)
    again = again.set_index("account_id")
    changed: dict[tuple[str, str], list[bool]] = {}
    for name, of_name in cases.items():
        for account, table, part in of_name:
            value = again[name].get(f"{account} {part}")  # without its subscription it is no customer
            same = value is not None and np.array_equal([value], [rows.loc[account, name]], equal_nan=True)
            changed.setdefault((name, table), []).append(not same)
    idle = [(name, table) for (name, table), each in changed.items() if not any(each)]
    assert [key for key in idle if key[0] not in PRODUCTS] == []
    assert [key for key, each in changed.items() if key[0] in COUNTED and not all(each)] == []


def test_the_texts_behind_the_learned_signal_are_those_that_it_hears(
    source: Warehouse, found: dict[str, Records], accounts: list[str]
) -> None:
    rows, texts = pd.DataFrame({"account_id": accounts, "as_of": AS_OF}), texts_of(source)
    heard = hearing(rows, texts, PARAMS.windows.half_year, PARAMS.text_half_life)
    said = texts.iloc[heard.text][["account_id", "text"]].to_numpy().tolist()
    [name] = LEARNED
    shown = [
        row
        for table, column in TEXT_OF.items()
        for row in found[table].of(name)[["account_id", column]].to_numpy().tolist()
    ]
    assert len(said) > 50
    assert sorted(shown) == sorted(said)


def test_the_records_are_the_same_whatever_comes_later(
    book: Frames, found: dict[str, Records], accounts: list[str]
) -> None:
    other = warehouse_of_frames(another_future(book, AS_OF, np.random.default_rng(3)))
    again = evidence(other, accounts, AS_OF, NAMES, PARAMS)
    for table, records in found.items():
        assert again[table].spans == records.spans
        assert again[table].left_out == records.left_out
        if table == "usage":  # its rows have no key, and no order beyond what they say
            order = list(records.rows.columns)
            pd.testing.assert_frame_equal(
                records.rows.sort_values(order, ignore_index=True),
                again[table].rows.sort_values(order, ignore_index=True),
            )
        else:
            pd.testing.assert_frame_equal(records.rows, again[table].rows)
            pd.testing.assert_frame_equal(records.behind, again[table].behind)


def test_nothing_is_shown_that_was_not_known_then(found: dict[str, Records]) -> None:
    for table, records in found.items():
        schema = SOURCE_TABLES[table]
        assert len(records.rows) > 5
        assert (known_at(schema, records.rows) < AS_OF).all()
        for later in schema.later:
            assert not (later_known_at(schema, records.rows, later) >= AS_OF).any()


def test_an_account_alone_has_the_records_that_it_has_among_all(
    source: Warehouse, found: dict[str, Records], accounts: list[str]
) -> None:
    alone = evidence(source, accounts[2:3], AS_OF, NAMES, PARAMS)
    for table, records in alone.items():
        among = found[table].rows["account_id"] == accounts[2]
        assert records.rows.equals(found[table].rows[among].reset_index(drop=True))
        assert records.behind.equals(found[table].behind[among].reset_index(drop=True))


def test_the_roll_ups_of_use_add_up_to_the_rows(
    source: Warehouse, found: dict[str, Records], accounts: list[str]
) -> None:
    rolled = evidence(source, accounts, AS_OF, NAMES, PARAMS, roll_up=True)
    assert "usage" not in rolled
    raw, days = found["usage"].of("events_change_30d"), rolled["usage_by_day"].of("events_change_30d")
    assert days["records"].sum() == len(raw) > 50
    assert days["events"].sum() == pytest.approx(raw["quantity"].sum())
    people = rolled["usage_by_user"].of("active_users_30d").groupby("account_id").size()
    assert people.equals(
        found["usage"].of("active_users_30d").groupby("account_id")["user_id"].nunique().rename(None)
    )
    used = found["usage"].of("modules_used_share_30d").groupby("account_id")["module"].nunique()
    modules = rolled["usage_by_module"].of("modules_used_share_30d").groupby("account_id").size()
    assert modules.equals(used.rename(None))


def records(case: Case, name: str) -> dict[str, Records]:
    return evidence(literal_warehouse(case), [case.says], AS_OF, [name], PARAMS)


def test_a_payment_still_to_come_is_blank_and_an_answer_too() -> None:
    invoices = [{"issued_at": at(60), "due_at": at(30), "paid_at": at(0)}]
    surveys = [{"sent_at": at(20), "responded_at": at(0), "score": 3, "comment": "too slow"}]
    case = Case("A", {"invoices": invoices, "surveys": surveys})
    [invoice] = records(case, "overdue_invoices")["invoices"].rows.to_dict("records")
    [answer] = records(case, "response_rate_365d")["surveys"].rows.to_dict("records")
    assert pd.isna(invoice["paid_at"])
    assert pd.isna(answer["score"])
    assert pd.isna(answer["comment"])


def test_only_the_latest_answer_of_each_contact_of_the_role_is_shown_and_who_held_it() -> None:
    contacts = [
        {"contact_id": "ann", "role": "decision_maker"},
        {"contact_id": "bob", "role": "user"},
        {"contact_id": "ann", "role": "user", "valid_from": at(10)},
    ]
    surveys = [
        {
            "response_id": f"{who} {age}",
            "contact_id": who,
            "sent_at": at(age + 1),
            "responded_at": at(age),
            "score": 9,
        }
        for who, age in (("ann", 200), ("ann", 40), ("bob", 30))
    ]
    case = Case("A", {"contacts": contacts, "surveys": surveys})
    found = records(case, "nps_decision_maker_365d")
    assert found["surveys"].rows["response_id"].tolist() == ["ann 40"]
    assert found["contacts"].rows[["contact_id", "role"]].values.tolist() == [["ann", "decision_maker"]]


def test_a_note_shows_the_very_words_and_what_is_left_out_is_counted() -> None:
    told = [
        "They are piloting another platform. No competitor was named.",
        "没有考虑其他供应商",
        "All is well.",
    ]
    notes = [{"note_id": f"N-{n}", "happened_at": at(n + 2), "text": text} for n, text in enumerate(told)]
    found = records(Case("A", {"notes": notes}), "note_competitor_180d")["notes"]
    assert found.rows["note_id"].tolist() == ["N-0"]
    themes = [span for span in found.spans[0] if span.theme]
    assert [(told[0][s.start : s.end], s.left_out) for s in themes] == [
        ("another platform", None),
        ("competitor", "negated"),
    ]
    assert found.left_out == {("A", "note_competitor_180d", "negated"): 1}


def test_a_table_that_the_book_lacks_is_left_out_and_an_empty_one_is_there() -> None:
    whole = literal_warehouse(Case("A", {}))
    assert evidence(whole, ["A"], AS_OF, ["open_tickets"], PARAMS)["tickets"].rows.empty
    without = Warehouse({name: table for name, table in whole.tables.items() if name != "tickets"})
    assert evidence(without, ["A"], AS_OF, ["open_tickets"], PARAMS) == {}


def test_an_account_without_records_has_none_but_its_own_and_its_contract() -> None:
    found = evidence(literal_warehouse(Case("A", {})), ["A"], AS_OF, NAMES, PARAMS)
    assert {table for table, shown in found.items() if len(shown.rows)} == {"accounts", "subscriptions"}

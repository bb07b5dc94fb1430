from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from features.params import BandLimits
from serving.closed_loop.book_people import people_of
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import book_accounts, book_contacts, cases, settled_bands
from serving.closed_loop.case_triggers import Trigger
from serving.closed_loop.cases import Step, take_step
from serving.closed_loop.playbooks_read import read_playbooks
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from tests.serving import fake_scorer

START = datetime(2026, 1, 1, tzinfo=UTC)


def scored(health: float, account: str = "A-1", points: float = -20.0) -> ScoredAccount:
    band = "green" if health >= 85 else "yellow" if health >= 60 else "red"
    driver = {"feature": "overdue_invoices", "family": "payment", "points": points, "actionable": True}
    payload = {
        "account_id": account,
        "health": health,
        "band": band,
        "drivers": [driver | {"text": {"en": "late", "zh": "迟"}}],
        "pillar_points": {"commercial": points, "voice": None, "usage": 1.0},
    }
    return ScoredAccount({"name": "Acme", "owner": "csm-1", "director": "d", "vp": "v"}, payload)


def publish(
    store: ScoreStore,
    day: int,
    *accounts: ScoredAccount,
    newest: Mapping[str, Mapping[str, pd.Timestamp]] | None = None,
    features: Mapping[str, Mapping[str, float]] | None = None,
    paths: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    now = START + timedelta(days=day)
    params = CaseParams()
    trigger = Trigger(
        params, BandLimits(), read_playbooks(), now, None, newest or {}, features or {}, paths or {}
    )
    store.publish_snapshot(
        accounts,
        as_of=now,
        published_at=now,
        model=fake_scorer.MODEL,
        data_fingerprint=str(day),
        follow=trigger,
    )


def found(store: ScoreStore) -> list[tuple[str, str]]:
    with store.begin() as connection:
        return [(row.kind, row.state) for row in connection.execute(select(cases).order_by(cases.c.id))]


def held(store: ScoreStore) -> str:
    with store.begin() as connection:
        return str(connection.execute(select(settled_bands.c.band)).scalar_one())


def resolve(store: ScoreStore, day: int) -> None:
    for action in ("log-call", "resolve"):
        with store.writing() as connection:
            step = Step(action, "csm-1")  # type: ignore[arg-type]
            take_step(connection, 1, step, CaseParams(), START + timedelta(days=day))


def test_entering_red_opens_one_case_and_staying_red_no_other(store: ScoreStore) -> None:
    for day, health in enumerate((90.0, 50.0, 40.0, 61.0, 50.0)):
        publish(store, day, scored(health))
    assert found(store) == [("p0", "open")]


def test_the_first_snapshot_opens_what_it_finds(store: ScoreStore) -> None:
    publish(store, 0, scored(40.0), scored(70.0, "A-2"), scored(95.0, "A-3"))
    assert sorted(found(store)) == [("p0", "open"), ("plan", "open")]


def test_a_plan_names_owner_steps_and_dates_from_the_accounts_own_driver(store: ScoreStore) -> None:
    publish(store, 0, scored(70.0))
    with store.begin() as connection:
        plan: dict[str, Any] = connection.execute(select(cases.c.plan)).scalar_one()
    [part] = plan["parts"]
    assert (plan["owner"], part["playbook"], part["feature"]) == (
        "csm-1",
        "settle_payments",
        "overdue_invoices",
    )
    assert [step["due"] for step in part["steps"]] == ["2026-01-03", "2026-01-06", "2026-01-15"]
    assert part["steps"][1]["owner"] == "csm-1"


def test_green_opens_an_expansion_only_with_a_reason(store: ScoreStore) -> None:
    rows = {"A-1": {"seat_utilisation_30d": 0.97}, "A-2": {"seat_utilisation_30d": 0.4}}
    publish(store, 0, scored(95.0), scored(95.0, "A-2"), features=rows)
    with store.begin() as connection:
        [row] = connection.execute(select(cases)).all()
    assert (row.account_id, row.kind, row.plan["parts"][0]["playbook"]) == ("A-1", "expansion", "offer_seats")
    assert row.plan["parts"][0]["because"]["en"] == "97% of the licensed seats are in use"


def test_a_plan_ends_as_the_account_turns_red_and_an_alarm_does_not_as_it_recovers(store: ScoreStore) -> None:
    publish(store, 0, scored(70.0))
    publish(store, 1, scored(50.0))
    fact = {"A-1": {"commercial": pd.Timestamp(START) + pd.Timedelta(days=10)}}
    publish(store, 30, scored(80.0), newest=fact)
    assert held(store) == "yellow"
    assert found(store) == [("plan", "resolved"), ("p0", "open"), ("plan", "open")]


@pytest.mark.parametrize(
    ("pillar", "day", "band"), [("commercial", 0, "yellow"), ("usage", 20, "red"), ("commercial", -1, "red")]
)
def test_red_is_left_on_new_evidence_of_the_pillar_that_pulled_it_down(
    store: ScoreStore, pillar: str, day: int, band: str
) -> None:
    publish(store, 0, scored(50.0))
    fact = {"A-1": {pillar: pd.Timestamp(START) + pd.Timedelta(days=day)}}
    publish(store, 30, scored(80.0), newest=fact)
    assert held(store) == band


def test_a_case_that_a_person_resolved_is_evidence(store: ScoreStore) -> None:
    publish(store, 0, scored(50.0))
    resolve(store, 5)
    publish(store, 30, scored(80.0))
    assert held(store) == "yellow"
    publish(store, 31, scored(50.0))
    assert found(store) == [("p0", "resolved"), ("plan", "resolved"), ("p0", "open")]


def test_a_replay_of_an_older_date_sets_off_nothing(store: ScoreStore) -> None:
    publish(store, 10, scored(90.0))
    publish(store, 3, scored(20.0))
    assert (found(store), held(store)) == ([], "green")


def test_a_snapshot_that_fails_leaves_no_case(store: ScoreStore) -> None:
    with pytest.raises(Exception, match="UNIQUE"):
        publish(store, 0, scored(40.0), scored(40.0))
    assert found(store) == []


def test_who_is_who_is_kept_as_the_newest_book_says(store: ScoreStore) -> None:
    accounts = pd.DataFrame(
        {"account_id": ["A-1"], "name": ["Acme"], "owner": [None], "director": ["d"], "vp": ["v"]}
    )
    times = pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-01"], utc=True)
    contacts = pd.DataFrame(
        {
            "contact_id": ["C-1", "C-1", "C-2"],
            "account_id": "A-1",
            "role": ["decision_maker", "user", "user"],
            "is_key": [True, None, False],
            "valid_from": times,
            "valid_to": pd.to_datetime([None, None, "2025-06-01"], utc=True),
        }
    )
    people = people_of(accounts, contacts, pd.Timestamp(START))
    store.publish_snapshot(
        [scored(90.0)],
        as_of=START,
        published_at=START,
        model=fake_scorer.MODEL,
        data_fingerprint="x",
        follow=Trigger(CaseParams(), BandLimits(), read_playbooks(), START, people),
    )
    with store.begin() as connection:
        assert connection.execute(select(book_accounts)).all() == [("A-1", "Acme", None, "d", "v")]
        roles = connection.execute(select(book_contacts).order_by(book_contacts.c.role)).all()
    assert roles == [("C-1", "A-1", "decision_maker", True), ("C-1", "A-1", "user", None)]


def test_a_plan_is_made_from_the_path_to_green_as_well_the_worst_driver_first(store: ScoreStore) -> None:
    text = {"en": "Sticky features: from 8% to 30%", "zh": "关键功能:由8%至30%"}
    step = {"feature": "sticky_feature_user_share_30d", "family": "depth", "text": text}
    path = {"status": "reachable", "steps": [step], "text": {"en": "green is reachable", "zh": "可达到绿色"}}
    publish(store, 0, scored(70.0), scored(70.0, "A-2"), paths={"A-1": path})
    with store.begin() as connection:
        rows = connection.execute(select(cases.c.account_id, cases.c.plan)).all()
    plans = {row.account_id: row.plan for row in rows}
    features = [part["feature"] for part in plans["A-1"]["parts"]]
    assert features == ["overdue_invoices", "sticky_feature_user_share_30d"]
    assert plans["A-1"]["parts"][1]["because"] == text
    assert plans["A-1"]["path"] == path
    assert [part["feature"] for part in plans["A-2"]["parts"]] == ["overdue_invoices"]
    assert "path" not in plans["A-2"]

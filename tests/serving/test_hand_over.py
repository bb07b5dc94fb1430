"""An account changes hands or leaves: where its cases go, who sees them, and whose the past figures stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from features.params import BandLimits
from serving.closed_loop.alert_budget import alarms_told
from serving.closed_loop.case_answers import cases_page
from serving.closed_loop.case_bodies import CasesQuery
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import cases, settled_bands
from serving.closed_loop.case_triggers import Trigger
from serving.closed_loop.cases import Step, take_step
from serving.closed_loop.playbooks_read import read_playbooks
from serving.delivery.outbox_tables import outbox
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.kpis.kpi_answers import KpisAsked, kpis_answer
from tests.serving import fake_scorer
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.conftest import scored_book

__all__ = ["database_url", "loop_store", "postgres"]
START = datetime(2026, 3, 2, 3, tzinfo=UTC)


def account(
    name: str, health: float = 40.0, owner: str | None = "csm-1", director: str | None = "dir-1"
) -> ScoredAccount:
    [like] = scored_book(1)
    band = "green" if health >= 85 else "yellow" if health >= 60 else "red"
    people = {"name": name, "owner": owner, "director": director, "vp": "vp"}
    payload = like.payload | {"account_id": name, "health": health, "band": band}
    return ScoredAccount({**like.details, **people}, payload)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def publish(store: ScoreStore, at: float, *accounts: ScoredAccount, params: CaseParams | None = None) -> None:
    store.publish_snapshot(
        accounts,
        as_of=day(at).replace(hour=0),
        published_at=day(at),
        model=fake_scorer.MODEL,
        data_fingerprint=str(at),
        follow=Trigger(params or CaseParams(), BandLimits(), read_playbooks(), day(at)),
    )


def seen(store: ScoreStore, owner: str | None) -> list[str]:
    listed = cases_page(store.seen_by(owner), CasesQuery(), owner)["cases"]
    return sorted(f"{case['account_id']} {case['kind']}" for case in listed)


def step(store: ScoreStore, case_id: int, at: float, action: Any, **more: Any) -> None:
    with store.writing() as connection:
        take_step(connection, case_id, Step(action, "somebody", **more), CaseParams(), day(at))


def told(store: ScoreStore, event: str) -> list[tuple[str, str | None]]:
    with store.begin() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.type == event).order_by(outbox.c.id))
        return [(row.data["account_id"], row.data["assignee"]) for row in rows]


def people(store: ScoreStore, name: str) -> tuple[str | None, ...]:
    with store.begin() as connection:
        [row] = connection.execute(select(cases).where(cases.c.account_id == name)).all()
        return row.owner, row.director, row.assignee


def test_the_cases_of_an_account_go_to_its_new_owner_who_is_told(loop_store: ScoreStore) -> None:
    publish(loop_store, 0, account("A-1"), account("A-2", 70))
    publish(loop_store, 1, account("A-1", 40, "csm-2", "dir-2"), account("A-2", 70))
    assert (seen(loop_store, "csm-1"), seen(loop_store, "csm-2")) == (["A-2 plan"], ["A-1 p0"])
    assert people(loop_store, "A-1") == ("csm-2", "dir-2", "csm-2")
    assert told(loop_store, "p0.assigned") == [("A-1", "csm-2")]
    publish(loop_store, 2, account("A-1", 40, "csm-2", "dir-2"), account("A-2", 70))
    assert told(loop_store, "p0.assigned") == [("A-1", "csm-2")]


def test_a_case_that_a_colleague_was_given_stays_with_the_colleague(loop_store: ScoreStore) -> None:
    publish(loop_store, 0, account("A-1"))
    step(loop_store, 1, 0.1, "assign", assignee="csm-9")
    publish(loop_store, 1, account("A-1", owner="csm-2"))
    assert people(loop_store, "A-1") == ("csm-2", "dir-1", "csm-9")
    assert [seen(loop_store, who) for who in ("csm-1", "csm-2", "csm-9")] == [[], ["A-1 p0"], ["A-1 p0"]]


def test_a_resolved_case_is_seen_by_who_has_the_account_now(loop_store: ScoreStore) -> None:
    publish(loop_store, 0, account("A-1"))
    step(loop_store, 1, 0.1, "log-call")
    step(loop_store, 1, 0.2, "resolve")
    publish(loop_store, 1, account("A-1", 90, owner="csm-2"))
    assert (seen(loop_store, "csm-1"), seen(loop_store, "csm-2")) == ([], ["A-1 p0"])
    assert people(loop_store, "A-1")[0] == "csm-1", "what is over is not rewritten"


def test_an_alarm_that_waits_changes_hands_without_a_word(loop_store: ScoreStore) -> None:
    one = CaseParams(alerts_per_week=1)
    publish(loop_store, 0, account("A-1", 50), account("A-2", 40), params=one)
    [(first, _)] = told(loop_store, "p0.opened")
    waits = {"A-1", "A-2"} - {first}
    both = [account(name, 40, "csm-1" if name == first else "csm-2") for name in ("A-1", "A-2")]
    publish(loop_store, 1, *both, params=one)
    assert told(loop_store, "p0.assigned") == []
    assert told(loop_store, "p0.opened") == [(first, "csm-1"), (waits.pop(), "csm-2")], "who had room"


@pytest.mark.parametrize("health", [70.0, 40.0])
def test_plans_end_with_an_account_that_left_and_an_alarm_stays_for_a_person(
    loop_store: ScoreStore, health: float
) -> None:
    publish(loop_store, 0, account("A-1", health), account("A-2", 95))
    publish(loop_store, 1, account("A-2", 95))
    with loop_store.begin() as connection:
        [row] = connection.execute(select(cases)).all()
        held = list(connection.scalars(select(settled_bands.c.account_id)))
    assert (row.kind, row.state) == (("plan", "resolved") if health == 70 else ("p0", "open"))
    assert held == ["A-2"]
    assert seen(loop_store, "csm-1") == [f"A-1 {row.kind}"], "somebody has to end an alarm"


def test_an_account_that_comes_back_red_is_an_alarm_again(loop_store: ScoreStore) -> None:
    publish(loop_store, 0, account("A-1"), account("A-2", 95))
    step(loop_store, 1, 0.1, "log-call")
    step(loop_store, 1, 0.2, "resolve")
    publish(loop_store, 1, account("A-2", 95))
    publish(loop_store, 2, account("A-1"), account("A-2", 95))
    assert told(loop_store, "p0.opened") == [("A-1", "csm-1")] * 2


def test_past_figures_and_the_budget_stay_with_whom_was_told(loop_store: ScoreStore) -> None:
    publish(loop_store, 0, *(account(f"A-{n}") for n in range(3)))
    asked = KpisAsked(START - timedelta(days=1), day(0.5))
    before = kpis_answer(loop_store, asked, CaseParams(), None)
    assert [(one["name"], one["alarms"]) for one in before["csms"]] == [("csm-1", 3)]
    step(loop_store, 1, 1, "assign", assignee="csm-9")
    publish(loop_store, 2, *(account(f"A-{n}", owner="csm-2", director="dir-2") for n in range(3)))
    assert kpis_answer(loop_store, asked, CaseParams(), None) == before
    assert kpis_answer(loop_store, asked, CaseParams(), "csm-1")["all"]["alarms"] == 3
    assert kpis_answer(loop_store, asked, CaseParams(), "csm-2")["all"]["alarms"] == 0
    with loop_store.begin() as connection:
        assert alarms_told(connection, START - timedelta(days=1)) == {"csm-1": 3}

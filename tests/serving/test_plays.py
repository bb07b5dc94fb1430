"""A play is judged by who stayed beside who was as severe; where nobody was, it cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from features.params import BandLimits
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_tables import cases
from serving.closed_loop.case_triggers import Trigger
from serving.closed_loop.cases import SYSTEM, Opening, Step, open_case, take_step
from serving.closed_loop.playbooks_read import read_playbooks
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.plays.hold_out import is_held_out
from serving.plays.play_effects import PlayEffect, play_effect
from serving.plays.plays_answer import plays_answer, plays_in_words
from serving.plays.plays_params import PlaysParams
from tests.serving.conftest import NewKey, scored_book
from tests.serving.pages.visiting import person

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def rows(healths: list[float], stayed: list[float], name: str = "A") -> pd.DataFrame:
    ids = [f"{name}-{i}" for i in range(len(healths))]
    return pd.DataFrame({"account_id": ids, "health": healths, "stayed": stayed, "expected": 0.7})


def effect(played: pd.DataFrame, beside: pd.DataFrame) -> PlayEffect:
    return play_effect("win_back_use", played, beside, 10, 300, 1)


def test_accounts_as_severe_are_compared_and_others_are_not() -> None:
    played = rows([45.0] * 20, [1.0] * 18 + [0.0] * 2)
    beside = pd.concat([rows([42.0] * 40, [1.0] * 20 + [0.0] * 20, "B"), rows([95.0] * 99, [1.0] * 99, "C")])
    found = effect(played, beside)
    assert found.difference.value == pytest.approx(0.9 - 0.5)
    assert (found.beside, found.overlap, found.expected) == (40, 1.0, pytest.approx(0.7))
    assert found.says == "more stayed than without it"


def test_a_play_for_hopeless_accounts_is_not_blamed_for_them() -> None:
    played = rows([15.0] * 40 + [85.0] * 10, [1.0, 0.0] * 20 + [1.0] * 10)
    beside = pd.concat([rows([15.0] * 20, [1.0, 0.0] * 10, "B"), rows([85.0] * 200, [1.0] * 200, "C")])
    assert beside["stayed"].mean() - played["stayed"].mean() > 0.3
    found = effect(played, beside)
    assert found.difference.value == pytest.approx(0.0)
    assert found.says == "not told apart from doing nothing"


@pytest.mark.parametrize(
    ("played", "beside", "why"),
    [
        (
            rows([45.0] * 20, [1.0] * 20),
            rows([75.0] * 50, [1.0] * 50, "B"),
            "nobody as severe was left without it",
        ),
        (
            rows([45.0] * 9, [1.0] * 9),
            rows([45.0] * 50, [1.0] * 50, "B"),
            "9 cases can be compared, fewer than 10",
        ),
        (rows([45.0] * 20, [np.nan] * 20), rows([45.0] * 50, [1.0] * 50, "B"), "is not known yet"),
        (rows([], []), rows([45.0] * 50, [1.0] * 50, "B"), "no case with it was closed"),
        (
            rows([45.0] * 20, [1.0] * 20),
            rows([45.0] * 4, [1.0] * 4, "B"),
            "nobody as severe was left without it",
        ),
    ],
)
def test_where_there_is_nothing_to_compare_it_says_cannot_tell(
    played: pd.DataFrame, beside: pd.DataFrame, why: str
) -> None:
    found = effect(played, beside)
    assert found.says.startswith("cannot tell: ")
    assert found.says.endswith(why)
    assert found.difference.value is None
    assert "cannot tell" in found.as_text()
    assert PlayEffect.of(found.as_dict()) == found


@given(st.text(min_size=1, max_size=20), st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 99))
def test_a_lot_is_the_same_for_ever_and_a_larger_share_only_adds(
    account: str, share: float, other: float, seed: int
) -> None:
    low, high = sorted((share, other))
    drawn = [is_held_out(account, PlaysParams(hold_out=s, seed=seed)) for s in (low, high)]
    assert drawn == sorted(drawn)
    assert drawn == [is_held_out(account, PlaysParams(hold_out=s, seed=seed)) for s in (low, high)]


def test_the_share_that_is_held_out_is_the_share_asked_for() -> None:
    params = PlaysParams(hold_out=0.2)
    assert sum(is_held_out(f"A-{i}", params) for i in range(5_000)) == pytest.approx(1_000, abs=100)


def publish(store: ScoreStore, at: datetime, health: float, gone: set[str], plays: PlaysParams) -> Snapshot:
    """A book of forty accounts of one health, less those that have left."""
    [template] = scored_book(1)
    accounts = []
    for number in range(40):
        name = f"A-{number:02d}"
        payload = template.payload | {
            "account_id": name,
            "health": health,
            "band": "yellow",
            "horizon_days": 365,
        }
        if name not in gone:
            accounts.append(ScoredAccount(template.details | {"account_id": name}, payload))
    follow = Trigger(CaseParams(), BandLimits(), read_playbooks(), at, plays=plays)
    told = {"as_of": at, "published_at": at, "model": payload["model"], "data_fingerprint": f"{at}"}
    return store.publish_snapshot(accounts, **told, follow=follow)


def test_yellow_accounts_that_are_held_out_get_a_case_that_says_so_and_no_steps(store: ScoreStore) -> None:
    plays = PlaysParams(hold_out=0.5)
    publish(store, DAY, 70.0, set(), plays)
    with store.begin() as connection:
        made = connection.execute(select(cases).where(cases.c.kind == "plan")).all()
    held = {case.account_id for case in made if case.plan.get("held_out")}
    assert held == {f"A-{n:02d}" for n in range(40) if is_held_out(f"A-{n:02d}", plays)}
    assert 0 < len(held) < 40
    assert all(case.plan["parts"] == [] for case in made if case.account_id in held)
    assert all(case.plan["parts"] for case in made if case.account_id not in held)


def test_closed_cases_are_held_against_those_held_out(
    client: TestClient, store: ScoreStore, new_key: NewKey
) -> None:
    plays = PlaysParams(hold_out=0.5)
    publish(store, DAY, 70.0, set(), plays)
    with store.begin() as connection:
        made = connection.execute(select(cases).where(cases.c.kind == "plan")).all()
    held = sorted(case.account_id for case in made if case.plan.get("held_out"))
    for case in made:
        if case.account_id not in held:
            with store.writing() as connection:
                who = SYSTEM if case.account_id == "A-00" else "maria"
                take_step(
                    connection, case.id, Step("resolve", who, "done"), CaseParams(), DAY + timedelta(days=9)
                )
    publish(store, DAY + timedelta(days=95), 70.0, set(held[:8]), plays)
    found = plays_answer(store, plays, DAY + timedelta(days=100))
    drawn = found["against_hold_out"]
    assert found["hold_out"] == {"share": 0.5, "accounts": len(held)}
    assert drawn["stayed"]["value"] == 1.0
    assert drawn["difference"]["value"] == pytest.approx(8 / len(held))
    assert drawn["expected"] == pytest.approx(0.7 ** (90 / 365))
    assert f"beside {len(held)} held out by lot: any play:" in plays_in_words(found)
    before = plays_answer(store, plays, DAY + timedelta(days=50))
    assert before["against_hold_out"]["says"] == "cannot tell: what became of the accounts is not known yet"
    page = person(client, new_key).sees("/kpis")
    assert "Did the play work?" in page
    assert "yellow accounts are held out from plans by lot" in page
    assert "措施是否有效？" in person(client, new_key, name="wang").sees("/kpis?lang=zh")


def test_a_case_that_nobody_worked_on_counts_nowhere(store: ScoreStore) -> None:
    publish(store, DAY, 70.0, set(), PlaysParams())
    opening = Opening("A-01", "p0", "entered red", "k", "note", "n", "o", "d", "v")
    with store.writing() as connection:
        open_case(connection, opening, CaseParams(), DAY)
        for case in connection.execute(select(cases).where(cases.c.kind == "plan")).all():
            take_step(connection, case.id, Step("resolve", SYSTEM, "entered green"), CaseParams(), DAY)
    found = plays_answer(store, PlaysParams(), DAY + timedelta(days=1))
    assert (found["plays"], found["idle"]) == ([], 40)
    text = plays_in_words(found)
    assert "no case with a plan was closed by anybody yet: nothing can be told" in text
    assert "40 cases closed without anybody's step" in text

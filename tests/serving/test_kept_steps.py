"""What is kept of the step between two snapshots: what time alone did, and only that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.cut_tables import cut_at
from features.params import FeatureParams, RoleWeights
from features.snapshot import build_snapshot
from features.warehouse import Warehouse, warehouse
from serving.batch.batch_scoring import ScoredBook
from serving.changes.change_tables import StepInputs
from serving.changes.kept_steps import Earlier, earlier_of, keep_step, settings_of, step_to
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.serving.changing_accounts import ACCOUNTS, RULE, features, published

THEN = AS_OF - pd.Timedelta(days=30)
BY_RULE: dict[str, Any] = {"kind": "rule", "version": None, "trained_until": None}
# Known at the first date (30 days before) or since: a note that fades, use that stops while others go on
# using, an answer that is renewed, a contract that had run out by now but for its renewal.
CASES = (
    Case("a note fades", {"notes": [{"happened_at": at(40), "text": "They are evaluating a competitor."}]}),
    Case("use stops", {"usage": [{"occurred_at": at(age)} for age in range(31, 60)]}),
    Case("use goes on", {"usage": [{"occurred_at": at(age)} for age in range(1, 60)]}),
    Case(
        "a contract is renewed",
        {
            "subscriptions": [
                {
                    "subscription_id": "S",
                    "seats": 10,
                    "starts_at": at(380),
                    "changed_at": at(380),
                    "ends_at": at(15),
                },
                {"subscription_id": "T", "seats": 10, "starts_at": at(15), "changed_at": at(20)},
            ]
        },
    ),
)
NAMES = [case.says for case in CASES]


@pytest.fixture(scope="module")
def book() -> Warehouse:
    return literal_warehouse(*CASES)


@pytest.fixture(scope="module")
def before(book: Warehouse) -> Earlier:
    return earlier(build_snapshot(book, [THEN], PARAMS))


@pytest.fixture(scope="module")
def now(book: Warehouse) -> pd.DataFrame:
    return build_snapshot(book, [AS_OF], PARAMS)


def earlier(rows: pd.DataFrame, settings: FeatureParams = PARAMS) -> Earlier:
    snapshot = Snapshot(1, f"{THEN:%Y-%m-%dT00:00:00Z}", "", BY_RULE, "")
    return Earlier(snapshot, ScoreInputs.of(rows, RULE), settings_of(settings))


def scored(rows: pd.DataFrame, source: Warehouse) -> ScoredBook:
    return ScoredBook(AS_OF, (), BY_RULE, "", rows.assign(segment="smb"), 0, source)


def kept(book: ScoredBook, before: Earlier, today: FeatureParams = PARAMS) -> StepInputs:
    found = step_to(book, before, today, Path("nowhere"), lambda _: None)
    assert found is not None
    return found


def decayed(step: StepInputs, before: Earlier, account: str) -> pd.Series:
    return pd.Series(step.decayed[step.accounts.index(account)], before.inputs.features)


def test_what_was_said_fades_and_who_stops_using_has_not_merely_aged(
    book: Warehouse, before: Earlier, now: pd.DataFrame
) -> None:
    step = kept(scored(now, book), before)
    assert step.known is None
    first = before.inputs.rows.set_index("account_id")
    note = decayed(step, before, "a note fades")["note_competitor_180d"]
    assert 0 < note < first.loc["a note fades", "note_competitor_180d"]
    assert note == now.set_index("account_id").loc["a note fades", "note_competitor_180d"]
    for account in ("use stops", "use goes on"):
        use = decayed(step, before, account)["active_days_30d"]
        assert use == first.loc[account, "active_days_30d"] == 29


def test_the_clock_goes_on_in_decay_and_a_contract_that_ran_out_is_read_all_the_same(
    book: Warehouse, before: Earlier, now: pd.DataFrame
) -> None:
    step = kept(scored(now, book), before)
    found = decayed(step, before, "a contract is renewed")
    assert found["tenure_days"] == 1000
    assert np.isnan(found["seats"])  # as was known then, nothing runs today; `change_parts` passes over it
    assert set(step.accounts) == set(NAMES)


def test_with_nothing_new_about_anybody_what_is_known_is_what_aged(book: Warehouse, before: Earlier) -> None:
    silent = warehouse(cut_at(book.tables, THEN))
    rows = build_snapshot(silent, [AS_OF], PARAMS)
    step = kept(scored(rows, silent), before)
    there = rows.set_index("account_id").loc[list(step.accounts), before.inputs.features].to_numpy(float)
    assert np.array_equal(step.decayed, there, equal_nan=True)
    assert decayed(step, before, "use goes on")["active_days_30d"] == 0


def test_use_ages_only_where_its_source_fell_silent_for_everybody(
    book: Warehouse, before: Earlier, now: pd.DataFrame
) -> None:
    tables = {**book.tables, "usage": cut_at(book.tables, THEN)["usage"]}
    step = kept(scored(now, warehouse(tables)), before)
    assert decayed(step, before, "use goes on")["active_days_30d"] == 0
    assert decayed(step, before, "use goes on")["no_tickets_90d"] >= 0


def test_a_past_that_today_is_told_otherwise_is_no_decay(
    book: Warehouse, before: Earlier, now: pd.DataFrame
) -> None:
    rows = before.inputs.rows.assign(note_competitor_180d=7.0)
    rewritten = replace(before, inputs=ScoreInputs(rows, RULE))
    step = kept(scored(now, book), rewritten)
    assert decayed(step, before, "a note fades")["note_competitor_180d"] == 7.0


def test_other_settings_are_read_the_first_way_too(
    book: Warehouse, before: Earlier, now: pd.DataFrame
) -> None:
    today = PARAMS.model_copy(update={"role_weights": RoleWeights(decision_maker=0.4, manager=0.3)})
    same_date = replace(before, snapshot=replace(before.snapshot, as_of=f"{AS_OF:%Y-%m-%dT00:00:00Z}"))
    step = kept(scored(now, book), same_date, today)
    assert step.known is not None
    there = now.set_index("account_id").loc[list(step.accounts), before.inputs.features].to_numpy(float)
    assert np.array_equal(step.known, there, equal_nan=True)


def test_where_the_words_it_was_read_by_are_gone_nothing_is_kept(
    book: Warehouse, before: Earlier, now: pd.DataFrame, tmp_path: Path
) -> None:
    lost = {**(before.settings or {}), "lexicons": ["0" * 64]}
    changed = replace(before, settings=lost)
    assert step_to(scored(now, book), changed, PARAMS, tmp_path, lambda _: None) is None


def test_nobody_in_both_is_no_step(
    book: Warehouse, before: Earlier, now: pd.DataFrame, tmp_path: Path
) -> None:
    strangers = scored(now.assign(account_id=[f"new {n}" for n in range(len(now))]), book)
    assert step_to(strangers, before, PARAMS, tmp_path, lambda _: None) is None


def test_the_snapshot_before_is_the_newest_of_its_date_and_its_step_is_kept_once(store: ScoreStore) -> None:
    assert earlier_of(store, "2026-10-31T00:00:00Z", None) is None
    published(store, features(), "2026-09-30")
    second = published(store, features(), "2026-09-30")
    later = published(store, features(), "2026-10-31")
    found = earlier_of(store, later.as_of, later)
    assert found is not None
    assert found.snapshot.id == second.id == 2
    width = len(found.inputs.features)
    step = StepInputs(second.id, ACCOUNTS, np.zeros((3, width)), None)
    for _ in range(2):
        keep_step(store, later, settings_of(FeatureParams()), step)
    assert earlier_of(store, later.as_of, later) is None
    again = earlier_of(store, "2026-09-30T00:00:00Z", second)
    assert again is not None
    assert again.snapshot.id == 1

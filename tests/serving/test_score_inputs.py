"""What a snapshot was scored from comes back bit for bit, and is never rewritten."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from features.params import RuleParams
from features.params_file import read_section
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from tests.serving.conftest import scored_book
from tests.serving.fake_scorer import MODEL
from tests.serving.trained_workspace import PARAMS


@pytest.fixture(scope="module")
def rule() -> RuleParams:
    return read_section(PARAMS, "rule", RuleParams)


def inputs(rule: RuleParams, accounts: int = 3) -> ScoreInputs:
    ids = [f"A-{n:06d}" for n in range(accounts, 0, -1)]
    values = np.random.default_rng(1).normal(size=accounts)
    rows = pd.DataFrame({"account_id": ids, "as_of": pd.NaT, "segment": "smb", "a": values, "b": np.nan})
    return ScoreInputs.of(rows.assign(c=[5e-324, -0.0, 1e308][:accounts]), rule)


def publish(store: ScoreStore, what: ScoreInputs | None) -> Snapshot:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    return store.publish_snapshot(
        scored_book(3), as_of=when, published_at=when, model=MODEL, data_fingerprint="f", inputs=what
    )


def test_the_features_come_back_to_the_bit_with_the_rule(store: ScoreStore, rule: RuleParams) -> None:
    written = inputs(rule)
    found = store.inputs_of(publish(store, written))
    assert found is not None
    assert found.features == ["a", "b", "c"]
    assert found.rows["account_id"].tolist() == ["A-000001", "A-000002", "A-000003"]
    assert (
        found.rows[found.features].to_numpy().tobytes() == written.rows[found.features].to_numpy().tobytes()
    )
    assert found.rule == rule


def test_a_snapshot_published_without_inputs_has_none(store: ScoreStore) -> None:
    assert store.inputs_of(publish(store, None)) is None


def test_inputs_of_an_account_that_comes_twice_publish_nothing(store: ScoreStore, rule: RuleParams) -> None:
    twice = inputs(rule)
    twice.rows.loc[1, "account_id"] = "A-000001"
    with pytest.raises(IntegrityError):
        publish(store, twice)
    assert store.newest_snapshot() is None


@pytest.mark.parametrize("table", ["snapshot_inputs", "score_inputs"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET snapshot_id = 9"])
def test_the_database_itself_keeps_them(
    store: ScoreStore, rule: RuleParams, table: str, change: str, tmp_path: Path
) -> None:
    publish(store, inputs(rule))
    with pytest.raises(IntegrityError, match="append-only"), store._engine.begin() as connection:
        connection.execute(text(change.format(table)))

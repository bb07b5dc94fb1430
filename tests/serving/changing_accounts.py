"""Snapshots of three accounts, scored by the rule and published without a book: a test says what changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import load_catalog
from features.params import FeatureParams, PillarWeights, RuleParams, Windows
from features.params_file import read_section
from serving.changes.change_tables import StepInputs, write_settings, write_step
from serving.changes.kept_steps import settings_of
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.scores.rule_scorer import RuleScorer
from tests.serving.trained_workspace import PARAMS

RULE = read_section(PARAMS, "rule", RuleParams)
HEAVY_USE = RULE.model_copy(update={"weights": PillarWeights(usage=55, voice=15, commercial=15, service=15)})
NAMES = [feature.name for feature in load_catalog(Windows())]
ACCOUNTS = ("A-000001", "A-000002", "A-000003")
OWNER = "csm-1"
USUAL = {
    "seat_utilisation_30d": 0.6,
    "note_tone_180d": -0.8,
    "nps_account_365d": 30.0,
    "paid_on_time_share_365d": 0.9,
    "open_critical_tickets": 0.0,
}


def features(accounts: tuple[str, ...] = ACCOUNTS, **values: float) -> pd.DataFrame:
    """A row per account: what is usual, but for `values`; all else is missing."""
    given = {**USUAL, **values}
    rows = pd.DataFrame({name: [given.get(name, np.nan)] * len(accounts) for name in NAMES}, dtype="float64")
    rows.insert(0, "account_id", list(accounts))
    return rows


def published(
    store: ScoreStore,
    rows: pd.DataFrame,
    as_of: str,
    rule: RuleParams = RULE,
    *,
    before: Snapshot | None = None,
    decayed: pd.DataFrame | None = None,
    settings: FeatureParams | None = None,
    inputs: bool = True,
    model: dict[str, Any] | None = None,
) -> Snapshot:
    """A snapshot of these rows; with `before` and `decayed` also the step that leads to it."""
    scorer = RuleScorer(rule, Windows())
    segmented = rows.assign(segment="smb")
    accounts = [
        ScoredAccount({"name": payload["account_id"], "segment": "smb", "owner": OWNER}, payload)
        for payload in scorer.score(segmented, 5, True)
    ]
    snapshot = store.publish_snapshot(
        accounts,
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=model or scorer.model,
        data_fingerprint=as_of,
        inputs=ScoreInputs.of(segmented, rule) if inputs else None,
    )
    with store.begin() as connection:
        if settings is not None:
            write_settings(connection, snapshot.id, settings_of(settings))
        if before is not None:
            aged = rows if decayed is None else decayed
            step = StepInputs(before.id, tuple(aged["account_id"]), aged[NAMES].to_numpy(float), None)
            write_step(connection, snapshot.id, step)
    return snapshot

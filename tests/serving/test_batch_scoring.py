"""A whole book scored: the same numbers as the API gives, with the book's dates and facts around them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.faults import DataFault
from features.time_windows import as_of_date
from serving.api.request_bodies import read_predict
from serving.batch.batch_scoring import ScoredBook, flat_table, score_book
from serving.history.snapshots import ScoredAccount
from serving.params import ServingParams
from serving.scores.champion import load_scorer
from tests.serving.trained_workspace import LIGHT, PARAMS, TrainedWorkspace, workspace
from training.all_params import AllParams

__all__ = ["workspace"]
OF_THE_BOOK = {"as_of", "known_until", "stale"}


@pytest.fixture(scope="module")
def scored(workspace: TrainedWorkspace) -> ScoredBook:
    return scored_at(workspace)


def scored_at(workspace: TrainedWorkspace, book: Path | None = None, as_of: str | None = None) -> ScoredBook:
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    moment = None if as_of is None else as_of_date(as_of)
    params = AllParams.read(PARAMS, LIGHT)
    return score_book(book or Path(workspace.book), scorer, params, ServingParams(), moment)


def predicted(workspace: TrainedWorkspace, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """What `/v1/predict` answers when a caller sends the very features of the rows."""
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    sent = [
        {
            "account_id": row["account_id"],
            "segment": row["segment"],
            "features": {
                name: None if np.isnan(row[name]) else float(row[name]) for name in scorer.feature_names
            },
        }
        for row in rows.to_dict("records")
    ]
    call = read_predict(json.dumps({"rows": sent}).encode(), scorer.feature_names, ServingParams())
    return scorer.score(call.rows, call.top, call.explain)


def test_the_batch_gives_the_numbers_that_predict_gives(
    workspace: TrainedWorkspace, scored: ScoredBook
) -> None:
    assert {"enterprise"} < set(scored.rows["segment"])  # whose rule has a profile of its own
    for account, alone in zip(scored.accounts, predicted(workspace, scored.rows), strict=True):
        batch = account.payload
        assert {k: v for k, v in batch.items() if k not in OF_THE_BOOK} == {
            k: v for k, v in alone.items() if k not in OF_THE_BOOK
        }


def test_every_payload_says_as_of_when_and_how_new_the_facts_are(scored: ScoredBook) -> None:
    for account in scored.accounts:
        assert account.payload["as_of"] == "2026-11-01T00:00:00Z"
        assert "2026-10-31T00:00:00Z" <= account.payload["known_until"] < "2026-11-01T00:00:00Z"
        assert account.payload["stale"] == []


@pytest.mark.long
def test_a_table_without_new_facts_is_called_stale(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    book = Path(shutil.copytree(workspace.book, tmp_path / "book"))
    tickets = pd.read_parquet(book / "tickets.parquet")
    old = tickets["opened_at"] < pd.Timestamp("2026-09-01", tz="UTC")
    tickets[old].to_parquet(book / "tickets.parquet", index=False)
    first = scored_at(workspace, book).accounts[0]
    assert first.payload["stale"] == ["tickets"]


@pytest.mark.long
def test_who_has_left_is_no_longer_scored(workspace: TrainedWorkspace, scored: ScoredBook) -> None:
    churns = pd.read_parquet(Path(workspace.book) / "churns.parquet")
    left = set(churns.loc[churns["kind"] == "full", "account_id"])
    assert left
    assert left.isdisjoint(account.payload["account_id"] for account in scored.accounts)
    everyone = pd.read_parquet(Path(workspace.book) / "accounts.parquet")
    assert scored.not_scored == len(everyone) - len(scored.accounts) >= len(left)
    some_left_later = scored_at(workspace, as_of="2025-12-01").rows["account_id"]
    assert left & set(some_left_later)


def test_those_most_in_need_are_the_red_and_then_those_with_most_revenue_at_risk(scored: ScoredBook) -> None:
    bands = ("red", "yellow", "green")

    def need(account: ScoredAccount) -> tuple[int, float]:
        at_risk = account.payload["churn_probability"] * 12 * (account.details["mrr"] or 0.0)
        return bands.index(account.payload["band"]), -at_risk

    by_hand = sorted(scored.accounts, key=need)
    assert scored.most_in_need(10) == by_hand[:10]
    one_red = [replace(a, payload=a.payload | {"band": "red"}) for a in by_hand[-1:]]
    assert replace(scored, accounts=(*scored.accounts, *one_red)).most_in_need(1) == one_red


def test_the_flat_table_has_a_row_per_account_and_the_drivers_in_words(scored: ScoredBook) -> None:
    table = flat_table(scored)
    assert table["account_id"].tolist() == scored.rows["account_id"].tolist()
    assert {
        "health",
        "low",
        "high",
        "band",
        "rule_score",
        "usage_points",
        "driver_1",
        "driver_1_points",
    } <= set(table)
    assert table["driver_1"].str.len().min() > 5


def test_a_date_before_the_book_is_refused(workspace: TrainedWorkspace) -> None:
    with pytest.raises(DataFault, match="no account is in the cohort"):
        scored_at(workspace, as_of="1990-01-01")

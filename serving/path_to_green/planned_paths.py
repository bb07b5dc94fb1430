"""The paths to green of a book's yellow accounts, worked out before its snapshot is published: plans are made
from them (`serving.closed_loop.account_plans`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import select

from features.catalog import Feature, load_catalog
from serving.closed_loop.case_tables import cases
from serving.history.snapshots import ScoredAccount
from serving.history.store import ScoreStore
from serving.path_to_green.answer import told
from serving.path_to_green.levers import Known
from serving.path_to_green.likely_moves import Source, known_of
from serving.path_to_green.plan import path_to
from serving.path_to_green.standing import Planner
from serving.scores.revenue_at_risk import revenue_at_risk
from training.plausible_moves import plausible_moves
from training.typical_values import typical_values

Document = dict[str, Any]
KEPT = ("status", "before", "after", "points", "interval", "cost", "steps", "moves_from", "text")


def planned_paths(
    store: ScoreStore,
    scorer: Planner,
    accounts: Sequence[ScoredAccount],
    rows: pd.DataFrame,
    most: int,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Document]:
    """By account: the path to green, as `GET /v1/accounts/{id}/path-to-green` tells it, without its head.

    Of the `most` yellow accounts without an open plan that have the most revenue at risk; `rows` are those
    of `accounts`, with `account_id`, `segment` and features. A search takes some tenths of a second, so
    a book that turns yellow at once does not hold up the night: the others' plans are of drivers alone.
    """
    chosen = _chosen(store, accounts, most)
    if not chosen:
        return {}
    progress(f"paths to green of {len(chosen)} yellow accounts")
    catalog, known = load_catalog(scorer.windows), _Moves(store, scorer, rows)
    places = {str(account): place for place, account in enumerate(rows["account_id"])}
    found = {}
    for account in chosen:
        name = str(account.payload["account_id"])
        row = rows.iloc[[places[name]]].reset_index(drop=True)
        found[name] = _path(scorer, account, row, catalog, *known.of(account.details.get("segment")))
    return found


def _chosen(store: ScoreStore, accounts: Sequence[ScoredAccount], most: int) -> list[ScoredAccount]:
    open_plan = select(cases.c.account_id).where(cases.c.kind == "plan", cases.c.state != "resolved")
    with store.begin() as connection:
        planned = set(connection.scalars(open_plan))
    yellow = [
        account
        for account in accounts
        if account.payload["band"] == "yellow" and account.payload["account_id"] not in planned
    ]
    return sorted(yellow, key=lambda account: -revenue_at_risk(account))[:most]


def _path(
    scorer: Planner,
    account: ScoredAccount,
    row: pd.DataFrame,
    catalog: Sequence[Feature],
    known: Known,
    source: Source,
) -> Document:
    plan = path_to(scorer, row, catalog, known, "green")
    whole = told(scorer, account.payload, plan, source, {feature.name: feature for feature in catalog})
    return {name: whole[name] for name in KEPT}


class _Moves:
    """What is known of accounts like one: by the model, else the newest snapshot, else these rows alone."""

    def __init__(self, store: ScoreStore, scorer: Planner, rows: pd.DataFrame) -> None:
        self._store, self._scorer, self._rows = store, scorer, rows
        newest = store.newest_snapshot()
        self._newest = newest if newest is not None and store.inputs_of(newest, "") is not None else None

    def of(self, segment: str | None) -> tuple[Known, Source]:
        if self._newest is not None:
            return known_of(self._scorer, self._store, self._newest, segment)
        catalog = load_catalog(self._scorer.windows)
        names = [feature.name for feature in catalog if feature.name in self._rows]
        moves = plausible_moves(self._rows.assign(as_of=pd.Timestamp(0, tz="UTC")), catalog)
        return Known(moves, typical_values(self._rows, names), segment), "assumed"

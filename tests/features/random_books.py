"""Random books with every kind of row a checked book may hold, crowded around an as-of date.

Times fall on the boundaries of the windows, facts become known late, keys are unique, and nothing
happens before it could: what the checks would refuse is not made here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.source_tables import ROLES, SOURCE_TABLES, TOUCHPOINTS, Column, SourceTable
from tests.features.specified_words import SAID

Frames = dict[str, pd.DataFrame]

PER_ACCOUNT = {"accounts": 1, "surveys": 30}  # rows of a table; else ten
EARLY = {"accounts": 60, "contacts": 200}  # days; or few would be customers, and fewer have a role, by then
AGES = [-400, -90, -14, -1, 0, 0, 1, 1, 2, 13, 14, 29, 30, 31, 59, 60, 61, 89, 90, 91, 150, 179, 180, 181]
AGES += [250, 364, 365, 366, 454, 455, 456, 600]
CLOCKS = [0.0, 0.1, 43_200.0, 86_399.9]  # seconds into the day
LATER = [0.0, 0.1, 3_600.0, *(86_400.0 * n for n in (1, 2, 5, 14, 30, 90, 200, 400))]
SAYINGS = [*SAID.values(), "没有涨价。", "It is terrible.", "It is good.", "Ok."]
QUESTIONS = [("nps", "relational")] * 6 + [("ces", touchpoint) for touchpoint in TOUCHPOINTS[1:4]]
QUESTIONS += [("csat", "qbr"), ("csat", "training")]
SCALES = [(0.0, 10.0), (0.0, 10.0), (0.0, 100.0), (1.0, 5.0), (-5.0, 5.0)]
POOLS: dict[str, list[Any]] = {
    "subscription_id": [f"S-{n}" for n in range(15)],
    "contract_id": ["K-1", "K-2"],
    "role": [*ROLES, "user", "decision_maker", "decision_maker"],
    "user_id": ["U-1", "U-2", "U-3"],
    "module": ["core", "api", None],
    "modules": ["core", "core|api|planner", "Core | api ", None],
    "feature": ["workflow_run", "login", None],
    "currency": ["EUR"] * 8 + ["CNY", None],
    "text": [*SAYINGS, None],
    "comment": [*SAYINGS, None],
}


def random_frames(rng: np.random.Generator, as_of: pd.Timestamp, accounts: int = 50) -> Frames:
    """Every source table, ten rows (or PER_ACCOUNT) for each account, before duplicate keys are dropped."""
    names = [f"A-{n:02}" for n in range(accounts)]
    return {name: _frame(table, rng, as_of, names) for name, table in SOURCE_TABLES.items()}


def _frame(
    table: SourceTable, rng: np.random.Generator, as_of: pd.Timestamp, accounts: list[str]
) -> pd.DataFrame:
    size = PER_ACCOUNT.get(table.name, 10) * len(accounts)
    frame = pd.DataFrame({c.name: _values(c, rng, as_of, size) for c in table.columns})
    if len(table.key) == 1:
        frame[table.key[0]] = [f"{table.name}-{n:03}" for n in range(size)]
    frame["account_id"] = accounts if table.name == "accounts" else rng.choice(accounts, size)
    assert table.happens is not None
    if table.extent and table.extent[1] not in table.later:
        frame[table.extent[1]] = _after(frame[table.extent[0]], rng, table.column(table.extent[1]).required)
    for name in (*table.later, "recorded_at"):
        frame[name] = _after(frame[table.happens], rng, table.column(name).required)
    for name in filter(None, map(table.recorded_later, table.later)):
        frame[name] = _after(frame[table.happens], rng, always=False)
    if table.name in EARLY:
        frame[table.happens] -= pd.Timedelta(days=EARLY[table.name])
    if "contact_id" in frame:
        frame["contact_id"] = frame["account_id"] + rng.choice([" 1", " 2", " 3", " unknown"], size)
    if table.name == "subscriptions":  # all but one stay with their account
        name = frame["subscription_id"]
        frame["subscription_id"] = (frame["account_id"] + " " + name).where(name != "S-0", name)
    if table.name == "surveys":
        kind, touchpoint = rng.choice(QUESTIONS, size).T
        low, high = rng.choice(SCALES, size).T
        frame = frame.assign(kind=kind, touchpoint=touchpoint, scale_min=low, scale_max=high)
        mark = pd.Series(rng.choice([0, 0.69, 0.7, 0.85, 0.9, 1], size)).where(frame["responded_at"].notna())
        frame["score"] = low + mark * (high - low)
    return frame.drop_duplicates(list(table.key)) if table.key else frame


def _values(column: Column, rng: np.random.Generator, as_of: pd.Timestamp, size: int) -> Any:
    if column.kind == "time":
        days, seconds = rng.choice(AGES, size), rng.choice(CLOCKS, size)
        moments = as_of - pd.to_timedelta(days, unit="D") + pd.to_timedelta(seconds, unit="s")
        return moments.astype("datetime64[us, UTC]")
    if column.kind == "number":
        return rng.integers(0, 101, size) / 10  # sums of tenths differ with the order they are added in
    if column.kind == "flag":
        return pd.Series(rng.choice(np.array([True, False, None], dtype=object), size), dtype=object)
    pool = POOLS.get(column.name) or column.allowed or [f"{column.name} {n}" for n in range(4)]
    return pd.Series(rng.choice(np.array(pool, dtype=object), size), dtype=object)


def _after(moments: pd.Series, rng: np.random.Generator, always: bool) -> pd.Series:
    """At or some time after each of the moments; four in ten not at all, unless `always`."""
    later = moments + pd.to_timedelta(rng.choice(LATER, len(moments)), unit="s")
    later = later.astype("datetime64[us, UTC]")
    return later if always else later.where(rng.random(len(moments)) < 0.6)

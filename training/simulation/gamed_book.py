"""A simulated book as it looks after some CSMs gamed it: each trick a change of its tables, seeded.

Only what the trick touches changes, and only at the accounts of those CSMs, so that who is honest stays as
the simulator drew them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import pandas as pd

Tables = dict[str, pd.DataFrame]
ZEAL = 0.7  # of the occasions on which a gamer games
PAID = ("03-31", "06-30", "09-30", "12-31")
SHIFTED = ["sent_at", "responded_at", "recorded_at"]


def gamed(tables: Tables, kind: str, csms: Collection[str], until: pd.Timestamp, seed: int) -> Tables:
    """The book's tables after these CSMs played one trick in the year before `until`.

    >>> sorted(TRICKS)
    ['against use', 'begged', 'filtered', 'inflated', 'pinged', 'reopened', 'timed']
    """
    owned = tables["accounts"].loc[tables["accounts"]["owner"].isin(set(csms)), "account_id"]
    changed = TRICKS[kind](tables, set(owned), until, np.random.default_rng([seed, len(kind)]))
    return {**tables, **changed}


def _nps(tables: Tables, mine: set[str], until: pd.Timestamp) -> pd.Series:
    rows = tables["surveys"]
    last_year = rows["sent_at"] >= until - pd.Timedelta(days=365)
    return rows["account_id"].isin(mine) & (rows["kind"] == "nps") & last_year


def _begged(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """A call before the question, and a nine or a ten for it within two days."""
    surveys, answered = tables["surveys"].copy(), tables["surveys"]["score"].notna()
    hit = _nps(tables, mine, until) & (rng.random(len(surveys)) < ZEAL) & answered
    surveys.loc[hit, "score"] = rng.choice([9.0, 10.0], int(hit.sum()))
    owner = tables["accounts"].set_index("account_id")["owner"]
    rows = surveys[hit]
    calls = pd.DataFrame(
        {
            "note_id": [f"G-{i}" for i in range(len(rows))],
            "account_id": rows["account_id"].to_numpy(),
            "author": owner.loc[rows["account_id"]].to_numpy(),
            "kind": "call",
            "happened_at": rows["responded_at"].to_numpy() - pd.Timedelta(hours=30),
            "recorded_at": rows["responded_at"].to_numpy() - pd.Timedelta(hours=29),
            "text": "called",
        }
    )
    calls["happened_at"] = calls["happened_at"].astype(tables["notes"]["happened_at"].dtype)
    calls["recorded_at"] = calls["recorded_at"].astype(tables["notes"]["recorded_at"].dtype)
    return {"surveys": surveys, "notes": pd.concat([tables["notes"], calls], ignore_index=True)}


def _filtered(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """Who answered six or less is not asked again."""
    surveys = tables["surveys"].sort_values("sent_at", kind="stable")
    nps = surveys[surveys["kind"] == "nps"]
    answered = nps[nps["score"].notna()][["contact_id", "responded_at", "score"]].sort_values("responded_at")
    last = pd.merge_asof(
        nps[["response_id", "contact_id", "sent_at"]],
        answered,
        left_on="sent_at",
        right_on="responded_at",
        by="contact_id",
        allow_exact_matches=False,
    )
    sore = surveys["response_id"].isin(last.loc[last["score"] <= 6, "response_id"])
    relational = surveys["touchpoint"] == "relational"
    hit = _nps({"surveys": surveys}, mine, until) & relational & sore & (rng.random(len(surveys)) < ZEAL)
    return {"surveys": surveys[~hit].reset_index(drop=True)}


def _timed(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """The question waits until no severe ticket is open."""
    surveys, tickets = tables["surveys"].copy(), tables["tickets"]
    hit = _nps(tables, mine, until) & (surveys["touchpoint"] == "relational")
    severe = tickets[tickets["severity"].isin(["critical", "high"])]
    far = until + pd.Timedelta(days=400)
    waiting: dict[Any, list[tuple[Any, Any]]] = {}
    for account, rows in severe[severe["account_id"].isin(mine)].groupby("account_id"):
        waiting[account] = list(zip(rows["opened_at"], rows["resolved_at"].fillna(far), strict=True))
    for place in surveys.index[hit]:
        sent: Any = surveys.at[place, "sent_at"]
        at = _quiet_from(sent, waiting.get(surveys.at[place, "account_id"], []))
        if at < until:
            surveys.loc[place, SHIFTED] += at - sent
    return {"surveys": surveys[surveys["sent_at"] < until].reset_index(drop=True)}


def _quiet_from(at: Any, severe: list[tuple[Any, Any]]) -> Any:
    """The first moment from `at` on at which none of these is open; given up after eight in a row."""
    for _ in range(8):
        ends = [end for begin, end in severe if begin <= at < end]
        if not ends:
            break
        at = max(ends) + pd.Timedelta(hours=1)
    return at


def _praised(hit: pd.Series, tables: Tables, rng: np.random.Generator) -> Tables:
    surveys = tables["surveys"].copy()
    hit &= surveys["score"].notna() & (rng.random(len(surveys)) < ZEAL)
    surveys.loc[hit, "score"] = rng.choice([9.0, 10.0], int(hit.sum()))
    return {"surveys": surveys}


def _against_use(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """Praise from everybody, whatever they do."""
    return _praised(_nps(tables, mine, until), tables, rng)


def _inflated(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """Praise, and more of the questions, in the two weeks before people are paid."""
    surveys = tables["surveys"].copy()
    hit = _nps(tables, mine, until)
    moved = surveys.index[hit & (rng.random(len(surveys)) < 0.5)]
    for place in moved:
        sent: Any = surveys.at[place, "sent_at"]
        paid = _next_paid(sent)
        if paid < until:
            surveys.loc[place, SHIFTED] += paid - pd.Timedelta(hours=int(rng.integers(72, 288))) - sent
            answered: Any = surveys.at[place, "responded_at"]
            lag = answered - surveys.at[place, "sent_at"]
            if pd.notna(lag) and lag > pd.Timedelta(days=3):
                surveys.loc[place, ["responded_at", "recorded_at"]] -= lag - pd.Timedelta(days=2)
    near = surveys["responded_at"].map(
        lambda at: pd.notna(at) and _next_paid(at) - at < pd.Timedelta(days=14)
    )
    return _praised(hit & near.astype(bool), {"surveys": surveys}, rng)


def _next_paid(moment: Any) -> Any:
    ends = [
        pd.Timestamp(f"{year}-{day}", tz="UTC") for year in (moment.year, moment.year + 1) for day in PAID
    ]
    return min(end + pd.Timedelta(days=1) for end in ends if end + pd.Timedelta(days=1) > moment)


def _pinged(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """Log-ins of a script, by users of the account, on days on which nobody worked."""
    usage = tables["usage"]
    recent = usage[usage["account_id"].isin(mine) & (usage["occurred_at"] >= until - pd.Timedelta(days=240))]
    users = recent[["account_id", "user_id"]].drop_duplicates()
    made = users.loc[users.index.repeat(6)].reset_index(drop=True)
    at = until - pd.to_timedelta(rng.integers(1, 55 * 24, len(made)), unit="h")
    made = made.assign(occurred_at=at, module="core", feature="login", quantity=1.0, recorded_at=None)
    made = made.astype({name: usage[name].dtype for name in ("occurred_at", "recorded_at")})
    return {"usage": pd.concat([usage, made], ignore_index=True)}


def _reopened(tables: Tables, mine: set[str], until: pd.Timestamp, rng: np.random.Generator) -> Tables:
    """Closed within the hour at the first contact, and then opened again."""
    tickets = tables["tickets"].copy()
    young = tickets["opened_at"] >= until - pd.Timedelta(days=365)
    hit = tickets["account_id"].isin(mine) & young & (rng.random(len(tickets)) < 0.35)
    tickets.loc[hit, "resolved_at"] = tickets.loc[hit, "opened_at"] + pd.Timedelta(hours=1)
    tickets.loc[hit, "contacts_to_resolve"] = 1.0
    tickets.loc[hit, "reopened"] = True
    return {"tickets": tickets}


TRICKS: dict[str, Callable[[Tables, set[str], pd.Timestamp, np.random.Generator], Tables]] = {
    "begged": _begged,
    "filtered": _filtered,
    "timed": _timed,
    "against use": _against_use,
    "inflated": _inflated,
    "pinged": _pinged,
    "reopened": _reopened,
}

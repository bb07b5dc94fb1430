"""A band set by a person who knows better, with a reason and an end; shown as what it is.

It stands beside the scores and is never written into them: nightly runs leave it alone, replays show what
was published, and nothing of it can reach training, which reads the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from serving.closed_loop.moments import moment_text
from serving.closed_loop.override_tables import band_overrides
from serving.history.snapshots import ScoredAccount

SHOWN = ("band", "model_band", "reason", "who", "set_at", "expires_at")
Document = dict[str, Any]


def set_override(
    connection: Connection,
    account: ScoredAccount,
    band: str | None,
    reason: str,
    who: str,
    expires_at: datetime,
    now: datetime,
) -> Document:
    """Sets the account's band, or withdraws what was set (`band` None); the row as the API shows it."""
    payload = account.payload
    row = {"account_id": payload["account_id"], "band": band, "model_band": payload["band"]}
    row |= {"health": payload["health"], "reason": reason, "who": who}
    row |= {"set_at": moment_text(now), "expires_at": moment_text(expires_at)}
    connection.execute(band_overrides.insert().values(row))
    return {"account_id": row["account_id"], **{name: row[name] for name in SHOWN}}


def active_overrides(connection: Connection, now: datetime) -> dict[str, Row[Any]]:
    """What holds at `now`, by account."""
    newest = select(func.max(band_overrides.c.id)).group_by(band_overrides.c.account_id)
    held = select(band_overrides).where(
        band_overrides.c.id.in_(newest),
        band_overrides.c.band.is_not(None),
        band_overrides.c.expires_at > moment_text(now),
    )
    return {row.account_id: row for row in connection.execute(held)}


def told_of(row: Row[Any]) -> Document:
    """What is shown of a band that was set."""
    return {name: getattr(row, name) for name in SHOWN}


def with_override(account: ScoredAccount, row: Row[Any] | None) -> ScoredAccount:
    """The account as it is shown while a band is set: that band, and a driver line of no points that says so.

    Health, points and interval stay: a band is a judgement, not a measurement.
    """
    if row is None:
        return account
    told = told_of(row) | {"model_band": account.payload["band"]}
    line: Document = {
        "feature": "override",
        "family": "override",
        "pillar": "override",
        "role": None,
        "value": None,
    }
    line |= {"typical": None, "typical_of": None, "since": None}
    line |= {"points": 0.0, "actionable": False, "text": override_words(told)}
    drivers = [line, *account.payload["drivers"]]
    return replace(
        account, payload=account.payload | {"band": row.band, "override": told, "drivers": drivers}
    )


def override_words(told: Mapping[str, Any]) -> dict[str, str]:
    """The driver line in both languages."""
    until = str(told["expires_at"])[:10]
    return {
        "en": f"{told['who']} set the band to {told['band']} until {until}: {told['reason']}",
        "zh": f"{told['who']}将等级设为{told['band']},至{until}:{told['reason']}",
    }

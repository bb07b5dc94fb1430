"""What was found of gaming, night by night: what pages and the API show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Integer, String, Table, select

from serving.closed_loop.moments import moment_text
from serving.history.score_tables import append_only, metadata

gaming_reports = Table(
    "gaming_reports",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("as_of", String(40), nullable=False),
    Column("made_at", String(30), nullable=False),
    Column("report", JSON, nullable=False),
    sqlite_autoincrement=True,
)
append_only(gaming_reports)


def keep_report(connection: Connection, as_of: str, report: dict[str, Any], now: datetime) -> None:
    """Keeps a report."""
    values = {"as_of": as_of, "made_at": moment_text(now), "report": report}
    connection.execute(gaming_reports.insert().values(values))


def newest_report(connection: Connection, owner: str | None = None) -> dict[str, Any] | None:
    """The last report; for a CSM who sees only their own accounts, only what is about themselves.

    None where nothing was looked at yet.
    """
    query = select(gaming_reports).order_by(gaming_reports.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    report = dict(row.report) | {"as_of": row.as_of}
    if owner is not None:
        report["suspicions"] = [one for one in report["suspicions"] if one["csm"] == owner]
        report["csms"] = 1
    return report

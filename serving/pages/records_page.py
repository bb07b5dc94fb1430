"""The records behind a driver, or behind all features of a family; and what a reviewer says of it."""

from __future__ import annotations

from typing import Any

from serving.api.problems import Faults
from serving.api.request_fields import feature_advice, is_short_text
from serving.api.request_queries import closed_query
from serving.evidence.evidence_answers import evidence_of
from serving.pages.account_read import AccountRead, account_read
from serving.pages.spans import pieces
from serving.pages.usage_chart import UsageBars, usage_bars
from serving.pages.visits import Page, Visit
from serving.review.verdicts import SAID, verdicts_of

CUT = 500  # characters of a text in a table; the record's own page has all of it


def records(visit: Visit) -> Page:
    """The page at `/accounts/{id}/records`: of `driver`, of `family`, or of one `row` of a `table`."""
    read = account_read(visit)
    given = _query(visit)
    if "driver" not in given:
        return _family(visit, read, given.get("family"))
    store = visit.held.store
    found = evidence_of(store, read.account_id, given["driver"], None)
    feature = read.features.get(given["driver"])
    one = int(given["row"]) if "row" in given else None
    if one is not None:
        found["tables"] = _one_record(found["tables"], given.get("table"), one)
    values = read.shown() | {
        "found": found,
        "feature": feature,
        "driver": next((d for d in read.drivers if d["feature"] == given["driver"]), None),
        "value": _value(read, given["driver"]),
        "one": one,
        "cut": None if one is not None else CUT,
        "pieces": pieces,
        "bars": _use(found["tables"]),
        "verdicts": [v for v in verdicts_of(store, read.account_id, 200) if v.feature == given["driver"]],
        "verdict_words": SAID[:2],
        "may_write": visit.caller.may("cases:write") and visit.form_token is not None,
    }
    return Page("records.html", "portfolio", values)


def _family(visit: Visit, read: AccountRead, family: str | None) -> Page:
    """Every feature of a family (None: of all) with its value, each leading to its records."""
    listed = [f for f in read.features.values() if family in (None, f.family)]
    shown = {driver["feature"]: driver for driver in read.drivers}
    rows = [{"feature": f, "value": _value(read, f.name), "driver": shown.get(f.name)} for f in listed]
    points = read.health["family_points"].get(family) if family else None
    values = read.shown() | {"family": family, "rows": rows, "points_of": points}
    return Page("family.html", "portfolio", values)


def _one_record(tables: list[dict[str, Any]], name: str | None, place: int) -> list[dict[str, Any]]:
    return [t | {"records": t["records"][place : place + 1]} for t in tables if t["table"] == name]


def _use(tables: list[dict[str, Any]]) -> UsageBars | None:
    return next((usage_bars(t["records"]) for t in tables if t["table"] == "usage_by_day"), None)


def _value(read: AccountRead, feature: str) -> float | None:
    value = read.past.value(feature)
    return None if value != value else value


def _query(visit: Visit) -> dict[str, Any]:
    faults = Faults()
    given = closed_query(visit.request.query_params, ("driver", "family", "table", "row"), faults)
    for key in ("driver", "family", "table"):
        if key in given and not is_short_text(given[key]):
            faults.add(key, given[key], "a feature's or a family's name", feature_advice(given[key], ()))
    row = given.get("row", "0")
    if not (row.isascii() and row.isdecimal() and len(row) < 7):
        faults.add("row", row, "a row's place, from 0 on", "open it from its table")
    faults.raise_any()
    return given

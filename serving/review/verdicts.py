"""A reviewer's verdict on a driver: right, wrong, or one is missing, because …

Kept beside the scores with the snapshot and the model it speaks of, shown with the account, exported for
whoever trains (`vitals verdicts`), and never used for training by itself: what a person said of the model
would teach it to agree with that person (docs/decisions/a-reviewers-verdict-never-trains.md).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, insert, select

from serving.answers.survey_bodies import unstorable
from serving.api.problems import Faults
from serving.api.request_fields import feature_advice
from serving.closed_loop.case_bodies import MAX_NOTE
from serving.closed_loop.moments import moment_text
from serving.history.portfolio_csv import BYTE_ORDER_MARK, safe_cell
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.review.verdict_tables import driver_verdicts

Said = Literal["right", "wrong", "missing"]
SAID: tuple[Said, ...] = get_args(Said)
COLUMNS = tuple(column.name for column in driver_verdicts.c if column.name != "id")
MODEL_PARTS = ("kind", "version", "trained_until")


@dataclass(frozen=True)
class Verdict:
    """What is said; `feature` is None of a driver that is missing."""

    said: str
    feature: str | None
    because: str


def read_verdict(fields: Mapping[str, str], known: Iterable[str]) -> Verdict:
    """The verdict of a form; `known` are the features it may speak of. Raises Problem with every fault.

    >>> read_verdict({"verdict": "wrong", "feature": "mrr", "because": "billed twice"}, ["mrr"])
    Verdict(said='wrong', feature='mrr', because='billed twice')
    """
    faults, names = Faults(), list(known)
    said, feature = fields.get("verdict", ""), fields.get("feature") or None
    because = fields.get("because", "").strip()
    if said not in SAID:
        faults.add("verdict", said, f"one of {', '.join(SAID)}", "say which of the three it is")
    if said == "missing":
        feature = None
    elif feature not in names:
        allowed = "a feature of the account's snapshot"
        faults.add("feature", feature, allowed, feature_advice(feature or "", names))
    if not 0 < len(because) <= MAX_NOTE or unstorable(because):
        faults.add("because", because, f"a text of 1 to {MAX_NOTE:,} characters", "say in a few words why")
    faults.raise_any()
    return Verdict(said, feature, because)


def keep_verdict(
    connection: Connection,
    verdict: Verdict,
    account: ScoredAccount,
    snapshot: Snapshot,
    who: str,
    now: datetime,
) -> None:
    """Writes it down, with what was shown of the driver."""
    shown = {driver["feature"]: driver["points"] for driver in account.payload["drivers"]}
    row = {
        "account_id": account.payload["account_id"],
        "snapshot_id": snapshot.id,
        "as_of": snapshot.as_of,
        "model": snapshot.model,
        "verdict": verdict.said,
        "feature": verdict.feature,
        "points": shown.get(verdict.feature or ""),
        "because": verdict.because,
        "who": who,
        "said_at": moment_text(now),
    }
    connection.execute(insert(driver_verdicts).values(row))


def verdicts_of(store: ScoreStore, account_id: str | None = None, most: int = 10_000) -> list[Row[Any]]:
    """The verdicts that the caller may see, the newest first; of one account, or of all."""
    table = driver_verdicts.c
    query = select(driver_verdicts).where(store.owned(table.account_id)).order_by(table.id.desc())
    if account_id is not None:
        query = query.where(table.account_id == account_id)
    with store.begin() as connection:
        return list(connection.execute(query.limit(most)))


def as_dicts(rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """The verdicts for JSON."""
    return [{name: getattr(row, name) for name in COLUMNS} for row in rows]


def as_csv(rows: Iterable[Row[Any]]) -> str:
    """The verdicts for a spreadsheet, in which no text can become a formula; the model in columns."""
    text = io.StringIO()
    flat = [name for name in COLUMNS if name != "model"]
    writer = csv.writer(text)
    writer.writerow([*flat, *(f"model_{part}" for part in MODEL_PARTS)])
    for row in rows:
        cells = [getattr(row, name) for name in flat] + [row.model.get(part) for part in MODEL_PARTS]
        writer.writerow([safe_cell(cell) for cell in cells])
    return BYTE_ORDER_MARK + text.getvalue()

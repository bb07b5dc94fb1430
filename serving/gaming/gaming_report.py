"""The whole report on gaming: who is named, by which records, and what is done about it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from features.book import open_book
from features.extent import known_extent
from features.params import CheckParams
from features.warehouse import Warehouse
from serving.api.request_fields import utc_text
from serving.gaming.discount import LEFT_OUT
from serving.gaming.gaming_params import GamingParams
from serving.gaming.gaming_tables import keep_report
from serving.gaming.suspicions import Suspicion, suspicions
from serving.history.store import ScoreStore

logger = logging.getLogger("vitals.gaming")
RULE = {
    "nothing": "shown only: health is scored with these records (gaming.discount: nothing)",
    "leave_out": "health is scored without the records of: " + ", ".join(LEFT_OUT),
}


@dataclass(frozen=True, eq=False)
class GamingReport:
    """Every CSM and trick as of a date, the least likely first, and how it is judged."""

    as_of: pd.Timestamp
    suspicions: tuple[Suspicion, ...]
    params: GamingParams

    @property
    def accused(self) -> list[Suspicion]:
        """Those beyond what chance and the params allow."""
        return [one for one in self.suspicions if one.accused]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON: who is named, and how many were asked."""
        return {
            "as_of": utc_text(self.as_of.to_pydatetime()),
            "csms": len({one.csm for one in self.suspicions}),
            "asked": len(self.suspicions),
            "false_discoveries": self.params.false_discoveries,
            "discount": self.params.discount,
            "suspicions": [one.as_dict() for one in self.accused],
        }

    def as_text(self) -> str:
        """For people."""
        asked = f"{len({one.csm for one in self.suspicions})} CSMs, {len(self.suspicions)} questions"
        limit = f"named where chance, of all questions together, is at most {self.params.false_discoveries:g}"
        head = f"as of {self.as_of:%Y-%m-%d}: {asked}; {limit}"
        if not self.accused:
            return f"{head}\nnobody: nothing lies beyond what accounts dealt by chance would show"
        told = [one.as_text() for one in self.accused]
        note = "An unlikely number is no proof: look at the records, and ask, before anybody is blamed."
        return "\n".join([head, *told, RULE[self.params.discount], note])


def gaming_report(book: Warehouse, as_of: pd.Timestamp | None, params: GamingParams) -> GamingReport:
    """The report on an opened book as of a date (None: its end)."""
    moment = known_extent(book)[1] if as_of is None else as_of
    return GamingReport(moment, tuple(suspicions(book, moment, params)), params)


def watch_for_gaming(
    store: ScoreStore, folder: Path, checks: CheckParams, params: GamingParams, now: datetime
) -> None:
    """What `vitals watch` does each night after scoring. It never raises: what failed stands in the log."""
    try:
        found = report_and_keep(store, folder, None, checks, params, now)
        logger.info("gaming: %d of %d questions name somebody", len(found.accused), len(found.suspicions))
    except Exception as error:
        logger.error("gaming could not be looked for: %s", type(error).__name__)


def report_and_keep(
    store: ScoreStore,
    folder: Path,
    as_of: pd.Timestamp | None,
    checks: CheckParams,
    params: GamingParams,
    now: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> GamingReport:
    """The same of a book in a folder, kept in the store for pages and the API."""
    progress("reading and checking the book")
    book = open_book(folder, checks)
    progress("looking for signals that look better than they are")
    report = gaming_report(book.source, as_of, params)
    with store.writing() as connection:
        keep_report(connection, report.as_dict()["as_of"], report.as_dict(), now)
    return report

"""The dates before today: those of the backtest, and those for which health was published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from features.book import Book
from serving.monitoring.expected_performance import LineOutOfTime
from serving.monitoring.performance_history import DatedPerformance, dated_performance
from serving.monitoring.published_scores import EDGE, PublishedDate
from training import registry as models
from training.labels import churn_labels, read_churns, read_starts, still_customers
from training.outcome_tables import CHURNS

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class PastDates:
    """What the registry and the book know of a version's dates. `horizon` and `lag` in days."""

    client: MlflowClient
    version: str
    horizon: int
    lag: int
    book: Book

    def expected(self, today: pd.Timestamp, rows: pd.DataFrame) -> DatedPerformance:
        """Of today's `rows` (account_id, as_of, p), whose outcomes nobody knows."""
        matures = self._matures(today, self.horizon)
        return dated_performance(rows, None, "published", self.version, matures, self.line(self.version))

    def backtest(self) -> list[DatedPerformance]:
        """The dates that the version's training run foretold out of time, all of them mature."""
        tested = self._tested(self.version)
        if tested is None:
            return []
        line, found = _line(tested), []
        for _, date in tested.groupby("as_of", sort=True):
            rows = date.reset_index(drop=True)
            matures = self._matures(rows["as_of"].iloc[0], self.horizon)
            found.append(dated_performance(rows, rows["churned"], "backtest", self.version, matures, line))
        return found

    def measured(
        self, published: Sequence[PublishedDate], today: pd.Timestamp, known_until: pd.Timestamp
    ) -> Iterator[DatedPerformance]:
        """The published dates before today, with their labels where they are mature at `known_until`."""
        for one in published:
            if one.as_of < today and (found := self._dated(one, known_until)) is not None:
                yield found

    def line(self, version: str) -> LineOutOfTime | None:
        """The calibration line of what a version foretold out of time; None where that is not known."""
        tested = self._tested(version)
        return None if tested is None else _line(tested)

    def _dated(self, one: PublishedDate, known_until: pd.Timestamp) -> DatedPerformance | None:
        horizon, rows, churned = self._horizon_of(one.version), one.rows, None
        if CHURNS.name in self.book.tables:
            churns, starts = read_churns(self.book.tables), read_starts(self.book.tables)
            rows = rows[still_customers(rows, churns, starts, known_until)].reset_index(drop=True)
            labels = churn_labels(rows, churns, horizon, self.lag, known_until)
            churned = labels if len(labels) and labels.notna().all() else None
        if len(rows) < 2:
            return None
        matures, line = self._matures(one.as_of, horizon), self.line(one.version)
        return dated_performance(rows, churned, "published", one.version, matures, line)

    def _tested(self, version: str) -> pd.DataFrame | None:
        """What the training run of a version foretold out of time: account_id, as_of, churned, p.

        None of a version of an older Vitals, which logged no answers, or one whose run is gone.
        """
        from mlflow.exceptions import MlflowException

        try:
            tested = models.predictions(self.client, version)
        except (FileNotFoundError, MlflowException):
            return None
        if "answer" not in tested:
            return None
        return tested.assign(p=tested["answer"].astype("float64").clip(EDGE, 1 - EDGE))

    def _horizon_of(self, version: str) -> int:
        from mlflow.exceptions import MlflowException

        if version == self.version:
            return self.horizon
        try:
            told = models.horizon_of(self.client, version)
        except MlflowException:
            told = None
        return self.horizon if told is None else int(told.removesuffix("d"))

    def _matures(self, as_of: pd.Timestamp, horizon: int) -> pd.Timestamp:
        return as_of + pd.Timedelta(days=horizon + self.lag)


def _line(tested: pd.DataFrame) -> LineOutOfTime:
    p, churned = (tested[name].to_numpy("float64") for name in ("p", "churned"))
    return LineOutOfTime.of(p, churned, tested["account_id"].to_numpy(str))

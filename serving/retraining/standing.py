"""What is known of the champion today: its age, the labels that came since, and what monitoring found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.book import open_book
from features.extent import known_extent
from serving.closed_loop.moments import moment_of
from serving.history.store import ScoreStore
from serving.retraining import attempts
from serving.retraining.monitoring_summary import newest_monitoring
from serving.retraining.triggers import Standing
from training import registry as versions
from training.all_params import AllParams
from training.labels import read_churns
from training.outcome_tables import ALL_TABLES, CHURNS

if TYPE_CHECKING:
    from mlflow import MlflowClient


def standing_of(store: ScoreStore, book: Path, params: AllParams, registry: Path, now: datetime) -> Standing:
    """The champion's standing on the book of today. DataFault where the book cannot be used."""
    with versions.tracking(registry) as client:
        champion = versions.version_of(client, "champion")
        if champion is None:
            return Standing(None)
        run = client.get_run(client.get_model_version(versions.MODEL, champion).run_id)
        trained = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
        summary = newest_monitoring(registry, champion)
        known_until = pd.Timestamp(run.data.tags["known_until"], tz="UTC")
        promised = _promised_auc(client, champion)
    return Standing(
        champion,
        age_days=max((now - max(trained, _last_attempt(store) or trained)).total_seconds() / 86_400, 0.0),
        new_churns=new_churns(book, params, known_until),
        promised_auc=promised,
        **summary,
    )


def _last_attempt(store: ScoreStore) -> datetime | None:
    """When training again was last tried: what was refused yesterday is not due today by the calendar."""
    with store.begin() as connection:
        attempt = attempts.newest(connection)
    return None if attempt is None else moment_of(attempt.started_at)


def new_churns(book: Path, params: AllParams, known_until: pd.Timestamp) -> int | None:
    """Accounts whose churn the labels know today, and did not in a book that was known until then.

    A label is mature its horizon and the label lag after its date, so a churn is in one as soon as the lag
    has passed. None where the book has no outcomes.
    """
    opened = open_book(book, params.checks, ALL_TABLES)
    if CHURNS.name not in opened.tables:
        return None
    lag = pd.Timedelta(days=params.training.label_lag)
    today, at = known_extent(opened.source)[1], read_churns(opened.tables)
    new = (at["at"] >= known_until - lag) & (at["at"] < today - lag)
    return int(at.loc[new, "account_id"].nunique())


def _promised_auc(client: MlflowClient, version: str) -> float | None:
    """The AUC out of time of the member that answers, as its run measured it."""
    found: Mapping[str, Any] = versions.logged_document(client, version, "comparison.json")
    member = versions.logged_document(client, version, "params.json")["training"]["member"]
    figures = [e["value"] for e in found["estimates"] if (e["model"], e["measure"]) == (member, "auc")]
    return None if not figures or figures[0] is None else float(figures[0])

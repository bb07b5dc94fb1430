"""What runs left in the registry, read without MLflow: its database with SQL, its documents as files.

As in `serving.scores.champion`: the service need not import MLflow. What is read here is shown to people and
never scores; of a run that is gone, or a document that cannot be read, nothing is shown.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

VERSION_SQL = "SELECT run_id FROM model_versions WHERE name = 'vitals' AND version = ?"
ALIAS_SQL = "SELECT version FROM registered_model_aliases WHERE name = 'vitals' AND alias = ?"
KIND_SQL = """
    SELECT r.run_uuid, r.start_time
    FROM runs AS r
    JOIN tags AS t ON t.run_uuid = r.run_uuid
    WHERE t.key = 'kind' AND t.value = ? AND r.lifecycle_stage = 'active' AND r.status = 'FINISHED'
    ORDER BY r.start_time DESC, r.run_uuid
    LIMIT 1
"""


@dataclass(frozen=True)
class LoggedRun:
    """The folder of a run's documents, and when it began, where that was asked for."""

    folder: Path
    began: datetime | None = None

    def document(self, name: str) -> Any | None:
        """A JSON document; None where there is none that can be read."""
        try:
            return json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def table(self, name: str, columns: list[str]) -> pd.DataFrame | None:
        """These columns of a Parquet file; None where it, or one of them, is not there."""
        try:
            return pd.read_parquet(self.folder / name, columns=columns)
        except (OSError, ValueError, KeyError):
            return None


def run_of(registry: Path, version: str) -> LoggedRun | None:
    """The run that made a version; None where there is no such version."""
    found = _row(registry, VERSION_SQL, version)
    return None if found is None else LoggedRun(_folder(registry, str(found[0])))


def alias_of(registry: Path, alias: str) -> str | None:
    """The version that `champion` or `challenger` names; None where none is."""
    found = _row(registry, ALIAS_SQL, alias)
    return None if found is None else str(found[0])


def newest_run(registry: Path, kind: str) -> LoggedRun | None:
    """The last run that was finished and is tagged as of this `kind`; None where there is none."""
    found = _row(registry, KIND_SQL, kind)
    if found is None:
        return None
    return LoggedRun(_folder(registry, str(found[0])), datetime.fromtimestamp(found[1] / 1000, UTC))


def _folder(registry: Path, run_id: str) -> Path:
    """In this registry, wherever it was moved or copied to."""
    return registry / "artifacts" / run_id / "artifacts"


def _row(registry: Path, query: str, *values: str) -> tuple[Any, ...] | None:
    database = registry / "mlflow.db"
    if not database.exists():
        return None
    uri = f"{database.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
            found: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
    except sqlite3.Error:
        return None
    return found

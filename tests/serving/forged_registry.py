"""A registry as serving reads it, without MLflow: the two tables of the champion's query, and signed bundles.

That the query finds in MLflow's own database what MLflow names is the business of `test_champion.py`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tests.training.small_model import small_model
from training.bundle_signature import sign_bundle
from training.calibration import LogOddsLine
from training.health_model import HealthModel, write_health_model

TABLES = (
    "CREATE TABLE registered_model_aliases (alias TEXT PRIMARY KEY, version INTEGER, name TEXT)",
    "CREATE TABLE model_versions (name TEXT, version INTEGER, storage_location TEXT)",
)


class ForgedRegistry:
    """Versions are added signed; `promote` moves the alias, in one statement as MLflow does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._run(*TABLES)

    def add(self, version: int, model: HealthModel) -> Path:
        """Its bundle's folder."""
        place = self.folder / "artifacts" / "models" / f"m-{version}" / "artifacts"
        bundle = place / "artifacts" / "bundle"
        write_health_model(bundle, model)
        sign_bundle(bundle, str(version), self.folder)
        self._run(f"INSERT INTO model_versions VALUES ('vitals', {version}, '{place.as_uri()}')")
        return bundle

    def promote(self, version: int | None) -> None:
        if version is None:
            self._run("DELETE FROM registered_model_aliases")
        else:
            self._run(
                f"INSERT OR REPLACE INTO registered_model_aliases VALUES ('champion', {version}, 'vitals')"
            )

    def _run(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.folder / "mlflow.db", timeout=30)) as connection, connection:
            for statement in statements:
                connection.execute(statement)


def three_models() -> dict[int, HealthModel]:
    """Models that answer differently, by version."""
    model = small_model()
    lines = {1: 0.0, 2: 0.9, 3: -1.3}
    none = ((0.0, 0.0), (0.0, 0.0))
    return {
        version: replace(model, pooled=replace(model.pooled, line=LogOddsLine(shift, 1.0, none)))
        for version, shift in lines.items()
    }

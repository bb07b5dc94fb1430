"""The model as MLflow loads it: code from this file, data from the bundle; nothing is unpickled.

`mlflow.pyfunc.load_model("models:/vitals@champion").predict(features)` gives the health and its
interval. MLflow runs this file at loading time, so it needs the `vitals` packages to be importable.
"""

from __future__ import annotations

from pathlib import Path

import mlflow
import pandas as pd

from training.health_model import HealthModel, read_health_model


class HealthOfAccounts(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Health, 0–100, of rows of the catalogue's features (float64, NaN = missing).

    A column `segment`, which may be left out, picks the rule's profile of weights.
    """

    model: HealthModel

    def load_context(self, context: mlflow.pyfunc.PythonModelContext) -> None:
        """Reads and verifies the bundle."""
        self.model = read_health_model(Path(context.artifacts["bundle"]))

    def predict(
        self,
        context: mlflow.pyfunc.PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """`health`, `low`, `high` and `churn_probability` per row."""
        X = model_input[list(self.model.features)].to_numpy("float64")
        segment = model_input["segment"].tolist() if "segment" in model_input else None
        health, edges = self.model.health(X, segment), self.model.interval(X, segment)
        return pd.DataFrame(
            {
                "health": health,
                "low": edges[:, 0],
                "high": edges[:, 1],
                "churn_probability": 1 - health / 100,
            },
            index=model_input.index,
        )


mlflow.models.set_model(HealthOfAccounts())

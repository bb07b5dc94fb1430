"""What people build in place of Vitals' service, each as small as it can be. Started by `serving.py`.

`FOLDER` (of the environment) holds `bag_*.txt`, LightGBM's own texts of the model that Vitals serves.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

BAGS = [
    lightgbm.Booster(model_file=str(file)) for file in sorted(Path(os.environ["FOLDER"]).glob("bag_*.txt"))
]
KIND = os.environ.get("PEER", "pred_contrib")


def contributions(rows: list[list[float | None]]) -> list[list[float]]:
    """SHAP values of each row by the bags' mean, the base value last."""
    X: NDArray[np.float64] = np.array(rows, dtype=np.float64)
    if KIND == "shap":
        parts = [explainer.shap_values(X) for explainer in EXPLAINERS]
    else:
        parts = [bag.predict(X, pred_contrib=True, num_threads=1) for bag in BAGS]
    found: list[list[float]] = np.mean(parts, axis=0).tolist()
    return found


if KIND == "shap":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing shap meets deprecations of matplotlib
        import shap

    EXPLAINERS = [shap.TreeExplainer(bag, feature_perturbation="tree_path_dependent") for bag in BAGS]

if KIND == "bentoml":
    import bentoml

    @bentoml.service(name="bare")
    class Bare:
        """A plain BentoML API."""

        @bentoml.api(route="/predict")
        def predict(self, rows: list[list[float | None]]) -> list[list[float]]:
            """SHAP values of rows."""
            return contributions(rows)

else:
    from fastapi import Body, FastAPI

    app = FastAPI()

    @app.get("/readyz")
    def ready() -> str:
        """It answers."""
        return "ready"

    @app.post("/predict")
    def predict(rows: list[list[float | None]] = Body(embed=True)) -> list[list[float]]:  # noqa: B008
        """SHAP values of rows."""
        return contributions(rows)

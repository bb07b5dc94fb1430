"""What the newest monitoring of the champion found, as far as a trigger asks: read, never worked out here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.registry import EXPERIMENT

if TYPE_CHECKING:
    from mlflow import MlflowClient

FOUND = ("drifted", "steady")  # states of a column that could be compared


def newest_monitoring(client: MlflowClient, registry: Path, version: str) -> dict[str, Any]:
    """Fields of `Standing` by the newest `monitoring.json` of this version; empty where there is none."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        return {}
    wanted = f"tags.kind = 'monitoring' AND tags.version = '{version}'"
    order = ["attributes.start_time DESC"]
    runs = client.search_runs([found.experiment_id], wanted, order_by=order, max_results=1)
    if not runs:
        return {}
    here = registry / "artifacts" / runs[0].info.run_id / "artifacts" / "monitoring" / "monitoring.json"
    try:
        return summary_of(json.loads(here.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def summary_of(document: dict[str, Any]) -> dict[str, Any]:
    """The figures that triggers ask for, of a monitoring report as JSON.

    >>> steady, gone = {"column": "seats", "state": "steady"}, {"column": "mrr", "state": "drifted"}
    >>> summary_of({"findings": [{"column": "health", "state": "drifted"}, steady, gone]})
    {'drifted': 1, 'looked_at': 2, 'prediction_drifted': True}
    """
    prediction, *features = document["findings"]
    compared = [finding["state"] for finding in features if finding["state"] in FOUND]
    told = {
        "drifted": compared.count("drifted"),
        "looked_at": len(compared),
        "prediction_drifted": prediction["state"] == "drifted",
    }
    return told | _auc(document)


def _auc(document: dict[str, Any]) -> dict[str, Any]:
    """The measured AUC where labels are mature, else the estimated one; empty where neither is told."""
    performance = document.get("performance") or {}
    for kind in ("measured", "estimated"):
        figure = ((performance.get(kind) or {}).get("auc") or {}).get("value")
        if figure is not None:
            return {"auc_now": float(figure), "auc_kind": kind}
    return {}

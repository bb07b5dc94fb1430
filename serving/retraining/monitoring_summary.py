"""What the newest monitoring of the champion found, as far as a trigger asks: read, never worked out here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serving.monitoring.monitoring_files import newest_summary

PREDICTION = "health"


def newest_monitoring(registry: Path, version: str) -> dict[str, Any]:
    """Fields of `Standing` by the newest report; empty where there is none, or it is of another version."""
    found = newest_summary(registry)
    try:
        return {} if found is None or found["version"] != version else summary_of(found)
    except (KeyError, TypeError, ValueError):
        return {}


def summary_of(summary: dict[str, Any]) -> dict[str, Any]:
    """The figures that triggers ask for, of `MonitoringReport.summary`.

    >>> drift = {"states": {"steady": 79, "drifted": 2}, "drifted": [{"column": "health"}, {"column": "mrr"}]}
    >>> expected = {"expected": {"auc": {"value": 0.7}}}
    >>> found = summary_of({"drift": drift, "version": "3", "dates": [], "expected": expected})
    >>> found["drifted"], found["looked_at"], found["prediction_drifted"], found["auc_kind"]
    (1, 80, True, 'estimated')
    """
    drift = summary["drift"]
    drifted = [finding["column"] for finding in drift["drifted"]]
    compared = drift["states"].get("steady", 0) + drift["states"].get("drifted", 0)
    told = {
        "drifted": len(drifted) - (PREDICTION in drifted),
        "looked_at": max(compared - 1, 0),  # the prediction is one of them
        "prediction_drifted": PREDICTION in drifted,
    }
    return told | _auc(summary)


def _auc(summary: dict[str, Any]) -> dict[str, Any]:
    """The AUC that was measured last of what the version published; the estimated one before there is any."""
    dates = [one for one in summary["dates"] if one["source"] == "published" and one["measured"]]
    mine = [one for one in dates if one["version"] == summary["version"]]
    if mine and (value := mine[-1]["measured"]["auc"]["value"]) is not None:
        return {"auc_now": float(value), "auc_kind": "measured"}
    value = summary["expected"]["expected"].get("auc", {}).get("value")
    return {} if value is None else {"auc_now": float(value), "auc_kind": "estimated"}

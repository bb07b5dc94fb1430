"""Do today's accounts look like themselves on the day the model was made? As the monitor last saw it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.model.monitoring_read import monitored
from serving.pages.visits import Visit

STEADY = "steady"


def drift(visit: Visit, _: ModelRead) -> dict[str, Any]:
    """The findings of the newest report; `report` None before there is one."""
    report = monitored(visit)
    if report is None:
        return {"report": None}
    found = report["drift"]
    health = [each for each in found["findings"] if each["column"] == found["prediction"]]
    features = [each for each in found["findings"] if each["column"] != found["prediction"]]
    return {
        "report": report,
        "found": found,
        "prediction": health[0] if health else None,
        "told": [each for each in features if each["state"] != STEADY or each["words"]],
        "counts": dict(sorted(Counter(each["state"] for each in features).items())),
    }

"""What `vitals monitor` found when it last ran: do today's accounts look like those it was trained on?"""

from __future__ import annotations

from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit
from serving.request_fields import utc_text
from serving.run_documents import newest_run

DOCUMENT = "monitoring/monitoring.json"
STEADY = "steady"


def drift(visit: Visit, _: ModelRead) -> dict[str, Any]:
    """The newest report in the registry; `report` None before there is one."""
    run = newest_run(visit.held.registry, "monitoring")
    report = None if run is None else run.document(DOCUMENT)
    if run is None or report is None or run.began is None:
        return {"report": None}
    prediction, *features = report["findings"]
    told = [each for each in features if each["state"] != STEADY]
    counts: dict[str, int] = {}
    for each in features:
        counts[each["state"]] = counts.get(each["state"], 0) + 1
    when = utc_text(run.began)
    return {"report": report, "when": when, "prediction": prediction, "told": told, "counts": counts}

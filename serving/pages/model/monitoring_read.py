"""What the monitor found when it last ran, for the panels that show it."""

from __future__ import annotations

from typing import Any

from features.faults import Fault
from serving.api.problems import NOT_MONITORED, Problem
from serving.monitoring.monitoring_files import DOCUMENT, KIND, PAGE, newest_report
from serving.pages.visits import Download, Visit


def monitored(visit: Visit) -> dict[str, Any] | None:
    """The newest report (`MonitoringReport.as_dict`); None before there is one that can be read."""
    run = newest_report(visit.held.registry)
    report = None if run is None else run.document(f"{KIND}/{DOCUMENT}")
    return report if isinstance(report, dict) and "drift" in report else None


def monitoring_html(visit: Visit) -> Download:
    """`/model/monitoring.html`: Evidently's page of the newest report, to be kept.

    Its histograms are of all accounts, so who may see those of one owner only is refused.
    """
    run = newest_report(visit.held.registry)
    step = "run vitals monitor, or wait for the night; a key for all accounts is needed"
    fault = Fault("monitoring", None, "a report of the monitor", step)
    if run is None or visit.caller.owner is not None:
        raise Problem(NOT_MONITORED, [fault])
    try:
        text = (run.folder / KIND / PAGE).read_text(encoding="utf-8")
    except OSError:
        raise Problem(NOT_MONITORED, [fault]) from None
    return Download(PAGE, "text/html", text)

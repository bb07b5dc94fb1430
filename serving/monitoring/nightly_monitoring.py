"""The monitor after the nightly scoring: it may fail without the night having failed."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

from features.faults import WrongUse
from features.params_file import read_section
from serving.monitoring.monitoring_params import MonitoringParams
from serving.monitoring.monitoring_run import Asked, monitor_book

logger = logging.getLogger("vitals.watch")


def monitor_after_scoring(asked: Asked) -> bool:
    """Monitors the book where `monitoring.nightly` says so; whether a report was made.

    Health is published by then, so a monitor that fails is logged by its kind of error, and by no word of
    the data, and tried again the next night. The report is in MLflow and on the Model page; `asked.out` is
    not used.
    """
    if not read_section(asked.params_file, "monitoring", MonitoringParams, asked.overrides).nightly:
        return False
    try:
        with tempfile.TemporaryDirectory() as scratch:
            report, _ = monitor_book(replace(asked, out=Path(scratch)), lambda _: None)
    except WrongUse:
        logger.info("monitoring: no model has been trained yet")
        return False
    except Exception as error:
        logger.error("monitoring: %s", type(error).__name__)
        return False
    drifted, reasons = len(report.drift.of_state("drifted")), len(report.doubts)
    logger.info("monitoring: %d columns drifted, %d reasons to doubt the estimate", drifted, reasons)
    return True

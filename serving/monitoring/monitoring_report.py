"""Everything that one run of the monitor says: drift, what is expected, what was measured, and doubts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.monitoring.doubts import doubt_in_words
from serving.monitoring.drift_report import DriftReport
from serving.monitoring.early_truth import EarlyTruth
from serving.monitoring.evidently_pages import offline_page
from serving.monitoring.monitoring_files import DOCUMENT, PAGE, SUMMARY
from serving.monitoring.performance_history import DatedPerformance, scored_against_each_other
from serving.monitoring.reference_day import ReferenceDay
from training.account_sums import Span


@dataclass(frozen=True)
class MonitoringReport:
    """`today` is what is expected of the accounts as they are at `as_of`; `dates` come before it, oldest
    first. `doubts` say why the estimates might not be believed (see `doubts`)."""

    as_of: str
    version: str
    reference: ReferenceDay
    drift: DriftReport
    today: DatedPerformance
    dates: tuple[DatedPerformance, ...]
    early: tuple[EarlyTruth, ...]
    doubts: tuple[dict[str, Any], ...]

    def summary(self) -> dict[str, Any]:
        """All but Evidently's own results: plain lists and numbers without NaN, no account named."""
        return {
            "as_of": self.as_of,
            "version": self.version,
            "reference": {
                "as_of": f"{self.reference.day:%Y-%m-%dT%H:%M:%SZ}",
                "kind": self.reference.kind,
                "filled": self.reference.filled,
            },
            "drift": self.drift.summary(),
            "expected": self.today.as_dict(),
            "dates": [one.as_dict() for one in self.dates],
            "scored": scored_against_each_other(self.dates),
            "early": [one.as_dict() for one in self.early],
            "doubts": [dict(one) for one in self.doubts],
        }

    def as_dict(self) -> dict[str, Any]:
        """The summary with every column's finding and Evidently's results, fit for JSON."""
        return self.summary() | {"drift": self.drift.as_dict()}

    def as_text(self) -> str:
        """For people: drift first, then what is expected, what came so far, and what that is worth."""
        seen = f"the day the model was made ({self.reference.day:%Y-%m-%d})"
        if self.reference.kind == "learned":
            seen = f"the newest date that it learned from ({self.reference.day:%Y-%m-%d})"
        lines = [f"Version {self.version}, {self.as_of[:10]} against {seen}", self.drift.as_text()]
        if not self.reference.filled:
            lines.append("No drift can be told: the book began too late for its windows to be full by then")
        lines += ["", f"Expected, without labels (90 % interval), of {self.today.accounts} accounts:"]
        lines.append("  " + _spans(self.today.expected))
        lines += [f"  doubtful: {doubt_in_words(doubt)}" for doubt in self.doubts] or [
            "  nothing speaks against it"
        ]
        mature = [one for one in self.dates if one.measured is not None]
        if mature:
            lines += ["", "Measured, where labels are mature, and whether that had been expected:"]
            lines += [_measured(one) for one in mature]
        if self.early:
            lines += ["", "So far:", *(f"  {one.as_text()}" for one in self.early)]
        return "\n".join(lines)

    def write(self, folder: Path) -> tuple[Path, ...]:
        """`monitoring.html`, `monitoring.json` and `summary.json` in `folder`, which is made."""
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / PAGE
        page.write_text(offline_page(self.as_text(), self.drift.evidently_page), encoding="utf-8")
        documents = {DOCUMENT: self.as_dict(), SUMMARY: self.summary()}
        for name, content in documents.items():
            text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
            (folder / name).write_text(text, encoding="utf-8")
        return page, *(folder / name for name in documents)


def _spans(
    spans: dict[str, Span], names: Sequence[str] = ("auc", "brier", "calibration_slope", "churns")
) -> str:
    told = {"auc": "AUC", "brier": "Brier score", "calibration_slope": "slope", "churns": "churns"}
    forms = {"churns": ".0f"}
    return ", ".join(
        f"{told[name]} {spans[name].as_text(forms.get(name, '.3f'))}" for name in names if name in spans
    )


def _measured(one: DatedPerformance) -> str:
    assert one.measured is not None
    inside = {True: "as expected", False: "not as expected", None: ""}[one.inside("auc")]
    return f"  {one.as_of[:10]} ({one.source}): {_spans(one.measured, ('auc', 'brier'))}: {inside}"

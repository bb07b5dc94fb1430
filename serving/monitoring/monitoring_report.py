"""Do today's accounts still look like those the model was trained on? In words, as JSON and as a page.

Nothing here needs an outcome. What the model achieves is measured elsewhere, once labels are mature.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.faults import Fault, WrongUse
from serving.monitoring.column_drift import ColumnFinding, State, examine_column, finite_numbers
from serving.monitoring.evidently_pages import evidently_report, offline_page


@dataclass(frozen=True)
class MonitoringReport:
    """Findings for the prediction (first) and each feature, Evidently's results, and the page for people."""

    rows_reference: int
    rows_current: int
    accounts: int
    findings: tuple[ColumnFinding, ...]
    evidently: dict[str, Any]
    html: str

    def of_state(self, state: State) -> tuple[str, ...]:
        """The columns in that state."""
        return tuple(finding.column for finding in self.findings if finding.state == state)

    def as_dict(self) -> dict[str, Any]:
        """Everything but the page, as plain lists and numbers without NaN: fit for JSON."""
        whole = asdict(self)
        del whole["html"]
        return whole

    def as_text(self) -> str:
        """A few lines for people: the prediction, then every feature that is not simply steady."""
        return _text(self.rows_reference, self.rows_current, self.accounts, self.findings)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """`monitoring.html` and `monitoring.json` in `folder`, which is made; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        page, document = folder / "monitoring.html", folder / "monitoring.json"
        page.write_text(self.html, encoding="utf-8")
        content = json.dumps(self.as_dict(), indent=1, allow_nan=False, ensure_ascii=False)
        document.write_text(content, encoding="utf-8")
        return page, document


def monitor(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    features: Sequence[str],
    prediction: str,
    accounts: int,
) -> MonitoringReport:
    """Data quality and drift of the prediction and the features, from `reference` to `current`.

    Either frame has one row per account and as-of date. `accounts` is the number of distinct accounts in
    the frame that has fewer: the rows of one account are no independent evidence. Columns that are absent,
    empty, constant, no numbers or infinite are said so in words; nulls and infinities have no distance.

    WrongUse where the prediction is in neither frame, a column is named twice or `accounts` is negative.
    """
    columns = [prediction, *features]
    _check(reference, current, columns, accounts)
    findings = tuple(examine_column(reference, current, column, accounts) for column in columns)
    text = _text(len(reference), len(current), accounts, findings)
    page, document = offline_page(text), dict[str, Any]()
    if sound := [f.column for f in findings if f.state != "not comparable"]:
        then, now = (
            pd.DataFrame({c: finite_numbers(frame[c]) for c in sound}) for frame in (reference, current)
        )
        limits = {f.column: f.limit for f in findings if f.limit is not None}
        evidently_page, document = evidently_report(then, now, limits)
        page = offline_page(text, evidently_page)
    return MonitoringReport(len(reference), len(current), accounts, findings, document, page)


def _text(reference: int, current: int, accounts: int, findings: Sequence[ColumnFinding]) -> str:
    prediction, *features = findings
    counts = Counter(finding.state for finding in features)
    alike: dict[str, list[str]] = {}
    for finding in features:
        if finding.state != "steady" or finding.words:
            alike.setdefault(_said(finding), []).append(finding.column)
    return "\n".join(
        [
            f"Monitoring: {current} current rows against {reference} reference rows, {accounts} accounts",
            f"Prediction: {prediction.column}: {_said(prediction)}",
            "Features: " + ", ".join(f"{count} {state}" for state, count in sorted(counts.items())),
            *(f"  {', '.join(columns)}: {said}" for said, columns in alike.items()),
        ]
    )


def _said(finding: ColumnFinding) -> str:
    measured = ""
    if finding.distance is not None:
        measured = f" (distance {finding.distance:.2f}, drift from {finding.limit:.2f})"
    return f"{finding.state}{measured}" + (f": {finding.words}" if finding.words else "")


def _check(reference: pd.DataFrame, current: pd.DataFrame, columns: Sequence[str], accounts: int) -> None:
    twice = [name for name, count in Counter(columns).items() if count > 1]
    faults = [
        Fault("features", name, "each column once, the prediction apart", "name it once") for name in twice
    ]
    for name, frame in (("reference", reference), ("current", current)):
        doubled = frame.columns[frame.columns.duplicated()]
        faults += [Fault(f"{name} columns", c, "each name once", "drop one of them") for c in doubled]
        if columns[0] not in frame:
            faults.append(Fault("prediction", columns[0], f"a column of the {name} rows", "score them first"))
    if accounts < 0:
        faults.append(Fault("accounts", accounts, "0 or more", "count the distinct accounts"))
    if faults:
        raise WrongUse("This cannot be monitored", faults)

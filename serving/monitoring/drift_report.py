"""Do today's accounts still look like themselves on the day the model was made? In words, JSON, and a page.

Nothing here needs an outcome. What the model achieves is estimated and measured elsewhere in this room.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from features.faults import Fault, WrongUse
from serving.monitoring.column_drift import (
    FALSE_ALARMS,
    ColumnFinding,
    State,
    examine_columns,
    finite_numbers,
)
from serving.monitoring.evidently_pages import NOTHING, evidently_report
from serving.monitoring.same_accounts import TENURE, SameAccounts, same_accounts

GROWS_OLDER = ColumnFinding(TENURE, "not comparable", "every account grows older")


@dataclass(frozen=True)
class DriftReport:
    """Findings for each column (the prediction first, where it was asked for), and Evidently's results.

    `accounts` were compared; `left`, `joined` and `young` ones were not (see `same_accounts`).
    """

    accounts: int
    left: int
    joined: int
    young: int
    false_alarms: float
    prediction: str | None
    findings: tuple[ColumnFinding, ...]
    evidently: dict[str, Any]
    evidently_page: str

    def of_state(self, state: State) -> tuple[str, ...]:
        """The columns in that state."""
        return tuple(finding.column for finding in self.findings if finding.state == state)

    @property
    def alarm(self) -> bool:
        """Whether anything has drifted."""
        return bool(self.of_state("drifted"))

    def as_dict(self) -> dict[str, Any]:
        """Everything but the page, as plain lists and numbers without NaN: fit for JSON."""
        whole = asdict(self) | {"alarm": self.alarm}
        del whole["evidently_page"]
        return whole

    def summary(self) -> dict[str, Any]:
        """What fits on a page: counts by state, and the findings of what has drifted."""
        whole = self.as_dict()
        counts = Counter(finding.state for finding in self.findings)
        drifted = [asdict(finding) for finding in self.findings if finding.state == "drifted"]
        del whole["evidently"], whole["findings"]
        return whole | {"states": dict(sorted(counts.items())), "drifted": drifted}

    def as_text(self) -> str:
        """A few lines for people: the prediction, then every feature that is not simply steady."""
        counts = Counter(f.state for f in self.findings if f.column != self.prediction)
        alike: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.column != self.prediction and (finding.state != "steady" or finding.words):
                alike.setdefault(_said(finding), []).append(finding.column)
        told = [f"Prediction: {f.column}: {_said(f)}" for f in self.findings if f.column == self.prediction]
        return "\n".join(
            [
                f"Drift: {self.accounts} accounts compared with themselves; not compared: {self.left} that"
                f" left, {self.joined} that joined, {self.young} that were too young then",
                *told,
                "Features: " + ", ".join(f"{count} {state}" for state, count in sorted(counts.items())),
                *(f"  {', '.join(columns)}: {said}" for said, columns in alike.items()),
            ]
        )


def drift_between(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    features: Sequence[str],
    prediction: str | None = None,
    settled_days: int = 0,
    false_alarms: float = FALSE_ALARMS,
) -> DriftReport:
    """Data quality and drift of the prediction and the features, from `reference` to `current`.

    Either frame has one row per `account_id`. Columns that are absent, empty, constant, no numbers or
    infinite are said so in words. WrongUse where a column is named twice, an account has two rows, or the
    prediction is in neither frame.
    """
    columns = [*([] if prediction is None else [prediction]), *features]
    _check(reference, current, columns, prediction)
    same = same_accounts(reference, current, settled_days)
    judged = [column for column in columns if column != TENURE]
    found = {f.column: f for f in examine_columns(same.then, same.now, judged, false_alarms)}
    findings = tuple(found.get(column) or GROWS_OLDER for column in columns)
    page, document = NOTHING, dict[str, Any]()
    shown = [f for f in findings if _has_numbers(same, f.column)]
    if shown:
        then, now = (
            pd.DataFrame({f.column: finite_numbers(frame[f.column]) for f in shown})
            for frame in (same.then, same.now)
        )
        page, document = evidently_report(then, now, shown, false_alarms)
    counts = (len(same), same.left, same.joined, same.young)
    return DriftReport(*counts, false_alarms, prediction, findings, document, page)


def _has_numbers(same: SameAccounts, column: str) -> bool:
    """Evidently cannot draw a column that has no finite number at one of the dates."""
    return all(
        column in frame
        and pd.api.types.is_numeric_dtype(frame[column])
        and bool(finite_numbers(frame[column]).notna().any())
        for frame in (same.then, same.now)
    )


def _said(finding: ColumnFinding) -> str:
    measured = ""
    if finding.distance is not None and finding.state == "drifted":
        measured = f" ({finding.distance:.0%} of the accounts moved, adjusted p {finding.adjusted:.1g})"
    return f"{finding.state}{measured}" + (f": {finding.words}" if finding.words else "")


def _check(
    reference: pd.DataFrame, current: pd.DataFrame, columns: Sequence[str], prediction: str | None
) -> None:
    twice = [name for name, count in Counter(columns).items() if count > 1]
    faults = [
        Fault("features", name, "each column once, the prediction apart", "name it once") for name in twice
    ]
    for name, frame in (("reference", reference), ("current", current)):
        doubled = frame.columns[frame.columns.duplicated()]
        faults += [Fault(f"{name} columns", c, "each name once", "drop one of them") for c in doubled]
        if prediction is not None and prediction not in frame:
            faults.append(Fault("prediction", prediction, f"a column of the {name} rows", "score them first"))
    if faults:
        raise WrongUse("This cannot be monitored", faults)

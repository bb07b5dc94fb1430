"""The Evidently report of two frames, as one page that loads nothing and one document without NaN.

Evidently is imported when it is first needed: it takes three seconds that a service should not pay.
"""

from __future__ import annotations

import html
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from serving.monitoring.column_drift import ColumnFinding

METHOD = "swapped_dates"
NOTHING = "<html><head></head><body></body></html>"
UNDATED = datetime(1970, 1, 1, tzinfo=UTC)  # Evidently would stamp the clock's time on its result
POLICY = (  # the browser itself keeps the page from loading or sending anything
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
RANDOM_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def evidently_report(
    reference: pd.DataFrame,
    current: pd.DataFrame,
    findings: Sequence[ColumnFinding],
    false_alarms: float,
) -> tuple[str, dict[str, Any]]:
    """(HTML page, JSON document) on the same numeric columns of both frames, each with a value in both.

    Data quality of every column, and drift of the columns that were tested: the adjusted p-value of their
    finding against the level. Equal frames and findings give equal bytes.
    """
    tested = {f.column: f.adjusted for f in findings if f.adjusted is not None}
    with _quiet():
        snapshot = _run(reference, current, tested, false_alarms)
        page = _with_stable_ids(snapshot.get_html_str(as_iframe=False))
        document: dict[str, Any] = json.loads(snapshot.json(), parse_constant=lambda _: None)
    return page, document


def offline_page(text: str, evidently_page: str) -> str:
    """The page with `text` above it, and a policy that forbids it to load anything."""
    policy = f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = evidently_page.replace("<head>", policy, 1)
    return page.replace("<body>", f"<body><pre>{html.escape(text)}</pre>", 1)


def _run(
    reference: pd.DataFrame, current: pd.DataFrame, tested: Mapping[str, float], false_alarms: float
) -> Any:
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently reads it: no telemetry, whatever is imported
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift
    from evidently.presets import DataSummaryPreset

    _register_test(tested)
    columns = list(current.columns)
    drift = [ValueDrift(column=column, method=METHOD, threshold=false_alarms) for column in tested]
    sets = [
        Dataset.from_pandas(frame[columns], data_definition=DataDefinition(numerical_columns=columns))
        for frame in (current, reference)
    ]
    return Report([DataSummaryPreset(columns=columns), *drift]).run(*sets, timestamp=UNDATED)


def _register_test(tested: Mapping[str, float]) -> None:
    """Our tests under a name that Evidently knows: its own take the two dates of an account for two accounts,
    correct for no number of columns, and at their usual limits cry wolf on a small book: between two draws of
    200 from one distribution PSI reports drift in 34 to 50 % of the cases, Jensen-Shannon in 41 to 60 %."""
    from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
    from evidently.legacy.core import ColumnType

    def judge(_: pd.Series, current: pd.Series, __: object, level: float) -> tuple[float, bool]:
        p_value = tested[str(current.name)]
        return p_value, p_value <= level

    register_stattest(
        StatTest(METHOD, "same accounts, dates swapped; adjusted p", [ColumnType.Numerical]), judge
    )


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # Evidently 0.7 and its web framework use calls that NumPy 2, pandas 3 and Litestar 2 are giving up.
        warnings.filterwarnings("ignore", module=r"(evidently|litestar)\.")
        yield


def _with_stable_ids(page: str) -> str:
    """Evidently draws random ids; they are numbered in the order in which the page's data name them."""
    data = page[: page.index("</script>")]  # behind it stands the library, whose colours look like ids
    drawn = dict.fromkeys(RANDOM_ID.findall(data))
    stable = {name: f"{number:032x}" for number, name in enumerate(drawn)}
    return RANDOM_ID.sub(lambda found: stable.get(found[0], found[0]), page)

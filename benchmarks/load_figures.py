"""What is said of many calls: their times, how they ended, whether an answer is wholly of one model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.open_callers import BLIND, LOST, REFUSED, Call

NAMES = {REFUSED: "nothing listened", LOST: "lost", BLIND: "refused without Retry-After"}
BLOCKS = 20
T_95 = 2.101  # of Student's t with BLOCKS - 2 degrees of freedom, both sides


@dataclass
class Part:
    """What was measured, and which bars were missed."""

    name: str
    told: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)

    def bar(self, said: str, holds: bool) -> None:
        """What has to hold."""
        if not holds:
            self.missed.append(said)


def times(calls: Sequence[Call], *statuses: int) -> dict[str, float]:
    """Milliseconds from when a call was due, of the calls with these statuses."""
    return milliseconds([c.done - c.due for c in calls if c.status in statuses])


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles of times; no number where there are none."""
    if not seconds:
        return dict.fromkeys(("p50", "p99", "max"), float("nan"))
    found = np.quantile(seconds, [0.5, 0.99, 1.0], method="higher") * 1000
    return dict(zip(("p50", "p99", "max"), found.round(2).tolist(), strict=True))


def statuses(calls: Sequence[Call]) -> dict[str, int]:
    """How many calls ended how."""
    found = Counter(c.status for c in calls)
    return {NAMES.get(status, str(status)): count for status, count in sorted(found.items())}


def wrong(calls: Sequence[Call], right: Sequence[Sequence[Any]]) -> int:
    """The answers (200) that are not wholly those of one of the models; `right` has a list for each model."""
    found: dict[tuple[int, bytes], bool] = {}
    for call in calls:
        key = (call.request, call.body)
        if call.status == 200 and key not in found:
            found[key] = json.loads(call.body) not in [answers[call.request] for answers in right]
    return sum(found.get((c.request, c.body), False) for c in calls if c.status == 200)


def growth(at: Sequence[float], megabytes: Sequence[float], over: float) -> tuple[float, float, float]:
    """(low, fitted, high): what memory grows by in `over` seconds, by a line through the means of 20 blocks.

    Samples that follow one another are alike, so the interval (95 %) is that of the blocks.

    >>> [round(one, 6) for one in growth(range(100), [5.0 + 0.01 * n for n in range(100)], 100.0)]
    [1.0, 1.0, 1.0]
    """
    x = np.array([block.mean() for block in np.array_split(np.asarray(at, float), BLOCKS)])
    y = np.array([block.mean() for block in np.array_split(np.asarray(megabytes, float), BLOCKS)])
    around = x - x.mean()
    slope = float(around @ y / (around @ around))
    left = y - y.mean() - slope * around
    error = float(np.sqrt(left @ left / (BLOCKS - 2) / (around @ around)))
    low, high = slope - T_95 * error, slope + T_95 * error
    return over * low, over * slope, over * high

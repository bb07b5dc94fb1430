"""What the leakage checks look at, and how a check answers.

*Not applicable, because …* is an answer of its own: a check that could not look never passes in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.catalog import Feature
from features.params import FeatureParams
from training.dataset import TrainingSet
from training.leakage_finding import Finding, Result, Severity
from training.params import TrainingParams

# Fits on rows and their 0/1 labels, and gives churn probabilities of other rows.
Fit = Callable[[pd.DataFrame, pd.Series, pd.DataFrame], np.ndarray]


@dataclass(frozen=True, eq=False)
class Evidence:
    """A training run as the checks see it.

    `tested`: the predictions out of time, `answer` of the member that is served. `tables`: the accepted
    source tables (None: not at hand), and `versions` of their changed rows. `fit`: the learner, made
    light. `fold`: the calibration fold of each row of the data. `importance`: mean absolute points of each
    feature over `serving`, the rows of the newest date that can be scored.
    """

    data: TrainingSet
    tested: pd.DataFrame
    catalog: Sequence[Feature]
    features: FeatureParams
    params: TrainingParams
    tables: Mapping[str, ir.Table] | None = None
    versions: Mapping[str, ir.Table] = field(default_factory=dict)
    fit: Fit | None = None
    fold: pd.Series | None = None
    importance: pd.Series | None = None
    serving: pd.DataFrame | None = None

    @property
    def feature_columns(self) -> list[str]:
        """The columns of the rows that a model may learn from."""
        return [str(c) for c in self.data.rows.columns if c not in ("account_id", "as_of", "segment")]


@dataclass(frozen=True)
class Answer:
    """What a check found. `result` says whether that is allowed; `found` says it in words."""

    result: Result
    found: str


def passed(found: str) -> Answer:
    """The check looked, and all is well."""
    return Answer("passed", found)


def failed(found: str) -> Answer:
    """The check looked, and something leaks."""
    return Answer("failed", found)


def not_applicable(because: str) -> Answer:
    """The check could not look, or there is nothing to look at."""
    return Answer("not applicable", f"because {because}")


def verdict(faulty: bool, wrong: str, right: str) -> Answer:
    """Failed with `wrong` where it is faulty, else passed with `right`."""
    return failed(wrong) if faulty else passed(right)


@dataclass(frozen=True)
class Check:
    """One rule of method: a stable code, what must hold, how bad it is if not, and what to do then."""

    code: str
    title: str
    severity: Severity
    step: str
    look: Callable[[Evidence], Answer]

    def finding(self, evidence: Evidence) -> Finding:
        """The check's answer about this run, under its name."""
        answer = self.look(evidence)
        return Finding(self.code, self.title, self.severity, answer.result, answer.found, self.step)

"""A model's answers about a simulated book, held against the book's planted truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import Feature
from features.faults import Fault, WrongUse
from training.audit.book_truth import BookTruth
from training.audit.knowable import knowable
from training.audit.planted_families import family_index, noise_index
from training.audit.told_and_true import Figure, Flags, ToldAndTrue, by_family, on_top
from training.audit.verdicts import Bar, Judged, as_lines, judged
from training.calibration import Matrix

BARS = {
    "covered": Bar("at least", 0.85),
    "sign": Bar("at least", 0.85),
    "worst": Bar("at least", 0.6),
    "noise": Bar("at most", 0.01),
}
TITLES = {
    "error": "churn probability off the true one (root mean square)",
    "bias": "churn probability less the true one (mean)",
    "covered": "the 90 % interval holds the true probability",
    "sign": "sign of the top three planted families is the true one",
    "sign_knowable": "… at most, from these features (told by other accounts' truth)",
    "sure": "… where the true share is not within noise of zero",
    "worst": "top family of a red account is the true worst",
    "worst_knowable": "… at most, from these features",
    "noise": "a pure-noise feature is in the top three",
    "any": "… any of the noise features is",
}


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model says of n rows: health and interval (n, 2), 0–100, the features `X` (n, k) it read, the
    share of each in the log-odds of churn (n, k), and whether the account is `red` (n,) by the bands."""

    rows: pd.DataFrame
    features: Sequence[Feature]
    X: Matrix
    health: Matrix
    interval: Matrix
    shares: Matrix
    red: Flags

    def at(self, places: Flags) -> Answers:
        """Those of some rows."""
        kept = {name: getattr(self, name)[places] for name in ("X", "health", "interval", "shares", "red")}
        return replace(self, rows=self.rows[places], **kept)


@dataclass(frozen=True)
class BookAudit:
    """The judged figures of a model on a book. `left_out`: rows that the truth does not know; `not_judged`:
    figures without a case, and why; `noise` and `unplanted`: features that are no symptom of one family."""

    model: str
    dates: tuple[str, ...]
    accounts: int
    rows: int
    left_out: int
    noise: tuple[str, ...]
    unplanted: tuple[str, ...]
    not_judged: tuple[str, ...]
    figures: tuple[Judged, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        found = {**vars(self), "figures": [one.as_dict() for one in self.figures]}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}

    def as_text(self) -> str:
        """For people."""
        rows = f"{self.rows} rows of {self.accounts} accounts, as of {', '.join(self.dates)}"
        lines = [f"{self.model} against the planted truth: {rows}; 90 % intervals, accounts resampled"]
        lines += as_lines(self.figures, TITLES)
        lines += [f"not judged: {reason}" for reason in self.not_judged]
        if self.left_out:
            lines.append(f"left out: {self.left_out} rows whose account the truth does not know at that date")
        lines.append(f"pure noise, by the truth: {', '.join(self.noise) or 'none of the features'}")
        lines.append(f"of {len(self.unplanted)} more features no single planted family is told (see --json)")
        return "\n".join(lines)


def audit_answers(model: str, answers: Answers, truth: BookTruth) -> BookAudit:
    """The figures of these answers, with intervals that resample accounts. WrongUse where none is known."""
    true = truth.of(answers.rows)
    known = true["p_churn_365d"].notna().to_numpy()
    if not known.any():
        fault = Fault(
            "rows with a truth", 0, "one or more", "simulate the book anew: vitals simulate --out DIR"
        )
        raise WrongUse("the planted truth knows none of the accounts at these dates", [fault])
    here, true = answers.at(known), true[known]
    noise = noise_index(here.features, truth.noise)
    family = family_index(here.features, truth.families)
    family[noise] = -1
    compared = ToldAndTrue(
        group=np.unique(true["account_id"], return_inverse=True)[1],
        told=by_family(here.shares, family, len(truth.families)),
        true=true[list(truth.families)].to_numpy(float),
        red=here.red,
        noise_on_top=on_top(here.shares, noise),
    )
    names = [feature.name for feature in here.features]
    other = np.setdiff1d(np.flatnonzero(family < 0), noise)
    figures = (*_calibration(here, true["p_churn_365d"].to_numpy(float)), *_drivers(compared, here.X))
    return BookAudit(
        model=model,
        dates=tuple(f"{date:%Y-%m-%d}" for date in sorted(here.rows["as_of"].unique())),
        accounts=int(compared.group.max()) + 1,
        rows=len(true),
        left_out=int((~known).sum()),
        noise=tuple(names[i] for i in noise),
        unplanted=tuple(names[i] for i in other),
        not_judged=() if here.red.any() else ("the worst family of red accounts, for no account is red",),
        figures=judged(figures, compared.group, BARS, binomial=True),
    )


def _calibration(answers: Answers, truth: Matrix) -> tuple[Figure, ...]:
    error, ones = 1 - answers.health / 100 - truth, np.ones(len(truth))
    low, high = answers.interval.T
    covered = (low <= 100 * (1 - truth)) & (100 * (1 - truth) <= high)
    return (
        Figure("error", error**2, ones, share=False, root=True),
        Figure("bias", error, ones, share=False),
        Figure("covered", covered, ones),
    )


def _drivers(compared: ToldAndTrue, X: Matrix) -> list[Figure]:
    """Those of the model, and behind some of them what could be known at all."""
    most = {figure.name: figure for figure in knowable(compared, X).figures()}
    found = []
    for figure in compared.figures():
        found.append(figure)
        if f"{figure.name}_knowable" in TITLES:
            found.append(replace(most[figure.name], name=f"{figure.name}_knowable"))
    return found

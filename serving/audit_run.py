"""Scores a simulated book as the product does, at several dates, and has the answers audited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from features.book import Book, open_book
from features.faults import Fault, WrongUse
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from serving.batch.batch_scoring import customers, details_of
from serving.scores.feature_rows import FeatureRows
from serving.scores.learned_scorer import LearnedScorer
from training.all_params import AllParams
from training.audit.book_audit import Answers, BookAudit, audit_answers
from training.audit.book_truth import HORIZON, BookTruth, read_truth
from training.outcome_tables import ALL_TABLES
from training.registry import model_of, tracking
from training.what_if_question import version_named

Progress = Callable[[str], None]

QUARTERS = 4  # dates, three months apart: within a year that no training date of the book can reach


def audit_book(
    folder: Path,
    as_of: str | None,
    params: AllParams,
    registry: Path,
    model: str = "champion",
    progress: Progress = lambda _: None,
) -> BookAudit:
    """What the model says of the book's accounts at four quarter's ends (or at `as_of`), against the truth.

    `model`: champion, challenger or a version. Raises WrongUse where the book has no planted truth, the model
    another horizon than the truth, or the date no truth; DataFault for a damaged truth.
    """
    truth = read_truth(folder)
    moments = _moments(truth, as_of)
    scorer = _scorer(model, params, registry)
    progress("reading and checking the book")
    book = open_book(folder, params.checks, ALL_TABLES)
    rows = _rows(book, moments, scorer, params, progress)
    progress("scoring, and comparing with the truth")
    named = "the champion" if model == "champion" else model
    return audit_answers(f"version {scorer.version} ({named})", _answers(rows, scorer), truth)


def _moments(truth: BookTruth, as_of: str | None) -> list[pd.Timestamp]:
    """The dates that are audited, all of them dates of the truth."""
    if as_of is None:
        return truth.dates[::-1][: 3 * QUARTERS : 3][::-1]
    moment = as_of_date(as_of)
    if moment not in truth.dates:
        allowed = f"the first of a month from {truth.dates[0]:%Y-%m-%d} to {truth.dates[-1]:%Y-%m-%d}"
        fault = Fault("--as-of", as_of, allowed, "name one of these, or leave it out")
        raise WrongUse("the truth of that date is not known", [fault])
    return [moment]


def _scorer(name: str, params: AllParams, registry: Path) -> LearnedScorer:
    version = version_named(name, registry)
    with tracking(registry) as client:
        model = model_of(client, version, registry)
    if (days := model.facts["horizon_days"]) != HORIZON:
        step = f"vitals train BOOK --set training.horizon={HORIZON}d"
        fault = Fault("horizon of the model", f"{days}d", f"{HORIZON}d, as the truth has it", step)
        raise WrongUse(f"version {version} cannot be held against the planted probabilities", [fault])
    return LearnedScorer(model, params.rule, params.features.windows, version)


def _rows(
    book: Book,
    moments: Sequence[pd.Timestamp],
    scorer: LearnedScorer,
    params: AllParams,
    progress: Progress,
) -> pd.DataFrame:
    """A row per customer and date with the features that the model reads, and its segment."""
    rows = customers(book, build_snapshot(book.source, list(moments), params.features, progress))
    rows = scorer.told_by_book(rows, book.source)
    return rows.assign(segment=details_of(book, rows)["segment"].to_numpy())


def _answers(rows: pd.DataFrame, scorer: LearnedScorer) -> Answers:
    """Health, interval and band as they are shown; shares before they are rounded."""
    shown = scorer.score(rows, top=0, explain=False)
    X = FeatureRows.of(rows, scorer.feature_names).values
    return Answers(
        rows=rows,
        features=scorer.features,
        X=X,
        health=np.array([payload["health"] for payload in shown]),
        interval=np.array([payload["interval"] for payload in shown], dtype=float).reshape(-1, 2),
        shares=scorer.health_model.pooled.contributions(X, rows["segment"].tolist()),
        red=np.array([payload["band"] == "red" for payload in shown]),
    )

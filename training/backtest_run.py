"""The backtest of a proposal on a book: past month starts, each with the facts known by then.

The rule is recomputed at every date. A learned model is never scored again on the past it was trained on:
its predictions out of time are read, as they were logged with its version, and the replay is of the dates
for which there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from features.book import Book, open_book
from features.extent import known_extent
from features.faults import DataFault, Fault, WrongUse
from features.params import BandLimits, RuleParams
from features.rule_score import rule_band, rule_score
from features.snapshot import build_snapshot
from features.time_windows import month_starts
from training import registry as versions
from training.all_params import AllParams
from training.backtest_words import in_words
from training.band_backtest import LEADS, Backtest, replayed
from training.dataset import segments
from training.labels import read_churns, read_starts, still_customers
from training.outcome_tables import ALL_TABLES
from training.params import TrainingParams
from training.what_if_question import RULE, Question, version_named

Progress = Callable[[str], None]
SAME_BOOK = 0.75  # of a model's predicted rows must be in the book; the rest may have come or gone since


@dataclass(frozen=True, eq=False)
class AskedOfThePast:
    """The replay of a question, and what either side was."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    backtest: Backtest

    def as_dict(self) -> dict[str, Any]:
        """The whole as plain values, fit for JSON."""
        return {"before": dict(self.before), "after": dict(self.after), **self.backtest.as_dict()}

    def as_text(self) -> str:
        """The replay for people."""
        return in_words(self.backtest)


def backtest_of(
    question: Question, folder: Path, params: AllParams, registry: Path, progress: Progress = lambda _: None
) -> AskedOfThePast:
    """Replays both sides of the question on the past of the book.

    Raises WrongUse for a proposal that cannot be used, DataFault where the book has no outcomes, is too
    short, or is another than the model's.
    """
    proposed = question.proposed(params.rule)
    names = {"before": question.against, "after": question.model}
    rules = {"before": params.rule, "after": proposed}
    found = {side: name if name == RULE else version_named(name, registry) for side, name in names.items()}
    progress("reading and checking the book")
    book = open_book(folder, params.checks, ALL_TABLES)
    question.check_segment({*segments(book).dropna(), *params.rule.profiles})
    told = {
        side: logged for side, version in found.items() if (logged := _logged(version, registry)) is not None
    }
    dates = _dates(book, params.training, told)
    rows = _past_rows(book, dates, params, progress)
    progress("scoring the past both ways")
    for side, rule in rules.items():
        rows[side] = (
            _rule_bands(rows, rule) if side not in told else _model_bands(rows, told[side], rule.bands)
        )
    _check_same_book(rows, told)
    rows = rows.dropna(subset=["before", "after"])
    progress("resampling accounts")
    churns = read_churns(book.tables)
    churns = churns[churns["known_at"] < known_extent(book.source)[1]]
    settings = params.training
    done = replayed(rows, churns, dates, settings.bootstrap, settings.seed)
    return AskedOfThePast(
        _told(found["before"], rules["before"]), _told(found["after"], rules["after"]), done
    )


def check_backtest(as_of: str | None, out: Path | None) -> None:
    """Raises WrongUse where options are given that only today's accounts know."""
    given = {"--as-of": as_of, "--out": out and str(out)}
    step = "leave it out with --backtest, which looks at every past month start and answers with --json"
    faults = [Fault(name, value, "left out", step) for name, value in given.items() if value is not None]
    if faults:
        raise WrongUse("a backtest has no single date", faults)


def _logged(version: str, registry: Path) -> pd.DataFrame | None:
    """The predictions out of time of a version: the health, and the lowest it could be. None for the rule."""
    if version == RULE:
        return None
    with versions.tracking(registry) as client:
        tested = versions.predictions(client, version)
    # A version of before healths had a range is taken at its word.
    at_worst = tested.get("at_worst", tested["answer"])
    return tested[["account_id", "as_of"]].assign(
        health=100 * (1 - tested["answer"]), lowest=100 * (1 - at_worst)
    )


def _dates(book: Book, params: TrainingParams, told: Mapping[str, pd.DataFrame]) -> list[pd.Timestamp]:
    """The month starts whose windows are filled, and after which every churn in question is known."""
    known_from, known_until = known_extent(book.source)
    tail = pd.Timedelta(days=max(LEADS) + params.label_lag)
    months = month_starts(known_from + pd.Timedelta(days=params.warm_up), known_until)
    found = [a for a, b in pairwise(months) if b + tail <= known_until]
    if not found:
        reach = f"{known_from:%Y-%m-%d} to {known_until:%Y-%m-%d}"
        wanted = f"{params.warm_up} days before a month start and {tail.days + 31} days after it"
        fault = Fault("book", reach, wanted, "bring more history")
        raise DataFault("the book is too short to look back", [fault])
    for side, logged in told.items():
        known = set(logged["as_of"])
        kept = [date for date in found if date in known]
        if not kept:
            tested = f"{min(known):%Y-%m-%d} to {max(known):%Y-%m-%d}"
            allowed = f"month starts from {found[0]:%Y-%m-%d} to {found[-1]:%Y-%m-%d}"
            step = "train with more training.test_months, so that its tests reach further back"
            raise DataFault(
                "the model has no predictions out of time to look back on",
                [Fault(side, tested, allowed, step)],
            )
        found = kept
    return found


def _past_rows(book: Book, dates: list[pd.Timestamp], params: AllParams, progress: Progress) -> pd.DataFrame:
    """The features of every account that was a customer at each date, as far as was known then."""
    rows = build_snapshot(book.source, dates, params.features, progress)
    rows.insert(2, "segment", rows["account_id"].map(segments(book)))
    here = still_customers(rows, read_churns(book.tables), read_starts(book.tables))
    return rows[here].reset_index(drop=True)


def _rule_bands(rows: pd.DataFrame, rule: RuleParams) -> pd.Series:
    return rule_score(rows, rule, rows["segment"]).band


def _model_bands(rows: pd.DataFrame, logged: pd.DataFrame, bands: BandLimits) -> pd.Series:
    """The band of each row's logged health; null where the version did not predict it."""
    found = rows[["account_id", "as_of"]].merge(logged, "left", ["account_id", "as_of"])
    return rule_band(found["health"], found["lowest"], bands).where(found["health"].notna())


def _check_same_book(rows: pd.DataFrame, told: Mapping[str, pd.DataFrame]) -> None:
    for side, logged in told.items():
        of_dates = logged["as_of"].isin(rows["as_of"].unique()).sum()
        share = rows[side].notna().sum() / of_dates
        if share < SAME_BOOK:
            found = f"{share:.0%} of its predicted rows are in the book"
            step = "name the book that it was trained on"
            raise DataFault(
                "the model is of another book", [Fault(side, found, f"at least {SAME_BOOK:.0%}", step)]
            )


def _told(version: str, rule: RuleParams) -> dict[str, Any]:
    bands = {"bands": rule.bands.model_dump()}
    if version != RULE:
        return {"model": f"version {version}, as it foretold out of time", **bands}
    weights = rule.model_dump(include={"weights", "profiles", "stage_profiles"})
    return {"model": RULE, **weights, **bands}

"""Asks what if: of a published snapshot, as it was published, or of a book.

A snapshot carries the features and the rule that it was scored with, so that an answer about a published
date can be replayed to the byte without the book. A book that is named is read instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.book import open_book
from features.extent import known_extent
from features.faults import Fault, WrongUse
from features.files import check_ending, write_table
from features.params import RuleParams
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from serving.api.request_fields import utc_text
from serving.batch.batch_scoring import customers, details_of
from serving.history.history_answers import snapshot_for
from serving.history.opened_store import opened_store
from serving.what_ifs.what_if import DETAILS, Side, WhatIf, model_side, rule_side
from training.all_params import AllParams
from training.health_model import HealthModel
from training.outcome_tables import ALL_TABLES
from training.registry import model_of, tracking
from training.text_feature import told_by_book
from training.what_if_question import RULE, Question, version_named

Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class _Asked:
    """The accounts that are asked about, and the rule that they were scored by.

    `told` gives the rows the text signal of a model: a snapshot holds that of the model it was scored
    with, a book is read for that of the model asked.
    """

    as_of: str
    source: dict[str, Any]
    rows: pd.DataFrame
    facts: pd.DataFrame
    rule: RuleParams
    told: Callable[[pd.DataFrame, HealthModel], pd.DataFrame] = lambda rows, _: rows


def what_if(
    question: Question,
    book: Path | None,
    as_of: str | None,
    params: AllParams,
    registry: Path,
    store_url: str | None,
    out: Path | None,
    progress: Progress = lambda _: None,
) -> WhatIf:
    """Today's accounts both ways; with `as_of` those of that date. `out` gets a row for every account.

    Without `book` the newest published snapshot (of the date) is asked, under the rule it was published
    with. Raises WrongUse for a proposal that cannot be used, and where nothing was published.
    """
    question.proposed(params.rule)  # what cannot be used is said before any work begins
    moment = None if as_of is None else as_of_date(as_of)
    if out is not None:
        check_ending(out)
    asked = _published(moment, store_url) if book is None else _of_book(book, moment, params, progress)
    question.check_segment({*asked.facts["segment"].dropna(), *asked.rule.profiles})
    progress("scoring both ways")
    before = _side(question.against, asked, asked.rule, registry)
    after = _side(question.model, asked, question.proposed(asked.rule), registry)
    found = WhatIf(asked.as_of, asked.source, asked.facts, before, after)
    if out is not None:
        write_table(found.table, out)
    return found


def _published(moment: pd.Timestamp | None, store_url: str | None) -> _Asked:
    with opened_store(store_url) as store:
        snapshot = snapshot_for(store, None if moment is None else utc_text(moment.to_pydatetime()))
        inputs, accounts = store.inputs_of(snapshot), store.all_scores_of(snapshot)
    if inputs is None:
        step = f"vitals score BOOK --as-of {snapshot.as_of[:10]}, or name the book: vitals what-if BOOK"
        allowed = "a snapshot that was published with its features"
        raise WrongUse("this snapshot cannot be asked", [Fault("snapshot", snapshot.id, allowed, step)])
    facts = pd.DataFrame(
        [
            {"account_id": one.payload["account_id"], **{n: one.details.get(n) for n in DETAILS}}
            for one in accounts
        ]
    )
    source = {"kind": "history", "snapshot": snapshot.id, "published_at": snapshot.published_at}
    return _asked(snapshot.as_of, source, inputs.rows, facts, inputs.rule)


def _of_book(folder: Path, moment: pd.Timestamp | None, params: AllParams, progress: Progress) -> _Asked:
    progress("reading and checking the book")
    book = open_book(folder, params.checks, ALL_TABLES)
    date = moment if moment is not None else known_extent(book.source)[1]
    rows = customers(book, build_snapshot(book.source, [date], params.features, progress))
    facts = details_of(book, rows)[list(DETAILS)]
    facts.insert(0, "account_id", rows["account_id"].to_numpy())
    found = _asked(utc_text(date.to_pydatetime()), {"kind": "book"}, rows, facts, params.rule)
    windows = params.features.windows
    return replace(found, told=lambda rows, model: told_by_book(rows, model.text, book.source, windows))


def _asked(
    as_of: str, source: dict[str, Any], rows: pd.DataFrame, facts: pd.DataFrame, rule: RuleParams
) -> _Asked:
    """Features and facts in one order, by account id, whatever order they came in."""
    rows = rows.sort_values("account_id", ignore_index=True)
    facts = facts.sort_values("account_id", ignore_index=True).astype({"mrr": "float64"})
    return _Asked(as_of, source, rows, facts, rule)


def _side(name: str, asked: _Asked, rule: RuleParams, registry: Path) -> Side:
    if name == RULE:
        return rule_side(asked.rows, asked.facts["segment"], rule)
    version = version_named(name, registry)
    with tracking(registry) as client:
        model = model_of(client, version, registry)
    return model_side(asked.told(asked.rows, model), asked.facts["segment"], model, version, rule.bands)

"""The records behind a driver, worked out anew from the book, for any date: what `vitals evidence` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.book import Book, open_book
from features.catalog import Feature, Language, load_catalog
from features.extent import known_extent
from features.faults import Fault, WrongUse, nearest
from features.time_windows import as_of_date
from serving.api.request_fields import utc_text
from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_documents import evidence_documents
from serving.evidence.evidence_words import in_words
from training.all_params import AllParams

Progress = Callable[[str], None]


@dataclass(frozen=True)
class AccountEvidence:
    """The records behind a driver of one account, as `GET /v1/accounts/{id}/evidence` tells them."""

    answer: dict[str, Any]

    def words(self, language: Language = "en") -> str:
        """The records as tables for a terminal, the words that were read in [[ ]]."""
        return in_words(self.answer, language)


def account_evidence(
    book: Path,
    account_id: str,
    driver: str,
    as_of: str | None,
    params_file: Path,
    overrides: tuple[str, ...],
    most: int,
    row_by_row: bool,
    progress: Progress,
) -> AccountEvidence:
    """The newest `most` records of each table behind `driver`, as known at a date (None: the book's end).

    Use is rolled up by day, user and module, or with `row_by_row` told as it stands in the book. Raises
    WrongUse naming the nearest account or feature where there is none of that name.
    """
    params = AllParams.read(params_file, overrides)
    _check_driver(driver, load_catalog(params.features.windows))
    given = None if as_of is None else as_of_date(as_of)
    progress("reading and checking the book")
    opened = open_book(book, params.checks, rolled=not row_by_row)
    _check_account(account_id, opened)
    moment = known_extent(opened.source)[1] if given is None else given
    progress("finding the records")
    found = evidence_documents(
        opened.source, [account_id], moment, params.features, most, [driver], roll_up=not row_by_row
    )
    answer = records_behind(found.index, found.accounts[account_id], driver)
    return AccountEvidence({"account_id": account_id, "as_of": _text(moment), **answer})


def _check_driver(driver: str, catalog: tuple[Feature, ...]) -> None:
    names = [feature.name for feature in catalog]
    if driver not in names:
        near = nearest(driver, names)
        step = near if near.startswith("did") else "vitals catalog lists every feature"
        fault = Fault("--driver", driver, "a feature of the catalogue", step)
        raise WrongUse("there is no such driver", [fault])


def _check_account(account_id: str, book: Book) -> None:
    accounts = book.source["accounts"].account_id.to_pandas().tolist()
    if account_id not in accounts:
        near = nearest(account_id, accounts)
        step = near if near.startswith("did") else "vitals score lists the accounts, with --out"
        fault = Fault("ACCOUNT", account_id, f"one of the {len(accounts)} accounts of the book", step)
        raise WrongUse("there is no such account", [fault])


def _text(moment: pd.Timestamp) -> str:
    return utc_text(moment.to_pydatetime())

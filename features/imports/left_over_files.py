"""The files of a folder that a recognised layout does not read, and which of them are worth a guess.

A connector lands dozens of tables that no feature reads. So beside a layout a file is taken where it tells a
table that the layout does not fill, of accounts that the layout knows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from features.imports.column_guesses import TableGuess
from features.imports.drafted_cells import cells_of
from features.imports.folder_survey import Survey
from features.imports.layout_recognition import Recognised

LEAST_KNOWN = 0.5  # of the accounts that a file names
LEAST_SURE = 0.6  # of a guess, where the layout does not tell accounts


def known_accounts(survey: Survey, fits: Sequence[Recognised]) -> set[str]:
    """The ids of the accounts of the layouts that were recognised, as far as the samples have them."""
    files = {file.name: file.sample for file in survey.files}
    places = [(name, column) for fit in fits for name, column in fit.account_keys]
    found = [
        files[name][column] for name, column in places if name in files and column in files[name].columns
    ]
    return {text for cells in found for text in cells.dropna().astype(str).str.strip()}


def beside(
    guesses: Sequence[TableGuess], fits: Sequence[Recognised], accounts: Collection[str]
) -> list[TableGuess]:
    """The guesses that add to the layouts: of tables these do not fill, whole, and of their accounts."""
    filled = {table for fit in fits for table in fit.spec.tables}
    open_ = [guess for guess in guesses if guess.table not in filled and not cells_of(guess)[1]]
    if not accounts:
        return [guess for guess in open_ if guess.sure >= LEAST_SURE]
    return [guess for guess in open_ if _known_share(guess, accounts) >= LEAST_KNOWN]


def _known_share(guess: TableGuess, accounts: Collection[str]) -> float:
    """The share of the rows of a file whose account is known, 0 to 1."""
    column = guess.named("account_id")
    if column is None:
        return 0.0
    cells = guess.file.sample[column].dropna().astype(str).str.strip()
    return float(cells.isin(accounts).mean()) if len(cells) else 0.0

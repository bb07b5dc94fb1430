"""The command `vitals evidence`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, AsOf, Json, Language, Params, Set
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals evidence A-000017 --driver note_competitor_180d --as-of 2026-10-31"


def evidence(
    account: Annotated[str, typer.Argument(help="the account's id")],
    driver: Annotated[str, typer.Option(help="a feature of the catalogue")],
    book: Annotated[Path, typer.Option(help="the folder with the book's tables")] = DEFAULT_BOOK,
    as_of: AsOf = None,
    most: Annotated[int, typer.Option(min=1, help="the newest so many records of each table")] = 20,
    row_by_row: Annotated[bool, typer.Option("--rows", help="use row by row, not rolled up")] = False,
    lang: Annotated[Language, typer.Option(help="en or zh")] = Language.en,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """The very records behind a driver, worked out anew from the book, as they were known at a date."""
    from serving.evidence.account_evidence import account_evidence

    with clear_faults(as_json), steps(as_json) as step:
        asked = (book, account, driver, as_of, params, tuple(overrides or ()), most, row_by_row)
        found = account_evidence(*asked, step)
        emit(found.answer) if as_json else typer.echo(found.words(lang.value))

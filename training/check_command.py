"""The command `vitals check`."""

from __future__ import annotations

import datetime as dt

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import DEFAULT_BOOK, BookArgument, Json, Params, Set
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals check data/book"


def check(
    book: BookArgument = DEFAULT_BOOK,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """Every fault of a book at once; exit 1 where one is fatal. Faulty rows go to rejects/ beside it."""
    from features.check_rejects import write_rejects
    from features.params import CheckParams
    from features.source_checks import check_book
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), steps(as_json) as step:
        step("checking every table")
        limits = read_section(params, "checks", CheckParams, overrides or ())
        checked = check_book(
            book, ALL_TABLES, max_faulty_share=limits.max_faulty_share, now=dt.datetime.now(dt.UTC)
        )
        folder = write_rejects(checked)
        emit(checked.report.as_dict()) if as_json else typer.echo(checked.report.as_text())
        if folder and not as_json:
            typer.echo(f"rejected rows, each with its reasons: {folder}")
        if checked.report.fatal:
            raise typer.Exit(1)

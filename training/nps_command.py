"""The command `vitals nps`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, Json, Params, Set
from training.terminal import clear_faults, emit, steps, tell_rejected

EXAMPLE = "Example: vitals nps A-000017 --from 2026-05-01 --to 2026-11-01   (all: vitals nps)"


def nps(
    account: Annotated[str | None, typer.Argument(help="the account's id; left out: the whole book")] = None,
    book: Annotated[Path, typer.Option(help="the folder with the book's tables")] = DEFAULT_BOOK,
    since: Annotated[
        str | None, typer.Option("--from", help="a UTC date; left out: half a year before --to")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="a UTC date; left out: the end of the book")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """NPS by role at two dates, how sure it is, whether it really moved, and who moved."""
    from features.check_report import CheckReport
    from features.nps_moves import nps_moves_of_book
    from features.nps_words import as_dict, as_text

    with clear_faults(as_json), steps(as_json) as step:
        reports = list[CheckReport]()
        found = nps_moves_of_book(
            book, account, since, to, params, tuple(overrides or ()), step, reports.append
        )
        rejected = reports[0].rejected
        emit(as_dict(found) | {"rejected": rejected}) if as_json else typer.echo(as_text(found, account))
    tell_rejected(rejected, book, as_json)

"""The command `vitals gaming`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import DEFAULT_BOOK, AsOf, BookArgument, Json, Params, Set, Store
from training.terminal import clear_faults, emit, steps

EXAMPLE = 'Example: vitals gaming data/book --set \'gaming.compensation_dates=["06-30", "12-31"]\''


def gaming(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    every: Annotated[bool, typer.Option("--all", help="also who is not named: all CSMs, all tricks")] = False,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Signals that look better than they are: begged or filtered surveys, answers against behaviour, a pulse
    that rises before payday, log-in pings, tickets closed and opened again; by CSM, with the records."""
    from features.params import CheckParams
    from features.time_windows import as_of_date
    from serving.gaming.gaming_params import GamingParams
    from serving.gaming.gaming_report import report_and_keep
    from serving.history.opened_store import opened_store

    with clear_faults(as_json), steps(as_json) as step, opened_store(store) as opened:
        settings = read_section(params, "gaming", GamingParams, overrides or ())
        checks = read_section(params, "checks", CheckParams, overrides or ())
        moment = None if as_of is None else as_of_date(as_of)
        now = dt.datetime.now(dt.UTC)
        found = report_and_keep(opened, book, moment, checks, settings, now, step)
        rest = [one for one in found.suspicions if not one.accused] if every else []
        if as_json:
            emit(found.as_dict() | ({"others": [one.as_dict(0) for one in rest]} if every else {}))
        else:
            typer.echo("\n".join([found.as_text(), *(one.as_text(0) for one in rest)]))

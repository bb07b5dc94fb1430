"""`vitals kpis`: how well the closed loop works."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals kpis --from 2026-01-01 --to 2026-10-01 --json"


def kpis(
    since: Annotated[
        str | None, typer.Option("--from", help="a date or a time; left out: a year before --to")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="a date or a time; left out: the end of today")
    ] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """The figures of the closed loop: closed, followed up, called, escalated, recovered; by CSM and team."""
    from serving.api.problems import Faults
    from serving.closed_loop.case_params import CaseParams
    from serving.history.opened_store import opened_store
    from serving.kpis.kpi_answers import in_words, kpis_answer, read_period

    with clear_faults(as_json):
        settings, faults = read_section(params, "cases", CaseParams, overrides or ()), Faults()
        given = {key: value for key, value in (("from", since), ("to", until)) if value is not None}
        asked = read_period(given, dt.datetime.now(dt.UTC), faults)
        faults.raise_any()
        with opened_store(store) as opened:
            found = kpis_answer(opened, asked, settings, None)
        emit(found) if as_json else typer.echo(in_words(found))

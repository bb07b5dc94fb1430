"""The command `vitals path-to-green`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import Json, Params, Registry, Set, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals path-to-green A-000017 --target yellow --lang zh"


def path_to_green(
    account: Annotated[str, typer.Argument(help="the account's id")],
    target: Annotated[Literal["green", "yellow"], typer.Option(help="the band to reach")] = "green",
    lang: Annotated[Literal["en", "zh"], typer.Option(help="en or zh")] = "en",
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="a UTC date; left out: the newest snapshot")
    ] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    store: Store = None,
    as_json: Json = False,
) -> None:
    """The cheapest plan found by which an account reaches a band within 60 days, from the newest snapshot."""
    from features.time_windows import as_of_date
    from serving.api.request_fields import utc_text
    from serving.history.opened_store import opened_store
    from serving.path_to_green.answer import path_to_green_of
    from serving.path_to_green.plan_words import in_words
    from serving.weights.in_force import scorer_in_force

    with clear_faults(as_json):
        moment = None if as_of is None else utc_text(as_of_date(as_of).to_pydatetime())
        with opened_store(store) as opened:
            scorer = scorer_in_force(opened, registry, params, tuple(overrides or ()))
            found = path_to_green_of(opened, scorer, account, moment, target)
        emit(found) if as_json else typer.echo(in_words(found, lang))

"""The command `vitals plays`."""

from __future__ import annotations

import datetime as dt

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals plays --set plays.within=180d"


def plays(
    params: Params = DEFAULT_PARAMS, overrides: Set = None, store: Store = None, as_json: Json = False
) -> None:
    """Did the play work? Closed cases by playbook: who stayed, against what their health foretold and against
    accounts as severe that nobody worked on; or that it cannot be told."""
    from serving.history.opened_store import opened_store
    from serving.plays.plays_answer import plays_answer, plays_in_words
    from serving.plays.plays_params import PlaysParams

    with clear_faults(as_json), opened_store(store) as opened:
        settings = read_section(params, "plays", PlaysParams, overrides or ())
        found = plays_answer(opened, settings, dt.datetime.now(dt.UTC))
        emit(found) if as_json else typer.echo(plays_in_words(found))

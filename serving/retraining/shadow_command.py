"""The command `vitals shadow`: the challenger beside the champion, as they scored the same nights."""

from __future__ import annotations

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals shadow --json"


def shadow(
    params: Params = DEFAULT_PARAMS, overrides: Set = None, store: Store = None, as_json: Json = False
) -> None:
    """How far challenger and champion differ on the same accounts and nights, and about whom."""
    from serving.history.opened_store import opened_store
    from serving.retraining.shadow_answers import shadow_in_words, shadow_of
    from training.params import TrainingParams

    with clear_faults(as_json), opened_store(store) as opened:
        training = read_section(params, "training", TrainingParams, overrides or ())
        found = shadow_of(opened, training.bootstrap, training.seed)
        emit(found) if as_json else typer.echo(shadow_in_words(found))

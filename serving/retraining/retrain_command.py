"""The command `vitals retrain`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    BookArgument,
    Json,
    Params,
    Registry,
    Set,
    Store,
)
from training.terminal import clear_faults, emit, steps

EXAMPLE = 'Example: vitals retrain data/book --reason "the price list changed on 1 October"'


def retrain(
    book: BookArgument = DEFAULT_BOOK,
    reason: Annotated[str | None, typer.Option(help="train whatever the triggers say; kept")] = None,
    check: Annotated[bool, typer.Option("--check", help="only say which trigger fires")] = False,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Trains again where a trigger fires (schedule, new labels, drift, decay): challenger, gate, card,
    notice; it then scores beside the champion. vitals watch does it by itself."""
    from features.faults import Fault, WrongUse
    from serving.history.opened_store import opened_store
    from serving.retraining.retraining import Workshop, looked
    from serving.retraining.retraining import retrain as run
    from serving.retraining.retraining_params import RetrainingParams
    from serving.retraining.succession import end_shadow_if_due
    from training.all_params import AllParams

    with clear_faults(as_json), steps(as_json) as step, opened_store(store) as opened:
        if reason is not None and not reason.strip():
            fault = Fault("--reason", reason, "why it is trained anyway", "say it, or leave --reason out")
            raise WrongUse("a reason without words", [fault])
        settings = AllParams.read(params, tuple(overrides or ()))
        asked = read_section(params, "retraining", RetrainingParams, overrides or ())
        shop = Workshop(opened, Path(registry), book, settings, asked, lambda: dt.datetime.now(dt.UTC))
        found = looked(shop) if check else run(shop, reason, step)
        emit(found.as_dict()) if as_json else typer.echo(found.as_text())
        ended = None if check else end_shadow_if_due(shop)
        if ended is not None and not as_json:
            typer.echo(f"version {ended.version} is {ended.state}: {ended.why}")

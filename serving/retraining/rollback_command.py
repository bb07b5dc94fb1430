"""The command `vitals rollback`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from training.command_options import DEFAULT_REGISTRY, Json, Registry, Store
from training.terminal import clear_faults, emit

EXAMPLE = 'Example: vitals rollback --reason "renewals in Asia are told far too red"'


def rollback(
    reason: Annotated[str, typer.Option(help="why; kept in the registry and told to people")],
    to: Annotated[
        str | None, typer.Option(help="a version's number, or rule; left out: the champion before")
    ] = None,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Makes the champion before champion again; a running service follows within a second."""
    from features.faults import Fault, WrongUse
    from serving.delivery.outbox import announce
    from serving.history.opened_store import opened_store
    from training.rollback import roll_back

    with clear_faults(as_json), opened_store(store) as opened:
        if not reason.strip():
            raise WrongUse("a reason without words", [Fault("--reason", reason, "why", "say it")])
        done = roll_back(Path(registry), to, reason.strip())
        now = dt.datetime.now(dt.UTC)
        data = {"version": done.champion, "champion_before": done.rolled_back, "next": "vitals score"}
        with opened.writing() as connection:
            announce(connection, "model.rolled_back", f"rollback:{now.isoformat()}", now, data)
        emit(done.as_dict()) if as_json else typer.echo(done.as_text())

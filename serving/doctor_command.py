"""The command that checks an installation end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    BookArgument,
    Json,
    Params,
    Registry,
    Store,
)
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals doctor data/book --port 3000"


def doctor(
    book: BookArgument = DEFAULT_BOOK,
    params: Params = DEFAULT_PARAMS,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="the port the service would take")] = 3000,
    lock: Annotated[Path, typer.Option(help="the lock the packages are held against")] = Path(
        "requirements/run.lock"
    ),
    secrets: Annotated[
        list[Path] | None, typer.Option(help="a file with secrets, for its owner alone; repeatable")
    ] = None,
    as_json: Json = False,
) -> None:
    """Checks the installation: packages, params, store, champion, book, port, disk, clock, secrets."""
    import datetime as dt

    from serving.doctor import Installation, examine
    from serving.history.store import DEFAULT_URL

    with clear_faults(as_json), steps(as_json) as step:
        step("examining the installation")
        kept = tuple(secrets or (Path("data/vitals.secret"), Path(".env")))
        now = dt.datetime.now(dt.UTC)
        found = examine(Installation(params, registry, store or DEFAULT_URL, book, port, lock, kept, now))
        faults = [finding for finding in found if finding.state == "fault"]
        if as_json:
            emit({"sound": not faults, "findings": [finding.as_dict() for finding in found]})
        else:
            typer.echo("\n".join(str(finding) for finding in found))
        if faults:
            raise typer.Exit(1)

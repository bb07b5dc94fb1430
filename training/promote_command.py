"""The command `vitals promote`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Registry, Set
from training.terminal import clear_faults, emit

EXAMPLE = 'Example: vitals promote --force --reason "agreed with the board on 3 May"'


def promote(
    force: Annotated[bool, typer.Option(help="promote what the gate refuses; needs --reason")] = False,
    reason: Annotated[str | None, typer.Option(help="why it is forced; kept in the registry")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    as_json: Json = False,
) -> None:
    """Challenger to champion, if the gate lets it; exit 1 with the reasons where it does not."""
    from features.params import RuleParams
    from training.params import TrainingParams
    from training.promotion import check_forced, refused
    from training.promotion import promote as run

    with clear_faults(as_json):
        check_forced(force, reason)
        settings = read_section(params, "training", TrainingParams, overrides or ())
        bands = read_section(params, "rule", RuleParams, overrides or ()).bands
        found = run(settings, registry, reason, bands)
        if not found.promoted:
            raise refused(found)
        emit(found.as_dict()) if as_json else typer.echo(found.as_text())

"""The command `vitals compare`."""

from __future__ import annotations

from pathlib import Path

import typer

from training.command_options import Json, Registry
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals compare --json"


def compare(registry: Registry = Path("mlruns"), as_json: Json = False) -> None:
    """The models of the newest challenger side by side, with intervals."""
    from training.registry import challenger_comparison

    with clear_faults(as_json):
        found, text = challenger_comparison(registry)
        emit(found) if as_json else typer.echo(text)

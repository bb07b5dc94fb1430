"""The command `vitals card`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import Json, Registry
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals card --version 3"


def card(
    number: Annotated[str | None, typer.Option("--version", help="left out: the champion")] = None,
    registry: Registry = Path("mlruns"),
    as_json: Json = False,
) -> None:
    """The card of a version: population, comparison, segments, limits, checks, the gate (Markdown)."""
    from training.model_card import card_of
    from training.model_card_page import card_page

    with clear_faults(as_json):
        found = card_of(number, registry)
        emit(found) if as_json else typer.echo(card_page(found))

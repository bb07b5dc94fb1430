"""`vitals disagreement`: where the learned health and the rule differ most, and by which driver."""

from __future__ import annotations

from typing import Annotated

import typer

from training.command_options import Json, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals disagreement --limit 5 --json"


def disagreement(
    limit: Annotated[int, typer.Option(min=1, help="how many accounts, the largest gaps first")] = 10,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="a UTC date; left out: the newest snapshot")
    ] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Where model and rule differ most, and by which driver: accounts and the whole book."""
    from serving.disagreement.disagreement_answers import in_words, published_disagreement

    with clear_faults(as_json):
        found = published_disagreement(as_of, limit, store)
        emit(found) if as_json else typer.echo(in_words(found))

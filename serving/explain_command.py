"""The command `vitals explain`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from training.command_options import AsOf, Json, Language, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals explain A-000017 --lang zh"


def explain(
    account: Annotated[str, typer.Argument(help="the account's id")],
    lang: Annotated[Language, typer.Option(help="en or zh")] = Language.en,
    as_of: AsOf = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """One account in words, from the newest snapshot of the score history."""
    from serving.batch.publishing import published_account

    with clear_faults(as_json):
        found = published_account(account, as_of, store, dt.datetime.now(dt.UTC))
        emit(found.payload) if as_json else typer.echo(found.words(lang.value))

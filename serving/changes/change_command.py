"""The command `vitals change`: why an account's health is another than it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import DEFAULT_REGISTRY, Json, Language, Registry, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals change A-000017 --from 2026-09-30 --to 2026-10-31 --lang zh"


def change(
    account: Annotated[str, typer.Argument(help="the account's id")],
    since: Annotated[str, typer.Option("--from", help="an as-of date, or a snapshot's number")],
    to: Annotated[str, typer.Option("--to", help="an as-of date, or a snapshot's number")],
    lang: Annotated[Language, typer.Option(help="en or zh")] = Language.en,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Why an account's health changed between two published snapshots: parts and drivers that add up."""
    from serving.api.problems import Faults
    from serving.api.request_fields import check_account_id
    from serving.changes.change_answers import change_of
    from serving.changes.change_snapshots import read_ends
    from serving.changes.change_words import change_in_words
    from serving.history.opened_store import opened_store

    with clear_faults(as_json):
        faults = Faults()
        ends = read_ends({"from": since, "to": to}, faults)
        check_account_id(account, "account", faults)
        faults.raise_any()
        with opened_store(store) as opened:
            found = change_of(opened, Path(registry), account, ends)
        emit(found) if as_json else typer.echo(change_in_words(found, lang.value))

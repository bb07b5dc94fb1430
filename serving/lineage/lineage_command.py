"""The command `vitals lineage`: what a published score was made from, replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    AsOf,
    Json,
    Params,
    Registry,
    Set,
    Store,
)
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals lineage A-000017 --as-of 2026-10-31 --book data/book"


def lineage(
    account: Annotated[str, typer.Argument(help="the account's id")],
    as_of: AsOf = None,
    snapshot: Annotated[int | None, typer.Option(min=1, help="a snapshot's number, for --as-of")] = None,
    book: Annotated[Path, typer.Option(help="the book to read again; passed over where there is none")] = (
        DEFAULT_BOOK
    ),
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Data, parameters, code, catalogue and model of a published score, and the score replayed to the same
    bits; exit 1 where it does not come out again, with what differs."""
    from features.faults import Fault, WrongUse
    from serving.api.problems import Faults
    from serving.api.request_fields import as_of_text, check_account_id
    from serving.gaming.gaming_params import GamingParams
    from serving.history.opened_store import opened_store
    from serving.lineage.lineage_answer import lineage_of
    from serving.lineage.made_from import params_part
    from serving.params import ServingParams
    from serving.weights.in_force import rule_in_force, version_in_force
    from training.all_params import AllParams

    with clear_faults(as_json), steps(as_json) as step:
        if as_of is not None and snapshot is not None:
            fault = Fault("--snapshot", snapshot, "either --as-of or --snapshot", "leave one of them out")
            raise WrongUse("which score is meant?", [fault])
        faults = Faults()
        check_account_id(account, "account", faults)
        which = snapshot if as_of is None else as_of_text(as_of, "--as-of", faults)
        faults.raise_any()
        settings = AllParams.read(params, tuple(overrides or ()))
        limits = read_section(params, "serving", ServingParams, overrides or ())
        gaming = read_section(params, "gaming", GamingParams, overrides or ())
        with opened_store(store) as opened:
            here = book if book.exists() else None
            rule = rule_in_force(settings.rule, version_in_force(opened, tuple(overrides or ())))
            settings = replace(settings, rule=rule)
            today = params_part(settings, limits, gaming)
            found = lineage_of(opened, Path(registry), account, which, today, here, step)
        emit(found.as_dict()) if as_json else typer.echo(found.as_text())
        if not found.same:
            raise typer.Exit(1)

"""The command that turns exports into a book: one system by its mapping, or several at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import DEFAULT_BOOK, Json
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals import salesforce zendesk=helpdesk stripe --from exports/ --out data/book"


def import_(
    mapping: Annotated[
        list[str],
        typer.Argument(
            help="mappings that ship, or files; several make one book, and the first leads; "
            "with its folder as zendesk=helpdesk"
        ),
    ],
    source: Annotated[Path, typer.Option("--from", help="the folder of exports")],
    out: Annotated[Path, typer.Option(help="the folder to write")] = DEFAULT_BOOK,
    identity: Annotated[
        Path | None, typer.Option(help="a CSV (account_id, system, key): accounts that are one")
    ] = None,
    as_json: Json = False,
) -> None:
    """Exports to canonical tables, by mapping files; accounts of several systems are united."""
    from features.imports.run import import_exports
    from features.imports.several_systems import import_systems
    from features.imports.systems_file import systems_of
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), steps(as_json) as step:
        step(f"importing {source}")
        systems = systems_of(mapping, source)
        if len(systems) == 1 and identity is None:
            report = import_exports(systems[0].mapping, systems[0].folder, out, ALL_TABLES, mapping[0])
        else:
            report = import_systems(systems, identity, out, ALL_TABLES)
        emit(report.as_dict()) if as_json else typer.echo(report.as_text())

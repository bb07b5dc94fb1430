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
    source: Annotated[Path, typer.Option("--from", help="the folder of exports")] = Path(),
    out: Annotated[Path, typer.Option(help="the folder to write")] = DEFAULT_BOOK,
    identity: Annotated[
        Path | None, typer.Option(help="a CSV (account_id, system, key): accounts that are one")
    ] = None,
    append: Annotated[
        bool,
        typer.Option("--append", help="add to the book; nothing before is rewritten, again adds nothing"),
    ] = False,
    known_at: Annotated[
        str | None, typer.Option(help="with --append: when the export was taken (default: now)")
    ] = None,
    as_json: Json = False,
) -> None:
    """Exports to canonical tables, by mapping files; accounts of several systems are united."""
    import datetime as dt

    from features.imports.appending import append_import, moment_of
    from features.imports.export_parts import as_increment, check_no_increments
    from features.imports.import_report import ImportReport
    from features.imports.run import import_exports
    from features.imports.several_systems import import_systems
    from features.imports.systems_file import systems_of
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), steps(as_json) as step:
        step(f"importing {source}")
        systems = systems_of(mapping, source)
        if append:
            systems = as_increment(systems)
        else:
            check_no_increments(out, known_at)

        def run(book: Path) -> ImportReport:
            if len(systems) == 1 and identity is None:
                one = systems[0]
                return import_exports(one.mapping, one.folder, book, ALL_TABLES, mapping[0], append)
            return import_systems(systems, identity, book, ALL_TABLES)

        if append:
            moment = moment_of(known_at, dt.datetime.now(dt.UTC))
            report = append_import(run, out, ALL_TABLES, moment, step)
        else:
            report = run(out)
        emit(report.as_dict()) if as_json else typer.echo(report.as_text())

"""The command that looks at a folder of exports and drafts the mapping for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import Json
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals init exports/ --out mapping.yaml && vitals import mapping.yaml --from exports/"


def init(
    folder: Annotated[Path, typer.Argument(help="the folder of exports, one system in each folder of it")],
    out: Annotated[Path, typer.Option(help="the mapping to write")] = Path("mapping.yaml"),
    force: Annotated[bool, typer.Option("--force", help="write over a mapping that is there")] = False,
    as_json: Json = False,
) -> None:
    """Drafts a mapping for a folder of exports: known layouts, guesses marked as such, what is missing."""
    from features.faults import Fault, WrongUse
    from features.imports.drafted_mapping import draft_mapping
    from features.imports.table_worth import what_tables_add
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), steps(as_json) as step:
        if out.exists() and not force:
            fault = Fault("--out", str(out), "a file that is not there yet", "name another, or add --force")
            raise WrongUse("the mapping would be written over", [fault])
        step(f"inspecting {folder}")
        report = draft_mapping(folder, ALL_TABLES, what_tables_add())
        out.write_text(report.text, encoding="utf-8")
        if as_json:
            emit({**report.as_dict(), "written": str(out)})
        else:
            typer.echo(report.as_text())
            typer.echo(f"\n{out} is written. Confirm its guesses, then: vitals import {out} --from {folder}")

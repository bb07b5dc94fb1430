"""`vitals verdicts`: what reviewers said of the drivers, for whoever trains the next model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import Json, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals verdicts --out verdicts.csv"


def verdicts(
    account: Annotated[str | None, typer.Argument(help="one account's id; left out: all")] = None,
    out: Annotated[Path | None, typer.Option(help="a .csv file to write")] = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Reviewers' verdicts on drivers (right, wrong, missing), newest first. Training never reads them."""
    from features.text.shown_words import visible
    from serving.history.opened_store import opened_store
    from serving.review.verdicts import as_csv, as_dicts, verdicts_of

    with clear_faults(as_json), opened_store(store) as opened:
        rows = verdicts_of(opened, account)
        if out is not None:
            out.write_text(as_csv(rows), encoding="utf-8")
        lines = [
            f"{row.said_at[:16]}  {row.account_id}  {row.verdict}  {row.feature or '–'}  "
            f"{row.who}: {row.because}"
            for row in rows
        ]
        shown = "\n".join(visible(line) for line in lines) or "no reviewer has said anything yet"
        emit(as_dicts(rows)) if as_json else typer.echo(f"{len(rows)} → {out}" if out else shown)

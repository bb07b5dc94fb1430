"""`vitals themes`: what customers speak of, by the revenue at risk behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from training.command_options import Json, Store
from training.terminal import clear_faults, emit

EXAMPLE = (
    "Example: vitals themes --period 90 --out themes.md   (the sentences: vitals themes --theme quality)"
)


def themes(
    theme: Annotated[str | None, typer.Option(help="the sentences behind this theme instead")] = None,
    period: Annotated[int, typer.Option(help="days before the as-of date")] = 90,
    segment: Annotated[str | None, typer.Option(help="only accounts of this segment")] = None,
    role: Annotated[str | None, typer.Option(help="only words of people in this role")] = None,
    owner: Annotated[str | None, typer.Option(help="only accounts of this CSM")] = None,
    limit: Annotated[int, typer.Option(min=1, help="sentences shown (in a page: of each theme)")] = 5,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="a UTC date; left out: the newest snapshot")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="write them to a .csv or a .md")] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option(help="en or zh")] = "en",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Themes by the revenue at risk behind them, or the very sentences behind one."""
    from serving.themes.theme_report import ReportAsked, themes_report

    given = {"period": str(period), "segment": segment, "role": role, "owner": owner, "as_of": as_of}
    with clear_faults(as_json):
        found = themes_report(ReportAsked(given, theme, limit, lang), out, store)
        emit(found.answer) if as_json else typer.echo(found.words)

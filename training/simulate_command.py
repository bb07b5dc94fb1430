"""The command `vitals simulate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.command_options import DEFAULT_BOOK, Json
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals simulate --accounts 1000 --months 36 --seed 7 --out data/book"


def simulate(
    accounts: Annotated[int, typer.Option(help="how many accounts")] = 1000,
    months: Annotated[int, typer.Option(help="how many months of history")] = 36,
    seed: Annotated[int, typer.Option(help="the same seed makes the same bytes")] = 7,
    shift_months: Annotated[int, typer.Option(help="the market shifts so many months before the end")] = 0,
    shift_size: Annotated[float, typer.Option(help="by so many standard deviations")] = 0.8,
    out: Annotated[Path, typer.Option(help="the folder to write")] = DEFAULT_BOOK,
    as_json: Json = False,
) -> None:
    """A simulated book with known truth (in OUT/truth, which only tests and audits read)."""
    from features.params_file import parse_section
    from training.simulation.book import simulate_book
    from training.simulation.params import SimulationParams

    with clear_faults(as_json), steps(as_json) as step:
        asked: dict[str, float] = {"accounts": accounts, "months": months, "seed": seed}
        asked |= {"shift_months": shift_months, "shift_size": shift_size}
        summary = simulate_book(parse_section("simulate", SimulationParams, asked, "the options"), out, step)
        emit(summary.as_dict()) if as_json else typer.echo(summary.as_text())

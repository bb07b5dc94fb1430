"""The command `vitals what-if`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, AsOf, Json, Params, Registry, Set, Store
from training.terminal import clear_faults, emit, steps

EXAMPLE = "Example: vitals what-if --weights usage=40,voice=20,commercial=20,service=20 --backtest"


def what_if(
    book: Annotated[
        Path | None,
        typer.Argument(help="a book; left out: what was published last (with --backtest: data/book)"),
    ] = None,
    weights: Annotated[str | None, typer.Option(help="the four pillars' weights, 100 in all")] = None,
    bands: Annotated[str | None, typer.Option(help="where bands begin, as green=80,yellow=55")] = None,
    segment: Annotated[str | None, typer.Option(help="the weights are for this segment alone")] = None,
    stage: Annotated[str | None, typer.Option(help="… or for this stage: renewal or onboarding")] = None,
    model: Annotated[str, typer.Option(help="rule, champion, challenger or a version")] = "rule",
    against: Annotated[str, typer.Option(help="what it is compared with, as for --model")] = "rule",
    backtest: Annotated[bool, typer.Option("--backtest", help="on past outcomes instead")] = False,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="every account, as .parquet or .csv")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Today's bands under other weights, bands or a model; with --backtest on past outcomes."""
    from serving.what_ifs.what_if_run import what_if as run
    from training.all_params import AllParams
    from training.backtest_run import backtest_of, check_backtest
    from training.what_if_question import Question

    with clear_faults(as_json), steps(as_json) as step:
        question = Question(weights, bands, segment, model, against, stage)
        settings = AllParams.read(params, tuple(overrides or ()))
        if backtest:
            check_backtest(as_of, out)
            replay = backtest_of(question, book or DEFAULT_BOOK, settings, registry, step)
            emit(replay.as_dict()) if as_json else typer.echo(replay.as_text())
        else:
            found = run(question, book, as_of, settings, registry, store, out, step)
            emit(found.as_dict()) if as_json else typer.echo(found.as_text())

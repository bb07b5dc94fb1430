"""`vitals watch`: the clock of the closed loop."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import (
    DEFAULT_BOOK,
    DEFAULT_REGISTRY,
    BookArgument,
    Json,
    Params,
    Registry,
    Set,
    Store,
)
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals watch data/book"


def watch(
    book: BookArgument = DEFAULT_BOOK,
    once: Annotated[bool, typer.Option("--once", help="do all that is due now, and end")] = False,
    scoring: Annotated[
        bool, typer.Option("--score/--no-score", help="score and monitor the book each night")
    ] = True,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = DEFAULT_REGISTRY,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Nightly scoring and retraining, the ladder of the cases, webhooks; until it is stopped. Any number may
    run."""
    from serving.closed_loop.case_params import CaseParams
    from serving.closed_loop.watching import Watcher, utc_now
    from serving.delivery.delivery_params import DeliveryParams
    from serving.gaming.gaming_params import GamingParams
    from serving.history.opened_store import opened_store
    from serving.retraining.retraining_params import RetrainingParams

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with clear_faults(as_json), opened_store(store) as opened:
        cases = read_section(params, "cases", CaseParams, overrides or ())
        delivery = read_section(params, "delivery", DeliveryParams, overrides or ())
        gaming = read_section(params, "gaming", GamingParams, overrides or ())
        again = read_section(params, "retraining", RetrainingParams, overrides or ())

        def score() -> None:
            from serving.batch.publishing import score_and_publish
            from serving.monitoring.monitoring_run import Asked
            from serving.monitoring.nightly_monitoring import monitor_after_scoring

            now, asked = dt.datetime.now(dt.UTC), tuple(overrides or ())
            score_and_publish(book, None, params, asked, registry, store, None, now, lambda _: None)
            monitor_after_scoring(Asked(book, None, params, asked, registry, store, Path()))

        def after() -> None:
            from serving.gaming.gaming_report import watch_for_gaming
            from serving.retraining.nightly_retraining import look_after_the_model
            from serving.retraining.retraining import Workshop
            from training.all_params import AllParams

            read = AllParams.read(params, tuple(overrides or ()))
            watch_for_gaming(opened, book, read.checks, gaming, utc_now())
            look_after_the_model(Workshop(opened, registry, book, read, again, utc_now))

        watcher = Watcher(opened, cases, delivery, score if scoring else None, after)
        if once:
            done = watcher.once()
            emit(done) if as_json else typer.echo(", ".join(f"{n} {what}" for what, n in done.items()))
            return
        watcher.stop_on_signals()
        typer.echo("watching; stop with Ctrl-C", err=True)
        watcher.run()

"""`vitals overrides`: what people set, and whether they were right."""

from __future__ import annotations

import datetime as dt

import typer

from features.params_file import DEFAULT_PARAMS
from training.command_options import DEFAULT_BOOK, BookArgument, Json, Params, Set, Store
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals overrides data/book"


def overrides(
    book: BookArgument = DEFAULT_BOOK,
    params: Params = DEFAULT_PARAMS,
    set_: Set = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Bands that people set against the score: by person, how often they were right by now."""
    from features.book import open_book
    from features.extent import known_extent
    from serving.closed_loop.override_outcomes import judged_overrides
    from serving.history.opened_store import opened_store
    from training.all_params import AllParams
    from training.labels import read_churns
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), opened_store(store) as opened:
        settings = AllParams.read(params, tuple(set_ or ()))
        read = open_book(book, settings.checks, ALL_TABLES)
        churns = read_churns(read.tables)
        moments = [moment.to_pydatetime() for moment in churns["at"]]
        left = dict(zip(churns["account_id"].astype(str), moments, strict=True))
        until = known_extent(read.source)[1].to_pydatetime()
        with opened.begin() as connection:
            horizon = dt.timedelta(days=settings.training.horizon)
            found = judged_overrides(connection, left, until, horizon)
        lines = [
            f"{row['who']}: {row['right']} right, {row['wrong']} wrong, {row['undecided']} not decided yet; "
            f"share right between {row['interval'][0]:.0%} and {row['interval'][1]:.0%}"
            for row in found
        ]
        emit(found) if as_json else typer.echo("\n".join(lines) or "nobody has set a band against the score")

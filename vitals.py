"""The command line. It holds no logic: each command calls one function and shows what it returns.

Imports stand inside the commands, so that `vitals --help` does not load a learner.
"""

from __future__ import annotations

import datetime as dt
import sys
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from serving.access.keys_command import keys_app
from serving.audit_command import EXAMPLE as AUDIT_EXAMPLE
from serving.audit_command import audit
from serving.changes.change_command import EXAMPLE as CHANGE_EXAMPLE
from serving.changes.change_command import change
from serving.closed_loop.overrides_command import EXAMPLE as OVERRIDES_EXAMPLE
from serving.closed_loop.overrides_command import overrides
from serving.closed_loop.watch_command import EXAMPLE as WATCH_EXAMPLE
from serving.closed_loop.watch_command import watch
from serving.delivery.webhooks_command import app as webhooks
from serving.disagreement.disagreement_command import EXAMPLE as DISAGREEMENT_EXAMPLE
from serving.disagreement.disagreement_command import disagreement
from serving.doctor_command import EXAMPLE as DOCTOR_EXAMPLE
from serving.doctor_command import doctor
from serving.kpis.kpis_command import EXAMPLE as KPIS_EXAMPLE
from serving.kpis.kpis_command import kpis
from serving.path_to_green.command import EXAMPLE as PATH_EXAMPLE
from serving.path_to_green.command import path_to_green
from serving.themes.themes_command import EXAMPLE as THEMES_EXAMPLE
from serving.themes.themes_command import themes
from serving.up_command import EXAMPLE as UP_EXAMPLE
from serving.up_command import up
from serving.verdicts_command import EXAMPLE as VERDICTS_EXAMPLE
from serving.verdicts_command import verdicts
from training.command_options import DEFAULT_BOOK, BookArgument, Json, Params, Registry, Set
from training.import_command import EXAMPLE as IMPORT_EXAMPLE
from training.import_command import import_
from training.init_command import EXAMPLE as INIT_EXAMPLE
from training.init_command import init
from training.terminal import clear_faults, emit, steps
from training.train_command import EXAMPLE as TRAIN_EXAMPLE
from training.train_command import train

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

AsOf = Annotated[str | None, typer.Option("--as-of", help="a UTC date; left out: the end of the book")]
Store = Annotated[
    str | None, typer.Option("--store", envvar="VITALS_STORE", help="database URL of the history")
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="the port to listen on")]


class Language(StrEnum):
    """The languages of the sentences."""

    en = "en"
    zh = "zh"


class Engine(StrEnum):
    """The engines that read features."""

    duckdb = "duckdb"
    spark = "spark"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"vitals {version('vitals')}")
        raise typer.Exit


@app.callback(epilog="Example: vitals demo")
def _every_command(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="the version")
    ] = False,
) -> None:
    """Customer health for B2B companies that can be checked. Start with: vitals demo"""


@app.command(epilog="Example: vitals simulate --accounts 1000 --months 36 --seed 7 --out data/book")
def simulate(
    accounts: Annotated[int, typer.Option(help="how many accounts")] = 1000,
    months: Annotated[int, typer.Option(help="how many months of history")] = 36,
    seed: Annotated[int, typer.Option(help="the same seed makes the same bytes")] = 7,
    out: Annotated[Path, typer.Option(help="the folder to write")] = DEFAULT_BOOK,
    as_json: Json = False,
) -> None:
    """A simulated book with known truth (in OUT/truth, which only tests and audits read)."""
    from features.params_file import parse_section
    from training.simulation.book import simulate_book
    from training.simulation.params import SimulationParams

    with clear_faults(as_json), steps(as_json) as step:
        asked = {"accounts": accounts, "months": months, "seed": seed}
        summary = simulate_book(parse_section("simulate", SimulationParams, asked, "the options"), out, step)
        emit(summary.as_dict()) if as_json else typer.echo(summary.as_text())


app.command(epilog=INIT_EXAMPLE)(init)
app.command(epilog=DOCTOR_EXAMPLE)(doctor)
app.command("import", epilog=IMPORT_EXAMPLE)(import_)


@app.command(epilog="Example: vitals check data/book")
def check(
    book: BookArgument = DEFAULT_BOOK,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """Every fault of a book at once; exit 1 where one is fatal. Faulty rows go to rejects/ beside it."""
    from features.check_rejects import write_rejects
    from features.params import CheckParams
    from features.source_checks import check_book
    from training.outcome_tables import ALL_TABLES

    with clear_faults(as_json), steps(as_json) as step:
        step("checking every table")
        limits = read_section(params, "checks", CheckParams, overrides or ())
        checked = check_book(book, ALL_TABLES, max_faulty_share=limits.max_faulty_share)
        folder = write_rejects(checked)
        emit(checked.report.as_dict()) if as_json else typer.echo(checked.report.as_text())
        if folder and not as_json:
            typer.echo(f"rejected rows, each with its reasons: {folder}")
        if checked.report.fatal:
            raise typer.Exit(1)


@app.command(epilog="Example: vitals features data/book --as-of 2026-10-31 --out features.parquet")
def features(
    out: Annotated[Path, typer.Option(help="a .parquet or .csv file")],
    book: Annotated[str, typer.Argument(help="the book; on Spark also a URL")] = str(DEFAULT_BOOK),
    as_of: AsOf = None,
    engine: Annotated[Engine, typer.Option(help="where the features are computed")] = Engine.duckdb,
    master: Annotated[str | None, typer.Option(help="with --engine spark, as spark://host:7077")] = None,
    spark_conf: Annotated[list[str] | None, typer.Option(help="a Spark setting, as name=value")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """One row per account with every feature, as of a date; on this machine or on a Spark cluster."""
    from features.files import features_to_file
    from features.spark_session import cluster_of

    with clear_faults(as_json), steps(as_json) as step:
        cluster = cluster_of(engine.value, master, tuple(spark_conf or ()))
        rows = features_to_file(book, as_of, out, params, tuple(overrides or ()), step, cluster)
        found = {"file": str(out), "accounts": len(rows), "features": rows.shape[1] - 2}
        emit(found) if as_json else typer.echo(f"{out}: {len(rows)} accounts, {rows.shape[1] - 2} features")


@app.command(epilog='Example: vitals words "他们没有考虑其他供应商, but it is slow" --lexicon my_words.yaml')
def words(
    text: Annotated[str, typer.Argument(help="a note, a ticket's text or a comment; - reads it from stdin")],
    lexicon: Annotated[
        list[Path] | None, typer.Option(help="one more lexicon, beside those of the parameters; repeatable")
    ] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """What is read in a text: themes and tone, with the very words, and what is denied or supposed."""
    from features.params import FeatureParams
    from features.text.shown_words import words_in

    with clear_faults(as_json):
        shipped = read_section(params, "features", FeatureParams, overrides or ()).lexicons
        told = sys.stdin.buffer.read().decode("utf-8", "replace") if text == "-" else text
        found = words_in(told, (*shipped, *(lexicon or ())))
        emit(found.as_dict()) if as_json else typer.echo(found.as_text())


@app.command(epilog="Example: vitals catalog response_rate --json")
def catalog(
    words: Annotated[str, typer.Argument(help="only features whose name or title holds this")] = "",
    page: Annotated[Path | None, typer.Option(help="write the whole reference (Markdown) here")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """Every feature: what it measures, what a missing value means, which way is better, who can act."""
    from features.catalog import load_catalog
    from features.params import FeatureParams
    from features.reference_page import as_lines, features_like, reference_page

    with clear_faults(as_json):
        known = load_catalog(read_section(params, "features", FeatureParams, overrides or ()).windows)
        if page is not None:
            page.write_text(reference_page(known), encoding="utf-8")
        found = features_like(known, words)
        emit([feature.model_dump() for feature in found]) if as_json else typer.echo(as_lines(found))


app.command(epilog=TRAIN_EXAMPLE)(train)
app.add_typer(keys_app, name="keys")
app.command(epilog=UP_EXAMPLE)(up)


@app.command(epilog="Example: vitals compare --json")
def compare(registry: Registry = Path("mlruns"), as_json: Json = False) -> None:
    """The models of the newest challenger side by side, with intervals."""
    from training.registry import challenger_comparison

    with clear_faults(as_json):
        found, text = challenger_comparison(registry)
        emit(found) if as_json else typer.echo(text)


@app.command(epilog='Example: vitals promote --force --reason "agreed with the board on 3 May"')
def promote(
    force: Annotated[bool, typer.Option(help="promote what the gate refuses; needs --reason")] = False,
    reason: Annotated[str | None, typer.Option(help="why it is forced; kept in the registry")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    as_json: Json = False,
) -> None:
    """Challenger to champion, if the gate lets it; exit 1 with the reasons where it does not."""
    from features.params import RuleParams
    from training.params import TrainingParams
    from training.promotion import check_forced, refused
    from training.promotion import promote as run

    with clear_faults(as_json):
        check_forced(force, reason)
        settings = read_section(params, "training", TrainingParams, overrides or ())
        bands = read_section(params, "rule", RuleParams, overrides or ()).bands
        found = run(settings, registry, reason, bands)
        if not found.promoted:
            raise refused(found)
        emit(found.as_dict()) if as_json else typer.echo(found.as_text())


@app.command(epilog="Example: vitals card --version 3")
def card(
    number: Annotated[str | None, typer.Option("--version", help="left out: the champion")] = None,
    registry: Registry = Path("mlruns"),
    as_json: Json = False,
) -> None:
    """The card of a version: population, comparison, segments, limits, checks, the gate (Markdown)."""
    from training.model_card import card_of
    from training.model_card_page import card_page

    with clear_faults(as_json):
        found = card_of(number, registry)
        emit(found) if as_json else typer.echo(card_page(found))


@app.command(epilog="Example: vitals score data/book --as-of 2026-10-31 --out health.csv")
def score(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    out: Annotated[Path | None, typer.Option(help="also a .parquet or .csv file")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    store: Store = None,
    as_json: Json = False,
) -> None:
    """The whole book: health, drivers, interval and rule score, published to the score history."""
    from serving.publishing import score_and_publish

    with clear_faults(as_json), steps(as_json) as step:
        now = dt.datetime.now(dt.UTC)
        done = score_and_publish(book, as_of, params, tuple(overrides or ()), registry, store, out, now, step)
        emit(done.as_dict()) if as_json else typer.echo(done.as_text())


@app.command(epilog="Example: vitals explain A-000017 --lang zh")
def explain(
    account: Annotated[str, typer.Argument(help="the account's id")],
    lang: Annotated[Language, typer.Option(help="en or zh")] = Language.en,
    as_of: AsOf = None,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """One account in words, from the newest snapshot of the score history."""
    from serving.publishing import published_account

    with clear_faults(as_json):
        found = published_account(account, as_of, store, dt.datetime.now(dt.UTC))
        emit(found.payload) if as_json else typer.echo(found.words(lang.value))


app.command(epilog=DISAGREEMENT_EXAMPLE)(disagreement)
app.command(epilog=CHANGE_EXAMPLE)(change)
app.command(epilog=PATH_EXAMPLE)(path_to_green)
app.command(epilog=THEMES_EXAMPLE)(themes)
app.command(epilog=KPIS_EXAMPLE)(kpis)


@app.command(
    "what-if",
    epilog="Example: vitals what-if --weights usage=40,voice=20,commercial=20,service=20 --backtest",
)
def what_if(
    book: Annotated[
        Path | None,
        typer.Argument(help="a book; left out: what was published last (with --backtest: data/book)"),
    ] = None,
    weights: Annotated[str | None, typer.Option(help="the four pillars' weights, 100 in all")] = None,
    bands: Annotated[str | None, typer.Option(help="where bands begin, as green=80,yellow=55")] = None,
    segment: Annotated[str | None, typer.Option(help="the weights are for this segment alone")] = None,
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
    from serving.what_if_run import what_if as run
    from training.all_params import AllParams
    from training.backtest_run import backtest_of, check_backtest
    from training.what_if_question import Question

    with clear_faults(as_json), steps(as_json) as step:
        question = Question(weights, bands, segment, model, against)
        settings = AllParams.read(params, tuple(overrides or ()))
        if backtest:
            check_backtest(as_of, out)
            replay = backtest_of(question, book or DEFAULT_BOOK, settings, registry, step)
            emit(replay.as_dict()) if as_json else typer.echo(replay.as_text())
        else:
            found = run(question, book, as_of, settings, registry, store, out, step)
            emit(found.as_dict()) if as_json else typer.echo(found.as_text())


@app.command(epilog="Example: vitals nps A-000017 --from 2026-05-01 --to 2026-11-01   (all: vitals nps)")
def nps(
    account: Annotated[str | None, typer.Argument(help="the account's id; left out: the whole book")] = None,
    book: Annotated[Path, typer.Option(help="the folder with the book's tables")] = DEFAULT_BOOK,
    since: Annotated[
        str | None, typer.Option("--from", help="a UTC date; left out: half a year before --to")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="a UTC date; left out: the end of the book")] = None,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """NPS by role at two dates, how sure it is, whether it really moved, and who moved."""
    from features.nps_moves import nps_moves_of_book
    from features.nps_words import as_dict, as_text

    with clear_faults(as_json), steps(as_json) as step:
        found = nps_moves_of_book(book, account, since, to, params, tuple(overrides or ()), step)
        emit(as_dict(found)) if as_json else typer.echo(as_text(found, account))


@app.command(epilog="Example: vitals evidence A-000017 --driver note_competitor_180d --as-of 2026-10-31")
def evidence(
    account: Annotated[str, typer.Argument(help="the account's id")],
    driver: Annotated[str, typer.Option(help="a feature of the catalogue")],
    book: Annotated[Path, typer.Option(help="the folder with the book's tables")] = DEFAULT_BOOK,
    as_of: AsOf = None,
    most: Annotated[int, typer.Option(min=1, help="the newest so many records of each table")] = 20,
    row_by_row: Annotated[bool, typer.Option("--rows", help="use row by row, not rolled up")] = False,
    lang: Annotated[Language, typer.Option(help="en or zh")] = Language.en,
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    as_json: Json = False,
) -> None:
    """The very records behind a driver, worked out anew from the book, as they were known at a date."""
    from serving.evidence.account_evidence import account_evidence

    with clear_faults(as_json), steps(as_json) as step:
        asked = (book, account, driver, as_of, params, tuple(overrides or ()), most, row_by_row)
        found = account_evidence(*asked, step)
        emit(found.answer) if as_json else typer.echo(found.words(lang.value))


@app.command(epilog="Example: vitals monitor data/book --out monitoring")
def monitor(
    book: BookArgument = DEFAULT_BOOK,
    as_of: AsOf = None,
    out: Annotated[Path, typer.Option(help="the folder for the report")] = Path("data/monitoring"),
    params: Params = DEFAULT_PARAMS,
    overrides: Set = None,
    registry: Registry = Path("mlruns"),
    as_json: Json = False,
) -> None:
    """Drift and data quality between the training dates and today, as HTML and JSON and in MLflow."""
    from serving.monitoring_run import monitor_book

    with clear_faults(as_json), steps(as_json) as step:
        report, pages = monitor_book(book, as_of, params, tuple(overrides or ()), registry, out, step)
        emit(report.as_dict()) if as_json else typer.echo("\n".join([report.as_text(), *map(str, pages)]))


app.command(epilog=AUDIT_EXAMPLE)(audit)


@app.command(epilog="Example: vitals serve --port 3000")
def serve(
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Port = 3000,
    params: Params = DEFAULT_PARAMS,
    registry: Registry = Path("mlruns"),
    store: Store = None,
) -> None:
    """The service: the API of the contract on http://HOST:PORT until it is stopped."""
    from serving.server import serve_until_stopped

    with clear_faults():
        raise typer.Exit(serve_until_stopped(host, port, params, registry, store))


app.command(epilog=WATCH_EXAMPLE)(watch)
app.command(epilog=OVERRIDES_EXAMPLE)(overrides)
app.command(epilog=VERDICTS_EXAMPLE)(verdicts)
app.add_typer(webhooks, name="webhooks")


@app.command(epilog="Example: vitals demo --no-serve")
def demo(
    book: BookArgument = DEFAULT_BOOK,
    port: Port = 3000,
    store: Store = None,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="keep serving afterwards")] = True,
) -> None:
    """From nothing to a served health: a simulated book, a trained model, the ten worst accounts."""
    from serving.demo import set_up
    from serving.server import check_address, serve_until_stopped

    with clear_faults():
        if serving:
            check_address("127.0.0.1", port)
        with steps() as step:
            words = set_up(book, store, port, dt.datetime.now(dt.UTC), step)
        typer.echo(words)
        if serving:
            raise typer.Exit(serve_until_stopped("127.0.0.1", port, DEFAULT_PARAMS, Path("mlruns"), store))


def main() -> None:
    """The entry point of the `vitals` command."""
    app()


if __name__ == "__main__":
    main()

"""How commands speak: steps on a bar for people, JSON for machines, one clear paragraph for a fault."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from features.check_report import rejected_in_words
from features.faults import Fault, VitalsFault, WrongUse

Step = Callable[[str], None]
CRASHED = 70  # EX_SOFTWARE of sysexits.h: a fault of ours, neither of the data nor of the use


@contextmanager
def steps(quiet: bool = False) -> Iterator[Step]:
    """A function that names the step begun. People see a bar; a log gets a line with the seconds."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("starting", total=None)
            yield lambda text: bar.update(task, description=text)
    else:
        start = time.monotonic()
        yield lambda text: print(f"[{time.monotonic() - start:5.1f} s] {text}", file=sys.stderr)  # noqa: T201


@contextmanager
def clear_faults(as_json: bool = False) -> Iterator[None]:
    """Turns every fault into a paragraph on stderr (or JSON on stdout) and the right exit code.

    1 is a fault in the data, 2 wrong use. Anything else is a fault of ours: it is said so, and the
    traceback is kept for who asks for it with VITALS_DEBUG=1.
    """
    try:
        yield
    except VitalsFault as fault:
        _say(fault, as_json)
        raise typer.Exit(fault.exit_code) from None
    except (KeyboardInterrupt, BrokenPipeError):
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        if os.environ.get("VITALS_DEBUG"):
            traceback.print_exc()
        if isinstance(error, OSError) and error.filename:
            refused = _unusable_file(error)
            _say(refused, as_json)
            raise typer.Exit(refused.exit_code) from None
        step = "Run it again with VITALS_DEBUG=1 for the traceback and report it."
        typer.echo(f"vitals: an error of ours, {type(error).__name__}: {error}. {step}", err=True)
        raise typer.Exit(CRASHED) from None


def tell_rejected(rejected: Mapping[str, int], book: Path | str, as_json: bool) -> None:
    """Says on stderr how many rows of each table were left out, where some were; JSON has them already."""
    words = rejected_in_words(rejected, book)
    if words and not as_json:
        typer.echo(words, err=True)


def _say(fault: VitalsFault, as_json: bool) -> None:
    if as_json:
        emit({"title": fault.title, "errors": [each.as_dict() for each in fault.faults]})
    else:
        typer.echo(f"vitals: {fault}", err=True)


def _unusable_file(error: OSError) -> WrongUse:
    step = f"name another, or make room for it there ({error.strerror})"
    fault = Fault("path", str(error.filename), "a place that can be read and written", step)
    return WrongUse("a file or folder cannot be used", [fault])


def emit(document: Any) -> None:
    """One JSON document on stdout; what JSON does not know is written as text."""
    typer.echo(json.dumps(document, ensure_ascii=False, default=str, allow_nan=False, indent=1))

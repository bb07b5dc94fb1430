"""The command `vitals words`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set
from training.terminal import clear_faults, emit

EXAMPLE = 'Example: vitals words "他们没有考虑其他供应商, but it is slow" --lexicon my_words.yaml'


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

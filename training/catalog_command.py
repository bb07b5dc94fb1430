"""The command `vitals catalog`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from features.params_file import DEFAULT_PARAMS, read_section
from training.command_options import Json, Params, Set
from training.terminal import clear_faults, emit

EXAMPLE = "Example: vitals catalog response_rate --json"


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

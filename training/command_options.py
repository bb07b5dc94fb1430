"""The options that commands share: a name, a meaning and a default, the same wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_BOOK = Path("data/book")
DEFAULT_REGISTRY = Path("mlruns")
BookArgument = Annotated[Path, typer.Argument(help="the folder with the book's tables")]
Json = Annotated[bool, typer.Option("--json", help="for machines: one JSON document on stdout")]
Params = Annotated[Path, typer.Option("--params", help="the parameters file")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="one parameter, as section.key=value; repeatable")
]
Registry = Annotated[Path, typer.Option("--registry", help="the MLflow folder")]

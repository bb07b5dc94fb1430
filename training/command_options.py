"""The options that commands share: a name, a meaning and a default, the same wherever they stand."""

from __future__ import annotations

from enum import StrEnum
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
AsOf = Annotated[str | None, typer.Option("--as-of", help="a UTC date; left out: the end of the book")]
Store = Annotated[
    str | None, typer.Option("--store", envvar="VITALS_STORE", help="database URL of the store")
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

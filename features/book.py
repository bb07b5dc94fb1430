"""Opens a book for the features: checked, faulty rows set aside, days worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis.expr.types as ir

from features.check_rejects import write_rejects
from features.params import CheckParams
from features.source_checks import CheckedBook, check_book
from features.source_tables import SOURCE_TABLES, SourceTable
from features.warehouse import Warehouse, warehouse


@dataclass(frozen=True)
class Book:
    """An opened book: `source` is what features may see, `checked` all accepted tables."""

    folder: Path
    source: Warehouse
    checked: CheckedBook

    @property
    def tables(self) -> Mapping[str, ir.Table]:
        """The accepted rows of every table that was asked for."""
        return self.checked.tables


def open_book(
    folder: Path,
    params: CheckParams,
    tables: Mapping[str, SourceTable] = SOURCE_TABLES,
    rolled: bool = True,
) -> Book:
    """Reads and checks the book at `folder`; faulty rows go to `rejects/` beside it.

    `tables` is what to read: the caller that learns adds its table of outcomes, which stays out of
    `source`. Use is read `rolled` up by day, where that is kept beside its rows. Raises DataFault with
    every fatal fault at once.
    """
    checked = check_book(folder, tables, max_faulty_share=params.max_faulty_share, rolled=rolled)
    write_rejects(checked)
    checked.raise_if_fatal()
    return Book(folder, warehouse(checked.tables, checked.versions), checked)

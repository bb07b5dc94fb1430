"""Answers that came since the book was exported, read as if its table `surveys` had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from features.book import Book
from features.source_tables import SURVEYS
from features.warehouse import literal_table, warehouse


def with_answers(book: Book, answers: Sequence[dict[str, Any]]) -> Book:
    """The book with `answers` (rows of `surveys`) added; of one response id the book's own row holds.

    Answers of accounts that the book does not have are left out. How far the book reaches is to be asked
    before: an answer of today does not make an export of last month one of today.
    """
    if not answers:
        return book
    names, rows = SURVEYS.column_names, literal_table(SURVEYS, [dict(row) for row in answers])
    rows = rows.semi_join(book.tables["accounts"], "account_id").select(*names)
    if SURVEYS.name in book.tables:
        own = book.tables[SURVEYS.name].select(*names)
        new = rows.anti_join(own, "response_id").select(*names)
        rows = own.union(new.cast(dict(own.schema())))
    versions = {name: each for name, each in book.checked.versions.items() if name != SURVEYS.name}
    return replace(book, source=warehouse({**book.tables, SURVEYS.name: rows.cache()}, versions))

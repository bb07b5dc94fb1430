"""Checked tables, one row per account per as-of date, and the expert's rule. Knows no outcome.

What people use from a notebook stands at the top, and is imported when it is asked for:

>>> import features
>>> features.as_of_date("2026-10-31")
Timestamp('2026-10-31 00:00:00+0000', tz='UTC')

`score_by_rule` is `rule_score`, a name that its module has. The way from a book to a health: docs/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.lazy_names import lazy_names

if TYPE_CHECKING:
    from features.book import Book as Book
    from features.book import open_book as open_book
    from features.catalog import load_catalog as load_catalog
    from features.faults import DataFault as DataFault
    from features.faults import VitalsFault as VitalsFault
    from features.faults import WrongUse as WrongUse
    from features.imports.run import import_exports as import_exports
    from features.rule_score import rule_score as score_by_rule  # noqa: F401
    from features.snapshot import build_snapshot as build_snapshot
    from features.time_windows import as_of_date as as_of_date
    from features.time_windows import month_starts as month_starts

PLACES = {
    "Book": "book",
    "DataFault": "faults",
    "VitalsFault": "faults",
    "WrongUse": "faults",
    "as_of_date": "time_windows",
    "build_snapshot": "snapshot",
    "import_exports": "imports.run",
    "load_catalog": "catalog",
    "month_starts": "time_windows",
    "open_book": "book",
    "score_by_rule": "rule_score:rule_score",
}
__all__ = [*PLACES]  # noqa: PLE0604
__getattr__, __dir__ = lazy_names(__name__, PLACES)

"""Scores, their history, the API, cases and monitoring. Knows nothing of how a model is fitted.

What people use from a notebook stands at the top, and is imported when it is asked for:

>>> import serving
>>> with serving.open_store("sqlite://") as store:
...     print(store.newest_snapshot())
None

`ask_what_if` and `open_store` are `what_if` and `opened_store`, names that modules have.
The way from a book to a health: docs/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.lazy_names import lazy_names

if TYPE_CHECKING:
    from serving.batch.batch_scoring import flat_table as flat_table
    from serving.batch.batch_scoring import score_book as score_book
    from serving.batch.publishing import score_and_publish as score_and_publish
    from serving.history.history_answers import snapshot_for as snapshot_for
    from serving.history.opened_store import opened_store as open_store  # noqa: F401
    from serving.params import ServingParams as ServingParams
    from serving.scores.champion import load_scorer as load_scorer
    from serving.what_ifs.what_if_run import what_if as ask_what_if  # noqa: F401
    from serving.wording.account_words import in_words as in_words

PLACES = {
    "ServingParams": "params",
    "ask_what_if": "what_ifs.what_if_run:what_if",
    "flat_table": "batch.batch_scoring",
    "in_words": "wording.account_words",
    "load_scorer": "scores.champion",
    "open_store": "history.opened_store:opened_store",
    "score_and_publish": "batch.publishing",
    "score_book": "batch.batch_scoring",
    "snapshot_for": "history.history_answers",
}
__all__ = [*PLACES]  # noqa: PLE0604
__getattr__, __dir__ = lazy_names(__name__, PLACES)

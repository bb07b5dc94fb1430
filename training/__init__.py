"""Labels, splits, models, calibration, comparison, promotion. Knows nothing of HTTP or of the store.

What people use from a notebook stands at the top, and is imported when it is asked for:

>>> import training
>>> training.SimulationParams(accounts=50).months
36

The way from a book to a health, without the command line: docs/python.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.lazy_names import lazy_names

if TYPE_CHECKING:
    from training.all_params import AllParams as AllParams
    from training.backtest_run import backtest_of as backtest_of
    from training.bootstrap import compare as compare
    from training.health_model import read_health_model as read_health_model
    from training.model_card import card_of as card_of
    from training.out_of_time import outcomes_of as outcomes_of
    from training.outcome_tables import ALL_TABLES as ALL_TABLES
    from training.promotion import promote as promote
    from training.registry import challenger_comparison as challenger_comparison
    from training.run import train as train
    from training.simulation.book import simulate_book as simulate_book
    from training.simulation.params import SimulationParams as SimulationParams
    from training.what_if_question import Question as Question

PLACES = {
    "ALL_TABLES": "outcome_tables",
    "AllParams": "all_params",
    "Question": "what_if_question",
    "SimulationParams": "simulation.params",
    "backtest_of": "backtest_run",
    "card_of": "model_card",
    "challenger_comparison": "registry",
    "compare": "bootstrap",
    "outcomes_of": "out_of_time",
    "promote": "promotion",
    "read_health_model": "health_model",
    "simulate_book": "simulation.book",
    "train": "run",
}
__all__ = [*PLACES]  # noqa: PLE0604
__getattr__, __dir__ = lazy_names(__name__, PLACES)

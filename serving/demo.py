"""From nothing to a served health, step by step; what is already there is not done again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from features.params_file import DEFAULT_PARAMS
from serving.account_words import several_in_words
from serving.champion import REGISTRY, find_champion
from serving.publishing import Published, score_and_publish
from training.promotion import promote, refused
from training.run import AllParams, train
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

Progress = Callable[[str], None]


def set_up(book: Path, now: dt.datetime, progress: Progress) -> str:
    """Makes what is missing of book and champion, scores the book, and tells of the ten worst accounts."""
    if not (book / "accounts.parquet").exists() and not (book / "accounts.csv").exists():
        progress(f"simulating a book into {book}")
        simulate_book(SimulationParams(), book, progress)
    said = _champion(book, progress)
    done = score_and_publish(book, None, DEFAULT_PARAMS, (), REGISTRY, None, None, now, progress)
    return "\n\n".join([*said, _ten(done), _next(done)])


def _champion(book: Path, progress: Progress) -> list[str]:
    """Trains and promotes where no model is champion yet; what was found is returned in words."""
    if find_champion(REGISTRY) is not None:
        return []
    params = AllParams.read()
    trained, _ = train(book, params, REGISTRY, progress)
    promotion = promote(params.training, REGISTRY)
    if not promotion.promoted:
        return [trained.comparison.as_text(), str(refused(promotion))]
    return [trained.comparison.as_text(), promotion.as_text()]


def _ten(done: Published) -> str:
    title = "The ten accounts that most need a person (red first, then by revenue at risk):"
    return f"{title}\n\n{several_in_words(done.scored.most_in_need(10))}"


def _next(done: Published) -> str:
    first: str = done.scored.most_in_need(1)[0].payload["account_id"]
    body = f'{{"account_ids": ["{first}"]}}'
    return (
        "Ask the service for one of them (interactive documentation: http://127.0.0.1:3000/docs.json):\n"
        f"  curl -s -X POST http://127.0.0.1:3000/v1/health -H 'Content-Type: application/json' -d '{body}'\n"
        "Or read on: vitals explain " + first + " --lang zh"
    )

"""From nothing to a served health, step by step; what is already there is not done again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from features.params_file import DEFAULT_PARAMS
from serving.batch.publishing import Published, score_and_publish
from serving.scores.champion import REGISTRY, find_champion, load_scorer
from serving.wording.account_words import several_in_words
from training.all_params import AllParams
from training.promotion import promote, refused
from training.registry import challenger_comparison, tracking, version_of
from training.run import train
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

Progress = Callable[[str], None]


def set_up(book: Path, store: str | None, port: int, now: dt.datetime, progress: Progress) -> str:
    """Makes what is missing of book and champion, scores the book, and tells of the ten worst accounts.

    `store` is the database of the history (None: the default), `port` where the service will answer.
    """
    params = AllParams.read()
    if not (book / "accounts.parquet").exists() and not (book / "accounts.csv").exists():
        progress(f"simulating a book into {book}")
        simulate_book(SimulationParams(), book, progress)
    said = _champion(book, params, progress)
    done = score_and_publish(book, None, DEFAULT_PARAMS, (), REGISTRY, store, None, now, progress)
    return "\n\n".join([*said, _ten(done), _next(done, port)])


def _champion(book: Path, params: AllParams, progress: Progress) -> list[str]:
    """Trains and promotes where no champion can be used yet; what was found is returned in words.

    A challenger that the gate has refused is not trained again: it would be the same.
    """
    if load_scorer(REGISTRY).model["kind"] == "learned":
        return []
    unusable = find_champion(REGISTRY) is not None  # as one from before bundles were signed
    with tracking(REGISTRY) as client:
        trained_before = version_of(client, "challenger") is not None
    if unusable or not trained_before:
        train(book, params, REGISTRY, progress)
    _, comparison = challenger_comparison(REGISTRY)
    promotion = promote(params.training, REGISTRY, bands=params.rule.bands)
    return [comparison, promotion.as_text() if promotion.promoted else str(refused(promotion))]


def _ten(done: Published) -> str:
    title = "The ten accounts that most need a person (red first, then by revenue at risk):"
    return f"{title}\n\n{several_in_words(done.scored.most_in_need(10))}"


def _next(done: Published, port: int) -> str:
    first: str = done.scored.most_in_need(1)[0].payload["account_id"]
    body = f'{{"account_ids": ["{first}"]}}'
    service = f"http://127.0.0.1:{port}"
    return (
        f"Ask the service, while it runs (vitals serve), for one of them; {service}/docs.json describes it:\n"
        f'  curl -s -X POST {service}/v1/health -H "Authorization: Bearer $VITALS_KEY" '
        f"-H 'Content-Type: application/json' -d '{body}'\n"
        "(VITALS_KEY is shown when the service first starts; vitals keys create makes another)\n"
        f"Or read on: vitals explain {first} --lang zh"
    )

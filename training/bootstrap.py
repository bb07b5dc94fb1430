"""Intervals by resampling accounts, not rows.

The rows of one account, at several as-of dates, move together: drawing rows as if each were evidence of
its own makes intervals too narrow. Accounts are drawn with replacement and bring all their rows (the pairs
cluster bootstrap: Cameron, Gelbach & Miller 2008). All models see the same draws, so that the difference
of two models is far better known than either. Under about 30 churned accounts read an interval as rough:
percentile intervals are then too narrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike

from features.faults import DataFault, Fault, WrongUse
from training.calibration import Matrix
from training.comparison import Comparison, Difference, Estimate
from training.evaluation import MEASURES, measures_for
from training.ranked_rows import Indices, Outcomes, Ranking, WeightedRows, probability_faults

RESAMPLES = 1_000
LEVEL = 0.9
BLOCK = 2**16  # weights held at a time: 512 kB stay in the processor's cache, four times as fast as 8 MB


Values = dict[tuple[str, str], Matrix]  # (model, measure) -> its value on all rows, then on each resample
Tails = tuple[float, float]


def account_draws(account: Indices, resamples: int, seed: int) -> Iterator[Matrix]:
    """How often each account is drawn, in blocks of shape (b, accounts) with `resamples` rows in all.

    `account` (n,) holds codes from 0. The draws depend on the seed and the number of accounts alone.

    >>> [block.sum(axis=1) for block in account_draws(np.array([0, 0, 1, 2]), resamples=2, seed=1)]
    [array([3., 3.])]
    """
    rng = np.random.default_rng(seed)
    accounts = int(account.max()) + 1
    step = max(BLOCK // len(account), 1)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(accounts, np.full(accounts, 1 / accounts), size=size).astype(np.float64)


def compare(
    models: Mapping[str, ArrayLike],
    outcomes: Outcomes,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = LEVEL,
) -> Comparison:
    """The models on the same rows: each measure with its interval, each pair with its difference.

    `models` gives each model's churn probabilities (n,), strictly between 0 and 1. The intervals are
    percentile intervals that hold `level` of the resamples.

    DataFault with every probability that is none, or where no resample holds both outcomes. WrongUse
    where there is no model, `resamples` is below 1 or `level` not between 0 and 1.

    >>> outcomes = Outcomes.of([1, 0, 0, 1, 0, 0] * 5, np.arange(30) // 2)
    >>> risk = {"rule": [0.3, 0.1, 0.4, 0.2, 0.1, 0.2] * 5, "learned": [0.6, 0.1, 0.4, 0.5, 0.1, 0.2] * 5}
    >>> found = compare(risk, outcomes, resamples=200, seed=7)
    >>> found.estimate("rule", "auc").value, found.estimate("learned", "auc").value
    (0.6875, 1.0)
    >>> found.difference("learned", "rule", "auc").better
    1.0
    """
    _check(models, outcomes, resamples, level)
    rankings = {name: Ranking.of(outcomes, p, name) for name, p in models.items()}
    values = _measured(rankings, outcomes, resamples, seed)
    measures = measures_for(outcomes)
    tails = ((1 - level) / 2, (1 + level) / 2)
    return Comparison(
        estimates=tuple(_estimate(model, name, values, tails) for model in models for name in measures),
        differences=tuple(
            _difference(pair, name, values, tails) for pair in permutations(models, 2) for name in measures
        ),
        rows=len(outcomes.churned),
        accounts=int(outcomes.account.max()) + 1,
        churns=int(outcomes.churned.sum()),
        resamples=resamples,
        skipped=resamples + 1 - len(next(iter(values.values()))),
        level=level,
        seed=seed,
    )


def _measured(rankings: dict[str, Ranking], outcomes: Outcomes, resamples: int, seed: int) -> Values:
    blocks: dict[tuple[str, str], list[Matrix]] = {}
    for drawn in _telling_draws(outcomes, resamples, seed):
        for model, ranking in rankings.items():
            rows = WeightedRows(ranking, drawn[:, outcomes.account[ranking.order]])
            for name, measure in measures_for(outcomes).items():
                blocks.setdefault((model, name), []).append(measure.of(rows))
    return {key: np.concatenate(parts) for key, parts in blocks.items()}


def _telling_draws(outcomes: Outcomes, resamples: int, seed: int) -> Iterator[Matrix]:
    """Every account once, then the draws that hold both outcomes, and churned revenue where it is known."""
    needed = [outcomes.churned, 1 - outcomes.churned]
    if outcomes.churned_revenue is not None:
        needed.append(outcomes.churned_revenue)
    held = np.stack([np.bincount(outcomes.account, column) for column in needed], axis=1)
    yield np.ones((1, len(held)))
    telling = 0
    for drawn in account_draws(outcomes.account, resamples, seed):
        kept = drawn[(drawn @ held > 0).all(axis=1)]
        telling += len(kept)
        if len(kept):
            yield kept
    if not telling:
        found = f"none in {resamples} resamples of {len(held)} accounts"
        fault = Fault("resamples with both outcomes", found, "at least one", "take more accounts")
        raise DataFault("There are too few accounts for an interval", [fault])


def _estimate(model: str, name: str, values: Values, tails: Tails) -> Estimate:
    value, *_ = found = values[model, name]
    low, high = np.quantile(found[1:], tails)
    return Estimate(model, name, float(value), float(low), float(high))


def _difference(pair: tuple[str, str], name: str, values: Values, tails: Tails) -> Difference:
    (model, against), measure = pair, MEASURES[name]
    found = measure.to_compare(values[model, name]) - measure.to_compare(values[against, name])
    gain = found[1:] if measure.better == "higher" else -found[1:]
    low, high = np.quantile(found[1:], tails)
    better = float((gain > 0).mean() + (gain == 0).mean() / 2)
    return Difference(model, against, name, float(found[0]), float(low), float(high), better)


def _check(models: Mapping[str, ArrayLike], outcomes: Outcomes, resamples: int, level: float) -> None:
    wrong = []
    if not models:
        wrong.append(Fault("models", [], "at least one model", "name a model and its probabilities"))
    if resamples < 1:
        wrong.append(Fault("resamples", resamples, "1 or more", f"leave it at {RESAMPLES}"))
    if not 0 < level < 1:
        wrong.append(Fault("level", level, "a share between 0 and 1", "say 0.9 for 90 %"))
    if wrong:
        raise WrongUse("The models cannot be compared so", wrong)
    arrays = {name: np.asarray(p, dtype=np.float64) for name, p in models.items()}
    faults = [fault for name, p in arrays.items() for fault in probability_faults(outcomes, p, name)]
    if faults:
        raise DataFault("These are no churn probabilities of the rows", faults)

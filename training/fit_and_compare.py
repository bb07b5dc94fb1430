"""Everything of a training run but the tracking: data, models, comparison, the final model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from features.book import open_book
from features.catalog import Feature, load_catalog
from training.all_params import AllParams
from training.believed_weights import weights_in_words
from training.comparison import Comparison
from training.dataset import TrainingSet, build_training_set
from training.fingerprints import fingerprint_of_code, fingerprint_of_params
from training.health_model import HealthModel
from training.leakage_finding import Finding
from training.leakage_run import checked_for_leaks
from training.learner_search import Search, search_learner
from training.out_of_time import compare_members, predictions_out_of_time
from training.outcome_tables import ALL_TABLES
from training.params import TrainingParams
from training.plausible_moves import plausible_moves
from training.pool import PoolModel, fit_pool
from training.text_feature import taught_by_text
from training.typical_values import typical_values
from training.usual_values import usual_values

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """What a run made: the data, the predictions out of time, the comparison, the final model, and what
    the leakage checks found in all of them.

    The rows of `data` that the final model learned from carry their text signal out of fold.
    """

    data: TrainingSet
    tested: pd.DataFrame
    comparison: Comparison
    fitted: PoolModel
    model: HealthModel
    findings: tuple[Finding, ...]
    search: Search

    def as_text(self) -> str:
        """For people: the comparison as a table, and below it the weights that the data believe."""
        weights = weights_in_words(self.model.weights)
        believed = f"\n\nthe expert's weights → what the data believe ± one standard error: {weights}"
        return self.comparison.as_text() + (believed if weights else "")


def fit_and_compare(book_folder: Path, params: AllParams, progress: Progress = lambda _: None) -> Trained:
    """Everything of a training run but the tracking.

    BLAS has one thread meanwhile: with more it adds in another order, and the last digits would differ from
    machine to machine.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _fitted_and_compared(book_folder, params, progress)


def _fitted_and_compared(book_folder: Path, params: AllParams, progress: Progress) -> Trained:
    progress("reading and checking the book")
    book = open_book(book_folder, params.checks, ALL_TABLES)
    data = build_training_set(book, params.features, params.training, progress)
    catalog = load_catalog(params.features.windows)
    search = _search(data, catalog, params.training, progress)
    training = params.training.model_copy(update={"learner": search.best})
    tested = predictions_out_of_time(data, params.features, params.rule, training, progress)
    progress("comparing the models")
    comparison = compare_members(tested, params.training)
    last = data.at(data.final_dates)
    churned = data.churned[last]
    taught = taught_by_text(data.rows[last], churned, data.texts, params.features, params.training, progress)
    rows, data = taught.rows, data.with_rows(taught.rows)
    fitted = fit_pool(
        rows,
        churned,
        catalog,
        params.rule,
        training.learner,
        training.seed,
        progress,
        training.prior,
        training.horizon,
        training.member,
    )
    usual = typical_values(rows[rows["as_of"] == rows["as_of"].max()], fitted.features)
    facts = {
        "horizon_days": params.training.horizon,
        "trained_until": f"{max(data.final_dates):%Y-%m-%d}",
        "known_until": f"{data.known_until:%Y-%m-%d}",
        "typical": usual.portfolio,
        "typical_by_segment": usual.segments,
        "plausible_moves": plausible_moves(_every_row(data), catalog).as_facts(),
        "usual": usual_values(rows[list(fitted.features)].to_numpy("float64"), fitted.features),
        "comparison": comparison.as_dict(),
        "data_fingerprint": data.fingerprint,
        "params_fingerprint": fingerprint_of_params(params),
        "code_fingerprint": fingerprint_of_code(),
        "seed": training.seed,
        "learner": search.best.model_dump(mode="json"),
    }
    model = replace(fitted.health_model(facts), text=taught.signal)
    findings = checked_for_leaks(data, tested, model, book, params, progress)
    return Trained(data, tested, comparison, fitted, model, findings, search)


def _search(
    data: TrainingSet, catalog: Sequence[Feature], params: TrainingParams, progress: Progress
) -> Search:
    """On the rows that the first origin may learn from, and no others."""
    rows, churned = data.training_rows(data.origins[0])
    return search_learner(rows, churned, catalog, params.learner, params.search, params.seed, progress)


def _every_row(data: TrainingSet) -> pd.DataFrame:
    """With the end of the book, whose outcomes nobody knows: how features move needs none."""
    return pd.concat([data.rows, data.newest], ignore_index=True)

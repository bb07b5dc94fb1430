"""Every member's predictions for dates that its training knew nothing of, and their comparison."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from features.catalog import load_catalog
from features.params import FeatureParams, RuleParams
from training.bootstrap import compare
from training.comparison import Comparison
from training.dataset import TrainingSet
from training.members import MEMBERS, Lesson, member_probabilities
from training.params import TrainingParams
from training.ranked_rows import Outcomes
from training.text_feature import taught_by_text, told_by_text

Progress = Callable[[str], None]


def predictions_out_of_time(
    data: TrainingSet, features: FeatureParams, rule: RuleParams, params: TrainingParams, progress: Progress
) -> pd.DataFrame:
    """One row per test row: account_id, as_of, segment, mrr, churned (0/1), days_to_churn (NaN: stayed), each
    member's churn probability, and of the member that answers `answer`, `low`, `high` and `at_worst`: its
    probability, its 90 % interval, and the probability were every missing measure at its worst."""
    found = []
    for number, split in enumerate(data.origins):
        rows, churned = data.training_rows(split)
        test = data.at(split.test)
        step = _prefixed(progress, f"origin {number + 1} of {len(data.origins)}: ")
        taught = taught_by_text(rows, churned, data.texts, features, params, step)
        lesson = Lesson(
            taught.rows,
            churned,
            told_by_text(data.rows[test], taught.signal, data.texts, features.windows),
            load_catalog(features.windows),
            rule,
            params,
            step,
        )
        facts = data.rows.loc[test, ["account_id", "as_of", "segment", "mrr"]]
        facts = facts.assign(churned=data.churned[test], days_to_churn=data.days_to_churn[test])
        found.append(pd.concat([facts, member_probabilities(lesson)], axis=1))
    return pd.concat(found, ignore_index=True)


def _prefixed(progress: Progress, prefix: str) -> Progress:
    return lambda text: progress(prefix + text)


def outcomes_of(tested: pd.DataFrame, calls: int) -> Outcomes:
    """The outcomes of the predicted rows; an unknown revenue counts 0."""
    return Outcomes.of(
        tested["churned"],
        tested["account_id"].to_numpy(str),
        tested["mrr"].fillna(0.0),
        tested["as_of"].astype("int64"),
        calls,
    )


def compare_members(tested: pd.DataFrame, params: TrainingParams) -> Comparison:
    """The members on the same test rows, with intervals bootstrapped by account."""
    models = {name: tested[name] for name in MEMBERS}
    return compare(models, outcomes_of(tested, params.calls), params.bootstrap, params.seed)

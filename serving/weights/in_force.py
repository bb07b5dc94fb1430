"""The rule as the next scoring weighs it: that of params.yaml, under the weights that were adopted."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from features.params import RuleParams
from serving.history.store import ScoreStore
from serving.scores.champion import Settings, load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from serving.weights.weight_versions import WeightVersion, weights_in_force

LOG = logging.getLogger("vitals.serving")
OWN = ("rule.weights", "rule.profiles", "rule.stage_profiles")


def version_in_force(store: ScoreStore, overrides: Sequence[str] = ()) -> WeightVersion | None:
    """The adopted version; None where there is none, or where `--set` names other weights for this run."""
    if any(override.startswith(OWN) for override in overrides):
        return None
    with store.begin() as connection:
        return weights_in_force(connection)


def rule_in_force(rule: RuleParams, version: WeightVersion | None) -> RuleParams:
    """The rule under the version's weights."""
    return rule if version is None else version.weights.over(rule)


def weighed(scorer: Any, rule: RuleParams) -> Any:
    """The scorer with this rule, or beside it; any other scorer than ours as it is."""
    return replace(scorer, rule=rule) if isinstance(scorer, LearnedScorer | RuleScorer) else scorer


def scorer_in_force(
    store: ScoreStore, registry: Path, params_file: Path, overrides: Sequence[str] = ()
) -> LearnedScorer | RuleScorer:
    """What scores a book: as `load_scorer`, with the rule under the adopted weights."""
    scorer = load_scorer(registry, params_file, overrides)
    return replace(scorer, rule=rule_in_force(scorer.rule, version_in_force(store, overrides)))


class SettingsInForce:
    """What a running service scores by, asked for every second: `settings` of the file, and what was adopted.

    A store that does not answer changes nothing: what held goes on to hold.
    """

    def __init__(self, settings: Settings, store: ScoreStore) -> None:
        self._file, self._store = settings, store
        self._last = settings
        self._version: WeightVersion | None = None

    def __call__(self) -> Settings:
        """The settings that hold now; the same object for as long as they do."""
        try:
            version = version_in_force(self._store)
        except SQLAlchemyError as error:
            LOG.error("the adopted weights cannot be read: %s", type(error).__name__)
            return self._last
        if version != self._version:
            self._version = version
            self._last = replace(self._file, rule=rule_in_force(self._file.rule, version))
        return self._last

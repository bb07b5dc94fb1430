"""All the sections of `params.yaml` that a training run reads, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features.catalog import load_catalog
from features.params import CheckParams, FeatureParams, RuleParams
from features.params_file import DEFAULT_PARAMS, read_section
from features.rule_score import check_rule
from training.params import TrainingParams


@dataclass(frozen=True)
class AllParams:
    """The sections that a training run reads."""

    checks: CheckParams
    features: FeatureParams
    rule: RuleParams
    training: TrainingParams

    @classmethod
    def read(cls, path: Path = DEFAULT_PARAMS, overrides: tuple[str, ...] = ()) -> AllParams:
        """The sections from `params.yaml`, checked against the catalogue."""
        params = cls(
            read_section(path, "checks", CheckParams, overrides),
            read_section(path, "features", FeatureParams, overrides),
            read_section(path, "rule", RuleParams, overrides),
            read_section(path, "training", TrainingParams, overrides),
        )
        check_rule(params.rule, {feature.name for feature in load_catalog(params.features.windows)})
        return params

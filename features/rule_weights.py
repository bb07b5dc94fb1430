"""What of the rule is co-created in the workshop: its weights, by default, by segment and by stage."""

from __future__ import annotations

from pydantic import Field

from features.params import PillarWeights, RuleParams, Stage
from features.params_file import Section


class RuleWeights(Section):
    """The weights of a rule, apart from its measures, bands and exceptions."""

    weights: PillarWeights
    profiles: dict[str, PillarWeights] = Field(default_factory=dict)
    stage_profiles: dict[Stage, PillarWeights] = Field(default_factory=dict)

    @classmethod
    def of(cls, rule: RuleParams) -> RuleWeights:
        """The weights that a rule has."""
        return cls(weights=rule.weights, profiles=rule.profiles, stage_profiles=rule.stage_profiles)

    def over(self, rule: RuleParams) -> RuleParams:
        """The rule with these weights in the place of its own."""
        return rule.model_copy(
            update={
                "weights": self.weights,
                "profiles": dict(self.profiles),
                "stage_profiles": dict(self.stage_profiles),
            }
        )

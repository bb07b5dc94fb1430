"""Which pillar weights an account is scored by: those of its stage, else of its segment, else the default.

A stage's weights go before a segment's: what counts in an account's first months, or before its renewal, is
told by its clock more than by its size. Worked example, under the limits of 90 and 180 days: a customer for
100 days whose contract ends in 200 is `onboarding`; once it ends in 90 or fewer, it is `renewal`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.params import PillarWeights, RuleParams, Stage, StageLimits

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
StageKey = tuple[str, Stage]
Key = str | StageKey | None  # a segment, a stage, or the default: no segment is ever taken for a stage

STAGES: tuple[Stage, ...] = ("renewal", "onboarding")  # the first that an account is in
FEATURE: dict[Stage, str] = {"renewal": "days_to_renewal", "onboarding": "tenure_days"}


def profiles_of(params: RuleParams) -> dict[Key, PillarWeights]:
    """Every profile of pillar weights, the default first, then segments, then stages.

    >>> from features.params import PILLARS, Measure
    >>> one = {p: (Measure(feature=p, weight=1, curve=((0, 0), (1, 100))),) for p in PILLARS}
    >>> list(profiles_of(RuleParams(measures=one, profiles={"smb": PillarWeights()})))
    [None, 'smb']
    """
    found: dict[Key, PillarWeights] = {None: params.weights}
    found.update(params.profiles)
    found.update({("stage", stage): weights for stage, weights in _stages(params)})
    return found


def stage_features(params: RuleParams) -> tuple[str, ...]:
    """The features that tell an account's stage; empty where no stage has weights of its own."""
    return tuple(FEATURE[stage] for stage, _ in _stages(params))


@dataclass(frozen=True, eq=False)
class ChosenProfiles:
    """The profile of n accounts: `places` (n,) in the order of `profiles_of`."""

    places: NDArray[np.intp]
    params: RuleParams
    facts: Mapping[str, Values]

    @classmethod
    def of(
        cls, params: RuleParams, segment: NDArray[np.object_], facts: Mapping[str, Values]
    ) -> ChosenProfiles:
        """`segment` (n,): a text, or anything else where unknown; `facts`: (n,) of each of `stage_features`.

        A fact that is missing puts an account into no stage: see `others`.
        """
        order = {key: place for place, key in enumerate(profiles_of(params))}
        told = [order.get(name, 0) if isinstance(name, str) else 0 for name in segment]
        places = np.array(told, dtype=np.intp)
        for stage, _ in reversed(list(_stages(params))):
            places[_inside(stage, facts[FEATURE[stage]], params.stages)] = order["stage", stage]
        return cls(places, params, facts)

    def others(self) -> Iterator[tuple[Mask, int]]:
        """Stages that accounts could be in too, were what is missing known: which accounts, which profile."""
        order = {key: place for place, key in enumerate(profiles_of(self.params))}
        decided = np.zeros(len(self.places), dtype=bool)
        for stage, _ in _stages(self.params):
            fact = self.facts[FEATURE[stage]]
            yield np.isnan(fact) & ~decided, order["stage", stage]
            decided |= _inside(stage, fact, self.params.stages)

    def in_no_stage(self) -> Mask:
        """The accounts whose segment decides, as far as is known."""
        first = 1 + len(self.params.profiles)
        return np.asarray(self.places < first)


def _stages(params: RuleParams) -> Iterator[tuple[Stage, PillarWeights]]:
    return ((stage, params.stage_profiles[stage]) for stage in STAGES if stage in params.stage_profiles)


def _inside(stage: Stage, fact: Values, limits: StageLimits) -> Mask:
    """NaN is in no stage."""
    return np.asarray(fact <= limits.renewal if stage == "renewal" else fact < limits.onboarding)

"""The `checks:`, `features:` and `rule:` sections of `params.yaml` as typed, frozen objects."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from features.params_file import Section
from features.text.lexicon import load_lexicons
from features.units import Days, Points, Share

Pillar = Literal["usage", "voice", "commercial", "service"]
PILLARS: tuple[Pillar, ...] = ("usage", "voice", "commercial", "service")
Stage = Literal["renewal", "onboarding"]


class CheckParams(Section):
    """How many faulty rows a table may have before the run stops."""

    max_faulty_share: Share = 0.05


class Windows(Section):
    """The lengths of the observation windows, each `[as_of - length, as_of)`.

    Feature names carry the length: with `month: 28d`, `active_users_30d` becomes `active_users_28d`.
    `month` is at most 62 days, because the days of use are kept as the bits of one integer;
    `quarter` is at least two months long, because a month is compared with the one before it.
    """

    month: Annotated[Days, Field(ge=1, le=62)] = 30
    quarter: Annotated[Days, Field(ge=1)] = 90
    half_year: Annotated[Days, Field(ge=1)] = 180
    year: Annotated[Days, Field(ge=1)] = 365

    def labels(self) -> dict[str, str]:
        """The window lengths as they stand in feature names.

        >>> Windows().labels()["month"]
        '30d'
        """
        return {name: f"{length}d" for name, length in dict(self).items()}

    @model_validator(mode="after")
    def _month_before_fits(self) -> Windows:
        if self.quarter < 2 * self.month:
            raise ValueError(f"quarter must hold two months, at least '{2 * self.month}d' for this month")
        return self


class RoleWeights(Section):
    """The weight of each role in the account NPS (V2); renormalised over the roles that answered."""

    decision_maker: Share = 0.5
    manager: Share = 0.2
    user: Share = 0.1
    it_manager: Share = 0.1
    finance: Share = 0.1


class SeverityWeights(Section):
    """What a ticket of each severity counts (O5)."""

    critical: Annotated[float, Field(ge=0)] = 8
    high: Annotated[float, Field(ge=0)] = 4
    medium: Annotated[float, Field(ge=0)] = 2
    low: Annotated[float, Field(ge=0)] = 1


class FeatureParams(Section):
    """How the signals are read from the tables."""

    windows: Windows = Windows()
    role_weights: RoleWeights = RoleWeights()
    severity_weights: SeverityWeights = SeverityWeights()
    sticky_features: tuple[str, ...] = ()
    answer_grace: Days = 14
    text_half_life: Annotated[Days, Field(ge=1)] = 60
    lexicons: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _lexicons_can_be_read(self) -> FeatureParams:
        """Said before any work begins: DataFault with every fault of every file at once."""
        load_lexicons(self.lexicons)
        return self


class Measure(Section):
    """One measure of the rule: a feature, its weight in its pillar, and its sub-score curve.

    `curve` lists (feature value, sub-score 0–100) pairs with rising values; between them the
    sub-score is interpolated linearly, outside them it stays at the end's. `when_missing` is the
    sub-score that the point estimate uses when the feature is null, kept within the curve's; the
    range uses the curve's lowest and highest.
    """

    feature: str
    weight: Annotated[float, Field(gt=0)]
    curve: tuple[tuple[float, Points], ...]
    when_missing: Points = 50

    @model_validator(mode="after")
    def _values_rise(self) -> Measure:
        values = [value for value, _ in self.curve]
        if len(values) < 2 or any(b <= a for a, b in pairwise(values)):
            raise ValueError(f"curve of {self.feature!r} must have at least two points with rising values")
        return self


class HardException(Section):
    """A fact that caps the score whatever else is true, such as a decision maker's detractor score."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None
    cap: Points
    reason: str

    @model_validator(mode="after")
    def _one_bound(self) -> HardException:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give exactly one of at_least and at_most")
        return self


class BandLimits(Section):
    """green `[green, 100]`, yellow `[yellow, green)`, red `[0, yellow)`, on the unrounded number."""

    green: Points = 85
    yellow: Points = 60

    @model_validator(mode="after")
    def _ordered(self) -> BandLimits:
        if self.yellow >= self.green:
            raise ValueError("yellow must lie below green")
        return self


class PillarWeights(Section):
    """The weights of the four pillars, in percent; they add up to 100."""

    usage: Points = 30
    voice: Points = 25
    commercial: Points = 25
    service: Points = 20

    @model_validator(mode="after")
    def _whole(self) -> PillarWeights:
        total = self.usage + self.voice + self.commercial + self.service
        if abs(total - 100) > 1e-9:
            raise ValueError(f"the pillar weights must add up to 100, not {total:g}")
        return self


class StageLimits(Section):
    """When an account is in a stage of its life: `renewal` with at most so many days to the next renewal,
    else `onboarding` before it has been a customer for so many days."""

    renewal: Annotated[Days, Field(ge=1)] = 90
    onboarding: Annotated[Days, Field(ge=1)] = 180


class RuleParams(Section):
    """The expert's rule: pillar weights, measures, bands, exceptions, profiles per segment and stage."""

    weights: PillarWeights = PillarWeights()
    profiles: dict[str, PillarWeights] = Field(default_factory=dict)
    stages: StageLimits = StageLimits()
    stage_profiles: dict[Stage, PillarWeights] = Field(default_factory=dict)
    bands: BandLimits = BandLimits()
    measures: dict[Pillar, tuple[Measure, ...]]
    exceptions: tuple[HardException, ...] = ()

    @model_validator(mode="after")
    def _every_pillar_measured(self) -> RuleParams:
        empty = [pillar for pillar in PILLARS if not self.measures.get(pillar)]
        if empty:
            raise ValueError(f"every pillar needs a measure; none given for {', '.join(empty)}")
        return self

    @model_validator(mode="after")
    def _nothing_twice(self) -> RuleParams:
        named = [m.feature for measures in self.measures.values() for m in measures]
        for what, names in (("measured", named), ("given as a reason", [e.reason for e in self.exceptions])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{', '.join(map(repr, twice))} must be {what} only once")
        return self

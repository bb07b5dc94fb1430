"""What somebody tries in the workshop: other weights by default, of a segment or of a stage, on a base."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from features.faults import nearest
from features.params import PILLARS, PillarWeights
from features.rule_profiles import STAGES
from features.rule_weights import RuleWeights
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, is_short_text

KEYS = ("base", "segment", "stage", "plain", *PILLARS)
FILE = "file"  # as a base: the weights of params.yaml


@dataclass(frozen=True)
class Trial:
    """`base`: a draft's number, FILE, or empty for what is in force. `weights`: the whole proposal.

    `plain`: the segment or stage is to have no weights of its own. `shown`: where the sliders stand.
    """

    base: str
    segment: str | None
    stage: str | None
    plain: bool
    weights: RuleWeights
    shown: PillarWeights

    def asked(self, **other: Any) -> dict[str, Any]:
        """The trial as parameters of an address."""
        given = {"base": self.base, "segment": self.segment, "stage": self.stage}
        given |= {"plain": "1" if self.plain else None, **self.shown.model_dump()}
        return given | other


def read_trial(given: Mapping[str, str], base_of: Callable[[str], RuleWeights | None]) -> Trial:
    """The trial of a query or a form; `base_of` gives the weights that a base names, None where none are.

    Where no slider is given, they stand where the base has them. Raises Problem with every fault.
    """
    faults = Faults()
    base, segment, stage = given.get("base", ""), given.get("segment") or None, given.get("stage") or None
    start = base_of(base)
    if start is None:
        faults.add("base", base, "the number of a draft, file, or nothing", "see the versions on the page")
    if segment is not None and not is_short_text(segment):
        faults.add("segment", segment, TEXT_ALLOWED, "leave it out for the default weights")
    if stage is not None and stage not in STAGES:
        faults.add("stage", stage, f"one of {', '.join(STAGES)}", nearest(clip(stage), STAGES))
    if stage is not None and segment is not None:
        faults.add("stage", stage, "a stage or a segment", "leave one of them out")
    plain = given.get("plain") == "1" and (segment or stage) is not None
    positions = _positions(given, faults)
    faults.raise_any()
    assert start is not None
    current = _of(start, segment, stage)
    shown = current if positions is None else scaled(positions)
    return Trial(base, segment, stage, plain, _with(start, segment, stage, None if plain else shown), shown)


def scaled(positions: Mapping[str, float]) -> PillarWeights:
    """Sliders as percent of their sum, to a tenth; what rounding leaves over goes to the largest.

    >>> scaled({"usage": 40, "voice": 20, "commercial": 20, "service": 20}).usage
    40.0
    >>> scaled({"usage": 2, "voice": 1, "commercial": 0, "service": 0})
    PillarWeights(usage=66.7, voice=33.3, commercial=0.0, service=0.0)
    """
    total = sum(positions.values())
    tenths = {pillar: round(1000 * value / total) for pillar, value in positions.items()}
    largest = max(tenths, key=lambda pillar: (tenths[pillar], -PILLARS.index(pillar)))
    tenths[largest] += 1000 - sum(tenths.values())
    return PillarWeights.model_validate({pillar: value / 10 for pillar, value in tenths.items()})


def _positions(given: Mapping[str, str], faults: Faults) -> dict[str, float] | None:
    told: dict[str, str] = {pillar: given[pillar] for pillar in PILLARS if given.get(pillar)}
    if not told:
        return None
    found: dict[str, float | None] = {pillar: _number(told.get(pillar, "0")) for pillar in PILLARS}
    for pillar, value in found.items():
        if value is None:
            faults.add(pillar, told[pillar], "a number from 0 to 100", "move its slider")
    numbers = {pillar: value for pillar, value in found.items() if value is not None}
    if len(numbers) == len(PILLARS) and not sum(numbers.values()):
        faults.add("usage", 0, "a weight above 0 for one pillar at least", "move a slider")
    return numbers if len(numbers) == len(PILLARS) else None


def _number(text: str) -> float | None:
    try:
        value = float(text) if len(text) < 20 else -1.0
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None


def _of(weights: RuleWeights, segment: str | None, stage: str | None) -> PillarWeights:
    if stage is not None:
        return weights.stage_profiles.get(stage, weights.weights)  # type: ignore[call-overload,no-any-return]
    return weights.weights if segment is None else weights.profiles.get(segment, weights.weights)


def _with(
    start: RuleWeights, segment: str | None, stage: str | None, chosen: PillarWeights | None
) -> RuleWeights:
    """The base with these weights in their place; None takes the segment's or stage's own away."""
    whole = start.model_dump()
    name, place = (stage, "stage_profiles") if stage is not None else (segment, "profiles")
    if name is None:
        assert chosen is not None
        whole["weights"] = chosen.model_dump()
    elif chosen is None:
        whole[place].pop(name, None)
    else:
        whole[place][name] = chosen.model_dump()
    return RuleWeights.model_validate(whole)

"""Other weights and bands for the rule, as people write them: `usage=40,…` and `green=80,yellow=55`."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from features.faults import Fault, WrongUse, nearest
from features.params import PILLARS, BandLimits, PillarWeights, RuleParams
from features.rule_profiles import STAGES

WEIGHTS_EXAMPLE = "usage=40,voice=20,commercial=20,service=20"
BANDS_EXAMPLE = "green=80,yellow=55"
BANDS = ("green", "yellow")


def proposed_rule(
    rule: RuleParams,
    weights: str | None = None,
    bands: str | None = None,
    segment: str | None = None,
    stage: str | None = None,
) -> RuleParams:
    """The rule with these pillar weights and bands; what is None stays as it is.

    The weights replace `rule.weights`, which every account is scored by whose segment and stage have no
    profile of their own; with `segment` or `stage` they replace (or make) that profile instead. Raises
    WrongUse with every fault of all four texts.

    >>> from features.params import Measure
    >>> one = {p: (Measure(feature=p, weight=1, curve=((0, 0), (1, 100))),) for p in PILLARS}
    >>> rule = proposed_rule(RuleParams(measures=one), "usage=40,voice=20,commercial=20,service=20")
    >>> rule.weights.usage, rule.bands.green
    (40.0, 85)
    >>> proposed_rule(rule, bands="green=80,yelow=55")
    Traceback (most recent call last):
    ...
    features.faults.WrongUse: the proposal cannot be used
      - --bands is 'yelow'; allowed: green and yellow. Next: did you mean 'yellow'?
      - --bands is 'green=80,yelow=55'; allowed: a value for yellow too. Next: write green=80,yellow=55
    """
    faults = [] if weights is None else list(_weight_faults(weights))
    faults += [] if bands is None else list(_band_faults(bands))
    if segment is not None and weights is None:
        step = f"add --weights {WEIGHTS_EXAMPLE}, or leave --segment out"
        faults.append(Fault("--segment", segment, "a segment together with --weights", step))
    faults += [] if stage is None else list(_stage_faults(stage, segment, weights))
    if faults:
        raise WrongUse("the proposal cannot be used", faults)
    changes: dict[str, object] = {}
    if weights is not None:
        chosen = PillarWeights.model_validate(dict(_numbers(weights)))
        changes |= with_weights(rule, chosen, segment, stage)
    if bands is not None:
        changes["bands"] = BandLimits.model_validate(dict(_numbers(bands)))
    return rule.model_copy(update=changes)


def with_weights(
    rule: RuleParams, weights: PillarWeights, segment: str | None, stage: str | None
) -> dict[str, object]:
    """What changes of the rule where these weights are its default, or those of a segment or a stage."""
    if stage is not None:
        profiles: dict[str, PillarWeights] = {**rule.stage_profiles}  # type: ignore[dict-item]
        return {"stage_profiles": {**profiles, stage: weights}}
    if segment is not None:
        return {"profiles": {**rule.profiles, segment: weights}}
    return {"weights": weights}


def _stage_faults(stage: str, segment: str | None, weights: str | None) -> Iterator[Fault]:
    if stage not in STAGES:
        yield Fault("--stage", stage, f"one of {', '.join(STAGES)}", nearest(stage, STAGES))
    if segment is not None:
        yield Fault("--stage", stage, "a stage or a segment", "leave one of --stage and --segment out")
    if weights is None:
        step = f"add --weights {WEIGHTS_EXAMPLE}, or leave --stage out"
        yield Fault("--stage", stage, "a stage together with --weights", step)


def _weight_faults(text: str) -> Iterator[Fault]:
    yield from _number_faults("--weights", text, PILLARS, WEIGHTS_EXAMPLE)
    values = [value for _, value in _numbers(text) if value is not None]
    total = sum(values)
    readable = len(values) == len(_parts(text)) and all(map(math.isfinite, values))
    if readable and abs(total - 100) > 1e-9:
        step = f"add {100 - total:g} to them" if total < 100 else f"take {total - 100:g} from them"
        yield Fault("--weights", f"{total:g} in all", "weights that add up to 100", step)


def _band_faults(text: str) -> Iterator[Fault]:
    yield from _number_faults("--bands", text, BANDS, BANDS_EXAMPLE)
    values = dict(_numbers(text))
    green, yellow = values.get("green"), values.get("yellow")
    if green is not None and yellow is not None and yellow >= green:
        yield Fault("--bands", text, "yellow below green", f"write {BANDS_EXAMPLE}, for example")


def _number_faults(option: str, text: str, names: Collection[str], example: str) -> Iterator[Fault]:
    """What is wrong with the names and with each number; not what the numbers are together."""
    allowed = " and ".join([", ".join([*names][:-1]), [*names][-1]])
    given = [name for name, _ in _numbers(text)]
    for part, (name, value) in zip(_parts(text), _numbers(text), strict=True):
        if "=" not in part:
            yield Fault(option, part, "NAME=NUMBER, separated by commas", f"write {example}")
        elif name not in names:
            yield Fault(option, name, allowed, nearest(name, names))
        elif value is None or not 0 <= value <= 100:
            number = part.partition("=")[2].strip()
            yield Fault(f"{option} {name}", number, "a number from 0 to 100", f"write {name}=20, for example")
    for name in names:
        if given.count(name) > 1:
            yield Fault(option, text, f"{name} only once", f"write {example}")
        if name not in given:
            yield Fault(option, text, f"a value for {name} too", f"write {example}")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _numbers(text: str) -> list[tuple[str, float | None]]:
    """Each part's name and number; None where it is none."""
    found = []
    for part in _parts(text):
        name, _, number = part.partition("=")
        try:
            value: float | None = float(number)
        except ValueError:
            value = None
        found.append((name.strip(), value))
    return found

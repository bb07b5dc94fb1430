"""What is asked when somebody asks what if: one way of scoring, with other weights or bands, against another.

A way of scoring is `rule`, or a version of the model: `champion`, `challenger`, or its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from features.faults import Fault, WrongUse, nearest
from features.params import RuleParams
from features.proposed_rule import proposed_rule
from training.registry import MODEL, tracking, version_of

RULE = "rule"
ALIASES = ("champion", "challenger")


@dataclass(frozen=True)
class Question:
    """`model` with the proposed weights and bands, against `against` as it is today."""

    weights: str | None = None
    bands: str | None = None
    segment: str | None = None
    model: str = RULE
    against: str = RULE
    stage: str | None = None

    def proposed(self, rule: RuleParams) -> RuleParams:
        """The rule (and, for a model, the bands) that is proposed. Raises WrongUse with every fault."""
        faults = list(self._faults())
        try:
            found = proposed_rule(rule, self.weights, self.bands, self.segment, self.stage)
        except WrongUse as refused:
            faults = [*refused.faults, *faults]
        if faults:
            raise WrongUse("the proposal cannot be used", faults)
        return found

    def check_segment(self, known: set[str]) -> None:
        """Raises WrongUse where no account is in the segment that the weights are proposed for."""
        if self.segment is not None and self.segment not in known:
            fault = Fault(
                "--segment", self.segment, "a segment of the accounts", nearest(self.segment, known)
            )
            raise WrongUse("no account is in that segment", [fault])

    def _faults(self) -> Iterator[Fault]:
        for option, name in (("--model", self.model), ("--against", self.against)):
            if name not in (RULE, *ALIASES) and not name.isdecimal():
                step = nearest(name, (RULE, *ALIASES))
                yield Fault(option, name, "rule, champion, challenger or a version's number", step)
        if self.weights is not None and self.model != RULE:
            step = "leave --weights out, or ask for --model rule"
            yield Fault("--weights", self.weights, "weights of the rule; a model has none", step)
        if self.weights is None and self.bands is None and self.model == self.against:
            step = "propose --weights, --bands or another --model"
            yield Fault("what-if", "nothing", "a proposal", step)


def version_named(name: str, registry: Path) -> str:
    """The version that `champion`, `challenger` or a number names. WrongUse where there is none."""
    allowed = "a version in the registry"
    if not (registry / "mlflow.db").exists():
        fault = Fault("--registry", str(registry), "a registry that holds a model", "run vitals train BOOK")
        raise WrongUse("no model was trained yet", [fault])
    with tracking(registry) as client:
        known = {str(one.version) for one in client.search_model_versions(f"name = '{MODEL}'")}
        version = version_of(client, name) if name in ALIASES else name
    if version is None:
        step = "run vitals promote" if name == "champion" else "run vitals train BOOK"
        raise WrongUse(f"no version is {name}", [Fault("--model", name, allowed, step)])
    if version not in known:
        fault = Fault("--model", name, allowed, nearest(name, known) if known else "run vitals train BOOK")
        raise WrongUse("there is no such version", [fault])
    return version

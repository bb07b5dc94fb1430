"""The gate between challenger and champion: what is not better is refused, with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.faults import DataFault, Fault, WrongUse
from features.params import BandLimits
from training import registry
from training.gate import gate, laxer_checks, leakage_verdicts
from training.gate_verdict import Verdict
from training.model_card import model_card
from training.model_card_page import card_page
from training.params import TrainingParams

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Promotion:
    """The gate's answer. `promoted` is true also where it was forced."""

    version: str
    champion_before: str | None
    verdicts: tuple[Verdict, ...]
    promoted: bool
    forced_because: str | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        verdicts = [asdict(verdict) | {"passed": verdict.passed} for verdict in self.verdicts]
        return asdict(self) | {"verdicts": verdicts}

    def as_text(self) -> str:
        """The verdicts for people, a line each."""
        lines = [verdict.as_text() for verdict in self.verdicts]
        outcome = f"version {self.version} " + (
            "is now the champion" if self.promoted else "stays challenger"
        )
        return "\n".join(
            [*lines, outcome + (f" (forced: {self.forced_because})" if self.forced_because else "")]
        )


def promote(
    params: TrainingParams,
    store: Path = registry.REGISTRY,
    reason: str | None = None,
    bands: BandLimits | None = None,
) -> Promotion:
    """Makes the challenger champion if the gate lets it, or if `reason` says why it must be forced.

    `bands` are those that the model would be served with. Where it is refused nothing changes but its card,
    which says so. WrongUse where there is no challenger, or where it is the champion already; DataFault
    where its bundle cannot be read, which no reason passes over.
    """
    with registry.tracking(store, make=False) as client:
        asked = ask_gate(client, params, bands)
        passed = all(verdict.passed for verdict in asked.verdicts)
        forced = None if passed else (reason or "").strip() or None
        found = replace(asked, promoted=passed or forced is not None, forced_because=forced)
        if found.promoted:
            registry.model_of(client, found.version, store)  # one that cannot answer is never champion
        log_card(client, found)
        if found.promoted:
            client.set_registered_model_alias(registry.MODEL, "champion", found.version)
            client.set_model_version_tag(
                registry.MODEL, found.version, "promoted", forced or "passed the gate"
            )
        return found


def ask_gate(client: MlflowClient, params: TrainingParams, bands: BandLimits | None = None) -> Promotion:
    """The gate's answer to the challenger; nothing is promoted.

    WrongUse where there is no challenger, or where it is the champion already.
    """
    version, champion = registry.challenger_version(client), registry.version_of(client, "champion")
    if version == champion:
        fault = Fault("challenger", f"version {version}", "a version that is not champion", "train a new one")
        raise WrongUse("the challenger is the champion already", [fault])
    tested = registry.predictions(client, version)
    rival = registry.predictions(client, champion) if champion else None
    doubt, learned = _other_horizon(client, version, champion), registry.learned_churns(client, version)
    verdicts = gate(tested, rival, params, doubt, bands, learned)
    verdicts += leakage_verdicts(registry.findings_of(client, version))
    verdicts += laxer_checks(registry.logged_document(client, version, "params.json"), params)
    return Promotion(version, champion, tuple(verdicts), False, None)


def log_card(client: MlflowClient, found: Promotion) -> None:
    """The card goes beside the version's model: as JSON, and as a page for people."""
    run_id = client.get_model_version(registry.MODEL, found.version).run_id
    card = model_card(client, found.version, found.as_dict())
    client.log_dict(run_id, card, "card.json")
    client.log_text(run_id, card_page(card), "card.md")


def _other_horizon(client: MlflowClient, version: str, champion: str | None) -> str | None:
    """That the champion foretells churn within another horizon, and how to train for the same one."""
    if champion is None:
        return None
    ours, theirs = registry.horizon_of(client, version), registry.horizon_of(client, champion)
    if ours == theirs:
        return None
    step = f"train with --set training.horizon={theirs}, or force the change"
    return f"it foretells churn within {ours}, the champion within {theirs}; {step}"


def check_forced(force: bool, reason: str | None) -> None:
    """Raises WrongUse where the gate is to be forced without a reason, or a reason is given for nothing."""
    if force and not (reason or "").strip():
        fault = Fault("--reason", reason, "why the gate is passed over", "add --reason WHY; it is kept")
        raise WrongUse("a promotion is forced without a reason", [fault])
    if reason and not force:
        fault = Fault(
            "--force", "left out", "--force together with --reason", "add --force, or drop the reason"
        )
        raise WrongUse("a reason is given, but nothing is forced", [fault])


def refused(promotion: Promotion) -> DataFault:
    """The refusal as an error: each question that failed, what was found, what is allowed, and what to do."""
    faults = [Fault(v.question, v.found, v.allowed, v.step) for v in promotion.verdicts if not v.passed]
    return DataFault(f"version {promotion.version} is not promoted", faults)

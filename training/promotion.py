"""The gate between challenger and champion: what is not better is refused, with the reason."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.faults import DataFault, Fault, WrongUse
from training import registry
from training.bootstrap import compare
from training.comparison import Comparison
from training.out_of_time import outcomes_of
from training.params import TrainingParams

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEYS = ["account_id", "as_of"]
# A churn recorded late adds a few. Stayers are left out: in any two books most of them agree.
SAME_BOOK = 0.75


@dataclass(frozen=True)
class Verdict:
    """One question of the gate, what was found, and whether the challenger passes it."""

    question: str
    found: str
    passed: bool


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
        return asdict(self)

    def as_text(self) -> str:
        """The verdicts for people, a line each."""
        lines = [f"{'passes' if v.passed else 'FAILS '}  {v.question}: {v.found}" for v in self.verdicts]
        outcome = f"version {self.version} " + (
            "is now the champion" if self.promoted else "stays challenger"
        )
        return "\n".join(
            [*lines, outcome + (f" (forced: {self.forced_because})" if self.forced_because else "")]
        )


def promote(params: TrainingParams, store: Path = registry.REGISTRY, reason: str | None = None) -> Promotion:
    """Makes the challenger champion if the gate lets it, or if `reason` says why it must be forced.

    Nothing changes where it is refused. WrongUse where there is no challenger, or where it is the
    champion already.
    """
    with registry.tracking(store) as client:
        version, champion = registry.challenger_version(client), registry.version_of(client, "champion")
        if version == champion:
            fault = Fault(
                "challenger", f"version {version}", "a version that is not champion", "train a new one"
            )
            raise WrongUse("the challenger is the champion already", [fault])
        tested = registry.predictions(client, version)
        rival = registry.predictions(client, champion) if champion else None
        verdicts = gate(tested, rival, params, _other_horizon(client, version, champion))
        passed = all(verdict.passed for verdict in verdicts)
        forced = None if passed else (reason or "").strip() or None
        if passed or forced:
            client.set_registered_model_alias(registry.MODEL, "champion", version)
            client.set_model_version_tag(registry.MODEL, version, "promoted", forced or "passed the gate")
        return Promotion(version, champion, tuple(verdicts), passed or forced is not None, forced)


def gate(
    tested: pd.DataFrame, champion: pd.DataFrame | None, params: TrainingParams, doubt: str | None = None
) -> list[Verdict]:
    """The questions that a challenger must pass, on its predictions out of time.

    Without a champion the rule is the one to beat: it answers until a model does. `doubt` says why
    the champion foretells something else, and cannot be compared.
    """
    verdicts = _better_than_chance(tested, params)
    if champion is None:
        return [*verdicts, _better_than(tested, "rule", params.gate.better_than_rule, params)]
    both = tested.merge(champion[[*KEYS, "churned", "answer"]], on=KEYS, suffixes=("", "_champion"))
    both = both.rename(columns={"answer_champion": "champion"})
    if doubt := doubt or _incomparable(both):
        return [*verdicts, Verdict("is better than the champion", doubt, False)]
    return [*verdicts, _better_than(both, "champion", params.gate.better_than_champion, params)]


def _other_horizon(client: MlflowClient, version: str, champion: str | None) -> str | None:
    """That the champion foretells churn within another horizon, and how to train for the same one."""
    if champion is None:
        return None
    ours, theirs = registry.horizon_of(client, version), registry.horizon_of(client, champion)
    if ours == theirs:
        return None
    step = f"train with --set training.horizon={theirs}, or force the change"
    return f"it foretells churn within {ours}, the champion within {theirs}; {step}"


def _incomparable(both: pd.DataFrame) -> str | None:
    """Why the two tests cannot be compared; None where they can."""
    if both.empty:
        return "no account and date is in both their tests; train on the champion's book and dates"
    either = both[["churned", "churned_champion"]].max(axis=1) == 1
    agreeing = (both["churned"] == both["churned_champion"])[either].mean()
    if agreeing < SAME_BOOK:
        return f"their tests agree on only {agreeing:.0%} of the churns: they are of different books"
    if both["churned"].nunique() < 2:
        return "the accounts and dates in both their tests all ended alike"
    return None


def _compared(tested: pd.DataFrame, names: list[str], params: TrainingParams) -> Comparison:
    models = {name: tested[name] for name in names}
    return compare(models, outcomes_of(tested, params.calls), params.bootstrap, params.seed)


def _better_than_chance(tested: pd.DataFrame, params: TrainingParams) -> list[Verdict]:
    """AUC above one half, and log loss below each floor's, with the stated probability."""
    found = _compared(tested, ["base_rate", "clock", "answer"], params)
    auc = found.estimate("answer", "auc")
    ranks = Verdict(
        "ranks better than chance",
        f"AUC {auc.value:.3f}, 90% interval {auc.low:.3f} to {auc.high:.3f}, must lie above 0.5",
        auc.low > 0.5,
    )
    asked = params.gate
    return [
        ranks,
        _gain(found, "base_rate", "knows more than the base rate", asked.better_than_chance),
        _gain(found, "clock", "knows more than tenure and the renewal date", asked.better_than_clock),
    ]


def _better_than(tested: pd.DataFrame, other: str, needed: float, params: TrainingParams) -> Verdict:
    return _gain(_compared(tested, [other, "answer"], params), other, f"is better than the {other}", needed)


def _gain(compared: Comparison, other: str, question: str, needed: float) -> Verdict:
    """Log loss below the other's with the needed probability; equal predictions are never better."""
    gain = compared.difference("answer", other, "log_loss")
    found = f"log loss {gain.value:+.4f}, better in {gain.better:.0%} of resamples, must be {needed:.0%}"
    if gain.value == 0.0:
        found = "its predictions are the same"
    return Verdict(question, found, gain.value != 0.0 and gain.better >= needed)


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
    """The refusal as an error: what failed, and the two ways on."""
    step = "bring more or better data and train again, or vitals promote --force --reason WHY"
    faults = [Fault(v.question, v.found, "to pass", step) for v in promotion.verdicts if not v.passed]
    return DataFault(f"version {promotion.version} is not promoted", faults)

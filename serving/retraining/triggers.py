"""Which reasons there are to train again: each asked, each answered, also where it does not fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from serving.retraining.retraining_params import RetrainingParams


@dataclass(frozen=True)
class Trigger:
    """One reason. `fired` None: it could not be asked, and `found` says why; or it is turned off."""

    name: str
    fired: bool | None
    found: str
    fires_at: str

    def as_text(self) -> str:
        """One line for people."""
        mark = {True: "FIRES", False: "no", None: "n/a"}[self.fired]
        return f"{mark:<6} {self.name}: {self.found}" + (
            f"; fires at {self.fires_at}" if self.fires_at else ""
        )


@dataclass(frozen=True)
class Standing:
    """What is known of the champion. None where it is not known.

    `champion`: its version. `age_days` since it was trained, or since training again was last tried.
    `new_churns`: churned accounts that labels know now and did not when it was trained. `drifted` of
    `looked_at` features, `prediction_drifted`: the newest monitoring. `promised_auc`: measured out of time in
    training; `auc_now`: the newest figure of monitoring, `auc_kind` whether it is measured or estimated.
    """

    champion: str | None
    age_days: float | None = None
    new_churns: int | None = None
    drifted: int | None = None
    looked_at: int | None = None
    prediction_drifted: bool | None = None
    promised_auc: float | None = None
    auc_now: float | None = None
    auc_kind: str = "measured"


def triggers(standing: Standing, params: RetrainingParams) -> tuple[Trigger, ...]:
    """Every trigger, in a fixed order.

    >>> [t.name for t in triggers(Standing("3", age_days=200.0), RetrainingParams()) if t.fired]
    ['schedule']
    """
    if standing.champion is None:
        return (Trigger("no champion", True, "the rule answers", "no model is champion"),)
    return (
        _schedule(standing, params),
        _new_labels(standing, params),
        _drift(standing, params),
        _decay(standing, params),
    )


def fired(found: Sequence[Trigger]) -> tuple[Trigger, ...]:
    """Those that fire."""
    return tuple(trigger for trigger in found if trigger.fired)


def as_documents(found: Sequence[Trigger]) -> list[dict[str, Any]]:
    """Plain values, fit for JSON."""
    return [asdict(trigger) for trigger in found]


def _asked(name: str, value: float | None, limit: float | None, found: str, fires_at: str) -> Trigger:
    """A trigger that fires from a limit on, or why it was not asked."""
    if limit is None:
        return Trigger(name, None, "turned off in params.yaml", "")
    if value is None:
        return Trigger(name, None, found, fires_at)
    return Trigger(name, value >= limit, found, fires_at)


def _schedule(standing: Standing, params: RetrainingParams) -> Trigger:
    age = standing.age_days
    found = "not known" if age is None else f"last trained, or tried, {age:.0f} days ago"
    return _asked("schedule", age, params.every, found, f"{params.every} days")


def _new_labels(standing: Standing, params: RetrainingParams) -> Trigger:
    n = standing.new_churns
    found = "the book has no outcomes" if n is None else f"{n} churned accounts that it has not learned from"
    return _asked("new labels", n, params.new_churns, found, f"{params.new_churns}")


def _drift(standing: Standing, params: RetrainingParams) -> Trigger:
    if params.drifted_share is None or standing.looked_at is None or standing.drifted is None:
        found = "nothing is known: run vitals monitor"
        return _asked("drift", None, params.drifted_share, found, f"{params.drifted_share}")
    share = standing.drifted / max(standing.looked_at, 1)
    found = f"{standing.drifted} of {standing.looked_at} features drifted"
    if standing.prediction_drifted:
        return Trigger("drift", True, f"the prediction drifted, {found}", "a drifted prediction")
    return _asked("drift", share, params.drifted_share, found, f"{params.drifted_share:.0%} of them")


def _decay(standing: Standing, params: RetrainingParams) -> Trigger:
    name, limit = "decay", params.decay
    if standing.auc_now is None or standing.promised_auc is None:
        return _asked(
            name, None, limit, "no AUC of today is known: run vitals monitor", f"{limit} of AUC lost"
        )
    lost = standing.promised_auc - standing.auc_now
    found = f"{standing.auc_kind} AUC {standing.auc_now:.3f}, {standing.promised_auc:.3f} in training"
    return _asked(name, lost, limit, found, f"{limit} lost")

"""Trains again, by the path of every model: train, challenger, gate, card; then a shadow, or a person.

Whatever fails, at whatever stage, the aliases are what they were before and the champion goes on answering.
The attempt says at which stage it failed; MLflow keeps the failed run, which is evidence and answers nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from features.faults import DataFault, Fault, WrongUse
from serving.closed_loop.moments import moment_text
from serving.history.store import ScoreStore
from serving.retraining import attempts
from serving.retraining.retraining_params import RetrainingParams
from serving.retraining.standing import standing_of
from serving.retraining.triggers import Trigger, fired, triggers
from training import registry as versions
from training.all_params import AllParams
from training.gate_verdict import Verdict
from training.promotion import Promotion, ask_gate, log_card
from training.run import train

Progress = Callable[[str], None]
logger = logging.getLogger("vitals.retraining")
STAGES = ("training", "gate", "model card", "notice")


@dataclass(frozen=True)
class Workshop:
    """What a retraining works on, and by which parameters."""

    store: ScoreStore
    registry: Path
    book: Path
    params: AllParams
    retraining: RetrainingParams
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Retraining:
    """What came of being asked to train again. `number` None: no trigger fired, and nothing was done."""

    triggers: tuple[Trigger, ...]
    number: int | None = None
    version: str | None = None
    state: str = "not due"
    verdicts: tuple[Verdict, ...] = ()
    shadow_until: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        told = {name: getattr(self, name) for name in ("number", "version", "state", "shadow_until")}
        told["triggers"] = [vars(trigger) for trigger in self.triggers]
        return told | {"verdicts": [vars(v) | {"passed": v.passed} for v in self.verdicts]}

    def as_text(self) -> str:
        """For people."""
        lines = [trigger.as_text() for trigger in self.triggers]
        if self.number is None:
            due = "it is due: vitals retrain, without --check, trains"
            rest = "no trigger fired: nothing was trained (--reason WHY trains anyway)"
            return "\n".join([*lines, due if fired(self.triggers) else rest])
        lines += [verdict.as_text() for verdict in self.verdicts]
        told = {
            "shadow": f"scores beside the champion until {self.shadow_until}; vitals shadow compares them",
            "ready": "passed the gate. Next: vitals promote",
            "refused": "was refused by the gate: the champion goes on",
        }
        return "\n".join([*lines, f"version {self.version} {told[self.state]}"])


def retrain(shop: Workshop, reason: str | None = None, progress: Progress = lambda _: None) -> Retraining:
    """Trains again where a trigger fires, or where a person gives a `reason`.

    WrongUse where an attempt is open (a person's reason ends a shadow, and never a training). What a stage
    raises is raised again once everything is as it was.
    """
    progress("looking for a reason to train again")
    found = looked(shop).triggers
    if not fired(found) and reason is None:
        return Retraining(found)
    before = _aliases(shop.registry)
    number = _opened(shop, found, reason, before)
    stage, made = list(STAGES), None
    try:
        made = train(shop.book, shop.params, shop.registry, progress)[1].version
        stage.pop(0)
        progress("asking the gate")
        with versions.tracking(shop.registry) as client:
            asked = ask_gate(client, shop.params.training, shop.params.rule.bands)
            stage.pop(0)
            log_card(client, asked)
        stage.pop(0)
        return _told(shop, number, asked, found)
    except BaseException as error:
        _undo(shop, number, made, before, f"{stage[0]}: {type(error).__name__}")
        raise


def looked(shop: Workshop) -> Retraining:
    """Which triggers fire today; nothing is trained."""
    standing = standing_of(shop.store, shop.book, shop.params, shop.registry, shop.now())
    return Retraining(triggers(standing, shop.retraining))


def _opened(
    shop: Workshop, found: tuple[Trigger, ...], reason: str | None, before: dict[str, str | None]
) -> int:
    """The number of the attempt."""
    now = shop.now()
    with shop.store.writing() as connection:
        attempts.end_dead(connection, now)
        there = attempts.open_one(connection)
        if there is not None and there.state == "shadow" and reason is not None:
            attempts.move(connection, there.id, "superseded", now)
        number = attempts.open_attempt(connection, found, reason, before, now)
    if number is None and there is not None:
        until = there.shadow_until if there.state == "shadow" else there.held_until
        step = "wait, or give a --reason: it ends the shadow" if there.state == "shadow" else "wait for it"
        fault = Fault(
            "retraining", there.id, f"none that is open; this one is in {there.state} until {until}", step
        )
        raise WrongUse("a retraining is open", [fault])
    assert number is not None
    return number


def _told(shop: Workshop, number: int, asked: Promotion, found: tuple[Trigger, ...]) -> Retraining:
    """Writes what the gate said, and with it the notice."""
    now = shop.now()
    passed = all(verdict.passed for verdict in asked.verdicts)
    # Beside the rule nothing is compared; a shadow of no days is over, and `succession` takes the last step.
    days = 0 if asked.champion_before is None else shop.retraining.shadow
    shadowed = passed and (days > 0 or shop.retraining.promote == "auto")
    state = "shadow" if shadowed else "ready" if passed else "refused"
    until = moment_text(now + timedelta(days=days)) if shadowed else None
    verdicts = asked.as_dict()["verdicts"]
    values = {"version": asked.version, "verdicts": verdicts, "shadow_until": until}
    with shop.store.writing() as connection:
        if not attempts.move(connection, number, state, now, **values):
            fault = Fault("retraining", number, "an open attempt", "run vitals retrain again")
            raise DataFault("the attempt was closed meanwhile: it took longer than it was held for", [fault])
    return Retraining(found, number, asked.version, state, asked.verdicts, until)


def _aliases(registry: Path) -> dict[str, str | None]:
    with versions.tracking(registry) as client:
        return {alias: versions.version_of(client, alias) for alias in ("champion", "challenger")}


def _undo(shop: Workshop, number: int, made: str | None, before: dict[str, str | None], failure: str) -> None:
    """Gives the challenger's alias back, takes the version that was made away, and closes the attempt.

    A version that somebody else trained meanwhile stays. Nothing here may hide the error that led here, so
    what fails is logged.
    """
    try:
        if made is not None:
            _take_back(shop.registry, made, before["challenger"])
    except Exception:
        logger.exception("version %s of retraining %d could not be taken back", made, number)
    try:
        with shop.store.writing() as connection:
            attempts.move(connection, number, "failed", shop.now(), failure=failure)
    except Exception:
        logger.exception("retraining %d could not be closed; its hold runs out by itself", number)


def _take_back(registry: Path, made: str, challenger: str | None) -> None:
    with versions.tracking(registry) as client:
        now = versions.version_of(client, "challenger")
        client.delete_model_version(versions.MODEL, made)  # and with it, in MLflow, the alias that it bore
        wanted = challenger if now == made else now
        if wanted is not None:
            client.set_registered_model_alias(versions.MODEL, "challenger", wanted)

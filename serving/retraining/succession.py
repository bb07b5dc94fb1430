"""How a shadow ends: the challenger takes over, waits for a person, or is refused after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from serving.closed_loop.moments import moment_of, moment_text
from serving.retraining import attempts
from serving.retraining.retraining import Workshop
from serving.retraining.shadow_comparison import shadow_comparison
from serving.retraining.shadow_scores import side_by_side
from training import registry as versions
from training.promotion import ask_gate, promote


@dataclass(frozen=True)
class Succession:
    """What became of the challenger `version`, and why."""

    number: int
    version: str
    state: str
    why: str


def end_shadow_if_due(shop: Workshop) -> Succession | None:
    """Ends a shadow whose time is over, or whose challenger is none any more; None where nothing is to do.

    The gate is asked again, for the champion may be another by now. What raises leaves everything as it was:
    the shadow goes on, and is looked at again the next night.
    """
    with shop.store.begin() as connection:
        attempt = attempts.open_one(connection)
    if attempt is None or attempt.state != "shadow":
        return None
    with versions.tracking(shop.registry) as client:
        champion, challenger = (versions.version_of(client, alias) for alias in ("champion", "challenger"))
    if attempt.version == champion:
        return _ended(shop, attempt, "promoted", "it is the champion already")
    if attempt.version != challenger:
        return _ended(shop, attempt, "superseded", f"version {challenger} is the challenger now")
    if moment_text(shop.now()) < attempt.shadow_until:
        return None
    return _decided(shop, attempt)


def _decided(shop: Workshop, attempt: Any) -> Succession:
    asked = shop.params.training
    with versions.tracking(shop.registry) as client:
        verdicts = ask_gate(client, asked, shop.params.rule.bands).verdicts
    refused = [verdict.question for verdict in verdicts if not verdict.passed]
    if refused:
        return _ended(shop, attempt, "refused", "the gate: " + "; ".join(refused))
    doubt = "" if not _was_compared(attempt) else _doubt(shop, attempt)
    if doubt or shop.retraining.promote == "ask":
        return _ended(shop, attempt, "ready", doubt or "a person promotes (retraining.promote: ask)")
    promote(asked, shop.registry, None, shop.params.rule.bands)
    return _ended(shop, attempt, "promoted", "it passed the gate again, and the shadow is over")


def _was_compared(attempt: Any) -> bool:
    """Whether there were days for it: none are given beside the rule, or where they are set to 0."""
    return moment_of(attempt.shadow_until) - moment_of(attempt.started_at) >= timedelta(days=1)


def _doubt(shop: Workshop, attempt: Any) -> str:
    """Why a person must look before it takes over; empty where nobody need."""
    asked, most = shop.params.training, shop.retraining.most_band_changes
    with shop.store.begin() as connection:
        both = side_by_side(connection, attempt.id)
    changed = shadow_comparison(both, asked.bootstrap, asked.seed).band_changes.value
    if changed is None:
        return "it never scored beside the champion: a person must look"
    if changed > most:
        said = f"{changed:.0%} of the accounts would be in another band, more than {most:.0%}"
        return f"{said}: a person must look"
    return ""


def _ended(shop: Workshop, attempt: Any, state: str, why: str) -> Succession:
    with shop.store.writing() as connection:
        attempts.move(connection, attempt.id, state, shop.now())
    return Succession(attempt.id, attempt.version, state, why)

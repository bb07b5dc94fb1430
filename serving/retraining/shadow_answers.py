"""The challenger beside the champion, as commands, pages and the API tell it."""

from __future__ import annotations

from typing import Any

from serving.history.store import ScoreStore
from serving.retraining import attempts
from serving.retraining.retraining_tables import shadow_scores
from serving.retraining.shadow_comparison import ShadowComparison, shadow_comparison
from serving.retraining.shadow_scores import side_by_side

Document = dict[str, Any]


def shadow_of(store: ScoreStore, resamples: int, seed: int) -> Document:
    """The last challenger that was tried: `attempt` (None: none ever was) and `comparison`, of the accounts
    that the store shows."""
    with store.begin() as connection:
        attempt = attempts.last_shadowed(connection)
        if attempt is None:
            return {"attempt": None, "comparison": None}
        both = side_by_side(connection, attempt.id, store.owned(shadow_scores.c.account_id))
    told = ("id", "state", "version", "champion_before", "started_at", "shadow_until", "ended_at", "reason")
    shown = {name: getattr(attempt, name) for name in told} | {"triggers": attempt.triggers}
    return {"attempt": shown, "comparison": shadow_comparison(both, resamples, seed).as_dict()}


def shadow_in_words(found: Document) -> str:
    """For people."""
    attempt = found["attempt"]
    if attempt is None:
        return "no challenger was tried beside the champion yet: vitals retrain makes one"
    why = ", ".join(t["name"] for t in attempt["triggers"] if t["fired"]) or attempt["reason"]
    head = (
        f"retraining {attempt['id']} ({why}): version {attempt['version']} beside version"
        f" {attempt['champion_before']} until {attempt['shadow_until'][:10]}, now {attempt['state']}"
    )
    return f"{head}\n{ShadowComparison.of(found['comparison']).as_text()}"

"""The challenger that scores beside the champion, or the last that did: how far they differ, about whom."""

from __future__ import annotations

from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit
from serving.retraining.shadow_answers import shadow_of
from serving.retraining.shadow_comparison import BANDS

RESAMPLES, SEED = 200, 7  # for a page: the command draws as many as training.bootstrap says


def shadow(visit: Visit, _: ModelRead) -> dict[str, Any] | None:
    """None where no challenger was ever tried beside a champion."""
    found = shadow_of(visit.held.store, RESAMPLES, SEED)
    if found["attempt"] is None:
        return None
    why = [trigger["name"] for trigger in found["attempt"]["triggers"] if trigger["fired"]]
    return {**found, "why": why, "bands": BANDS}

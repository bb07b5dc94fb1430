"""The model card: from what it was learned, how it fared and for whom, its limits, and when it is stale."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from serving.pages.model.model_read import ModelRead
from serving.pages.visits import Visit
from training.card_limits import FEW, FRESH


def card(visit: Visit, read: ModelRead) -> dict[str, Any] | None:
    """The card that was logged when the version became champion; `card` None where it never did.

    Who may see the accounts of one owner only is not shown the segments: they are of all accounts.
    """
    if read.version is None:
        return None
    found = read.card
    if found is None:
        return {"card": None, "version": read.version}
    segments = found["segments"] if visit.caller.owner is None else []
    known = date.fromisoformat(found["known_until"][:10])
    return {
        "card": found,
        "version": read.version,
        "segments": segments,
        "thin": sum(each["churned_accounts"] < FEW for each in found["segments"]),
        "few": FEW,
        "fresh": FRESH,
        "stale_from": (known + timedelta(days=FRESH)).isoformat(),
        "dates": found["population"]["dates"],
    }

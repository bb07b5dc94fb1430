"""Which planted family each feature of the catalogue tells of: read off how the simulator makes its sources.

A feature belongs to the family whose latents it is a symptom of. Where several latents show in it at once
(the overall response rate, a conflict of roles, the learned text signal), or only the calendar and the size
do, it belongs to none: there is no true share that it could be held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature

PLANTED: dict[str, tuple[str, ...]] = {  # planted family -> beginnings of feature names
    "adoption": (
        *("active_", "dau_over_mau", "events_", "days_since_last_use", "seat_utilisation"),
        *("modules_used", "sticky_feature"),
    ),
    "decision_maker_goodwill": (  # with the interest in a rival, its other side
        *("nps_decision_maker", "decision_maker_score", "decision_maker_detractors", "decision_maker_silent"),
        *("decision_maker_tone", "decision_maker_negative", "days_since_decision_maker"),
        *("response_rate_decision_maker", "nps_manager", "nps_account_365d", "nps_account_change"),
        *("csat_qbr", "note_competitor", "note_price_budget", "note_praise", "note_tone", "qbr_tone"),
    ),
    "user_goodwill": ("nps_user", "response_rate_user", "ces_onboarding", "comment_tone"),
    "support": (
        *("ces_ticket", "note_quality", "note_service", "tickets_", "no_tickets", "ticket_volume"),
        *("open_tickets", "open_critical", "ticket_severity", "broken_ticket", "first_contact"),
        *("reopened", "hours_to", "ticket_quality", "ticket_service", "ticket_tone"),
    ),
    "payment": ("paid_on_time", "days_late", "overdue"),
    "seats": ("seats_change", "mrr_change", "note_reorganisation", "note_expansion"),
    "sponsor": ("decision_makers_in_place", "decision_makers_left", "key_contacts_left", "note_sponsor_left"),
}


def planted_family(name: str) -> str | None:
    """The planted family that a feature tells of; None where it tells of several, or of none.

    >>> planted_family("seat_utilisation_30d"), planted_family("tenure_days")
    ('adoption', None)
    """
    found = [family for family, begins in PLANTED.items() if name.startswith(begins)]
    return found[0] if found else None


def family_index(features: Sequence[Feature], families: Sequence[str]) -> NDArray[np.int64]:
    """The place of each feature's planted family among `families`; -1 where it tells of none of them."""
    told = [planted_family(feature.name) for feature in features]
    return np.array([families.index(name) if name in families else -1 for name in told], dtype=np.int64)


def noise_index(features: Sequence[Feature], noise: dict[str, Any]) -> NDArray[np.int64]:
    """The places of the features that are pure noise, as the book's `noise.json` names answers and themes."""
    begins = [f"{answer['kind']}_{answer.get('role') or answer['touchpoint']}" for answer in noise["answers"]]
    begins += [f"{source}_{theme}" for theme in noise["themes"] for source in ("note", "ticket")]
    return np.flatnonzero([feature.name.startswith(tuple(begins)) for feature in features])

"""Features of one fact move together: a plan that is carried out must be an account that can exist.

`settled` takes rows with some features moved and sets what follows from them; `allowed` refuses rows in which
anything moved that must not: an immutable feature, or any feature against its direction in the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import Windows
from features.source_tables import ROLES
from serving.path_to_green.candidates import Candidates
from serving.path_to_green.links_of_service import follow_payments, follow_tickets
from serving.path_to_green.links_of_use import follow_changes, follow_use, follow_words_and_use
from serving.path_to_green.links_of_voice import follow_voice
from training.plausible_moves import PlausibleMoves, room

SHOWN = 4  # decimals of a value in a plan: the very values that are shown reach the band
SAME = 1e-9


def followers(windows: Windows) -> frozenset[str]:
    """Features that no plan moves by themselves: they follow from others, or measure how much is known."""
    w = windows.labels()
    month, quarter, half, year = w["month"], w["quarter"], w["half_year"], w["year"]
    changes = {
        *(f"{n}_change_{month}" for n in ("dau_over_mau", "active_users", "events", "seat_utilisation")),
        *(f"{n}_change_{month}" for n in ("modules_used_share", "sticky_feature_user_share")),
        *(f"{n}_change_{half}" for n in ("seats", "mrr", "days_late", "nps_account", "nps_decision_maker")),
        *(f"{n}_change_{half}" for n in ("response_rate", "first_contact_resolution")),
        *(f"{n}_change_{quarter}" for n in ("note_tone", "ticket_severity")),
    }
    voice = {
        *(f"{n}_{year}" for n in ("nps_account", "nps_account_half_width", "nps_answers", "questions_asked")),
        *(f"{n}_{year}" for n in ("decision_maker_score", "decision_maker_detractors", "role_conflict")),
        *(f"{n}_{year}" for n in ("questions_to_decision_maker", "decision_maker_silent")),
        *(f"response_rate_{role}_{year}" for role in ROLES),
        *(f"{n}_while_use_falls_{month}" for n in ("praise", "friendly_notes")),
        f"users_above_decision_maker_{year}",
        f"nps_drop_probability_{half}",
    }
    counts = {f"no_tickets_{quarter}", "ticket_volume_vs_history", "overdue_invoices", f"days_late_{year}"}
    return frozenset(changes | voice | counts)


def settled(
    rows: Candidates, windows: Windows, catalog: Sequence[Feature], moves: PlausibleMoves, segment: object
) -> None:
    """Sets in place what follows from the moves, in the values that a plan shows.

    A row may not agree with itself from the start (a caller may bring any): the links would then mend it,
    without any move. So the account's own row goes through them too, and what they set alike in both is left
    as it was.
    """
    rows.X = np.vstack([rows.X, rows.own])
    with np.errstate(all="ignore"):  # absurd values overflow, and are refused as not finite by `allowed`
        follow_use(rows, windows)
        rate = f"response_rate_{windows.labels()['year']}"
        follow_voice(rows, windows, moves.limit(rate, segment))
        follow_tickets(rows, windows)
        follow_payments(rows, windows)
        follow_changes(rows, windows)
        _hold_changes(rows, catalog, moves, segment)
        follow_words_and_use(rows, windows)
        shown = np.round(rows.X, SHOWN) + 0.0
        unmoved = (rows.X[-1] == rows.X) | (np.isnan(rows.X) & np.isnan(rows.X[-1]))
        unmoved |= np.abs(rows.X - rows.own) < 10.0**-SHOWN  # too little to be shown is no move
    rows.X = np.where(unmoved, rows.own, shown)[:-1]


def _hold_changes(
    rows: Candidates, catalog: Sequence[Feature], moves: PlausibleMoves, segment: object
) -> None:
    """A change that follows stays within what accounts of the segment reach."""
    for feature in catalog:
        limit = moves.limit(feature.name, segment)
        if "_change_" not in feature.name or limit is None:
            continue
        was, now = rows.was(feature.name), rows[feature.name]
        if feature.direction == "better":
            rows[feature.name] = np.fmin(now, max(limit, was)) if not np.isnan(was) else now
        elif feature.direction == "worse":
            rows[feature.name] = np.fmax(now, min(limit, was)) if not np.isnan(was) else now


def allowed(
    rows: Candidates, windows: Windows, catalog: Sequence[Feature], moves: PlausibleMoves, segment: object
) -> NDArray[np.bool_]:
    """(n,): rows in which nothing immutable moved, and nothing the wrong way."""
    fine = np.ones(len(rows.X), dtype=bool)
    more_is_known = f"nps_answers_{windows.labels()['year']}"
    anywhere = rows.moved_anywhere()
    for feature in (f for f in catalog if f.name in anywhere):
        moved = rows.moved(feature.name)
        fine &= ~moved | np.isfinite(rows[feature.name])
        if not feature.actionable:
            fine &= ~moved
        elif feature.name != more_is_known:
            limit = moves.limit(feature.name, segment)
            fine &= ~moved | _rightly(rows, feature, limit)
    return fine


def _rightly(rows: Candidates, feature: Feature, limit: float | None) -> NDArray[np.bool_]:
    was, now = rows.was(feature.name), rows[feature.name]
    if np.isnan(was):
        return ~np.isnan(now)
    if feature.direction == "better":
        return now >= was - SAME
    if feature.direction == "worse":
        return now <= was + SAME
    if limit is None:
        return np.zeros(len(now), dtype=bool)
    return np.asarray(room(now, limit, feature.direction) <= room(was, limit, feature.direction) + SAME)

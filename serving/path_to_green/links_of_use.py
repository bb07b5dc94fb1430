"""What else changes where use does: an account is not half active.

Each link takes moved rows and sets what follows. Where a move would contradict what is known, it is undone.
"""

from __future__ import annotations

import numpy as np

from features.params import Windows
from serving.path_to_green.candidates import Candidates, Values

EXACT = 1e-9


def follow_use(rows: Candidates, windows: Windows) -> None:
    """Seats in use, days and people of the month, and use from nothing."""
    month = windows.labels()["month"]
    _seats_in_use(rows, f"active_users_{month}", f"seat_utilisation_{month}")
    _days_of_use(rows, windows.month, month)


def _seats_in_use(rows: Candidates, users: str, utilisation: str) -> None:
    """Whole people: the share of the seats in use follows from how many use them."""
    if not rows.knows(users, utilisation):
        return
    share, people = rows.was(utilisation), rows.was(users)
    seats = people / share if share > 0 else rows.was("seats")
    if not seats > 0:
        rows[utilisation] = np.full(len(rows.X), share)
        return
    more = np.maximum(np.floor(rows[utilisation] * seats + 1e-6), people)
    rows[users] = more
    rows[utilisation] = np.where(more > people, more / seats, share)


def _days_of_use(rows: Candidates, length: int, month: str) -> None:
    """Somebody who is active was so on some day of the month, and whoever is active on an average day too.

    Where nobody was active, people who begin do the least there is: one thing, on one day, and none of the
    sticky features.
    """
    users, days, last = f"active_users_{month}", f"active_days_{month}", "days_since_last_use"
    daily = f"dau_over_mau_{month}"
    if not rows.knows(users):
        return
    used = rows[users] > 0
    modules = f"modules_used_share_{month}"
    rows[modules] = np.where(used, rows[modules], rows.was(modules))
    rows[last] = np.where(used, np.minimum(rows[last], length), rows.was(last))
    begun = used & (rows.was(users) == 0)
    least = {
        daily: 1 / length,
        f"events_per_active_user_{month}": 1.0,
        f"sticky_feature_user_share_{month}": 0,
    }
    for name, value in least.items():
        rows[name] = np.where(begun & np.isnan(rows[name]), value, rows[name])
    active = np.where(used, np.maximum(rows[days], 1.0), rows.was(days))
    needed = np.ceil(rows[daily] * length - 1e-6)
    rows[days] = np.where(rows.moved(daily) & (needed > active), needed, active)


def follow_changes(rows: Candidates, windows: Windows) -> None:
    """A change moves with its level: what the level is compared with stays as it was."""
    w = windows.labels()
    month, quarter, half, year = w["month"], w["quarter"], w["half_year"], w["year"]
    of_use = ("dau_over_mau", "seat_utilisation", "modules_used_share", "sticky_feature_user_share")
    for name in of_use:
        _follow(rows, f"{name}_change_{month}", f"{name}_{month}")
    _follow(rows, f"first_contact_resolution_change_{half}", f"first_contact_resolution_{half}")
    for name in ("response_rate", "nps_account", "nps_decision_maker", "days_late"):
        _follow(rows, f"{name}_change_{half}", f"{name}_{year}")
    _follow(rows, f"note_tone_change_{quarter}", f"note_tone_{half}")
    users, events = f"active_users_{month}", f"events_per_active_user_{month}"
    people, was = rows[users], rows.was(users)
    _follow_share(rows, f"active_users_change_{month}", people, was)
    done = 0.0 if was == 0 else rows.was(events) * was
    _follow_share(rows, f"events_change_{month}", rows[events] * people, done)
    severity = f"ticket_severity_{quarter}"
    _follow_share(rows, f"ticket_severity_change_{quarter}", rows[severity], rows.was(severity))


def _follow(rows: Candidates, change: str, level: str) -> None:
    """A change in units of its level, `now - before`."""
    if rows.knows(change, level):
        rows[change] = np.where(
            rows.moved(level), rows.was(change) + rows[level] - rows.was(level), rows.was(change)
        )


def _follow_share(rows: Candidates, change: str, now: Values, was: float) -> None:
    """A change in shares of the level, `(now - before) / (now + before)`.

    Where all of it had gone (−1), what there was before is unknown: coming back is then no change.
    """
    if not rows.knows(change) or np.isnan(was):
        return
    old = rows.was(change)
    before = was * (1 - old) / (1 + old) if old > -1 + EXACT else np.nan
    total = now + before
    with np.errstate(invalid="ignore", divide="ignore"):
        told = np.where(total > 0, (now - before) / total, 0.0)
    moved = np.abs(now - was) > EXACT
    rows[change] = np.where(moved & ~np.isnan(now), told, old)


def follow_words_and_use(rows: Candidates, windows: Windows) -> None:
    """Praise, and friendly notes, while use falls: both are worked out from the levels."""
    w = windows.labels()
    month = w["month"]
    fall = np.maximum(-rows[f"active_users_change_{month}"], 0.0)
    praise = np.maximum(rows[f"nps_account_{w['year']}"], 0.0) / 100
    friendly = np.maximum(rows[f"note_tone_{w['half_year']}"], 0.0)
    for name, words in (("praise", praise), ("friendly_notes", friendly)):
        told = f"{name}_while_use_falls_{month}"
        moved = np.abs(words * fall - rows.was(told)) > EXACT
        if rows.knows(told):
            rows[told] = np.where(moved, words * fall, rows.was(told))

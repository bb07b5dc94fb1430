"""What a customer's team could move of one account within 60 days, how far, and at what cost.

A lever is a feature on which the team can act (the catalogue says so) and that follows from no other. Its
steps lead in the catalogue's direction, up to what one in ten accounts like it did
(`training.plausible_moves`). Its cost is the share of that longest plausible move it takes, 0 to 1, and a
flat cost for being one more thing to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.catalog import Feature
from features.params import Windows
from serving.path_to_green.links import SHOWN, followers
from training.plausible_moves import BEST, PlausibleMoves, room
from training.typical_values import TypicalValues

EACH = 0.25  # one more thing to do costs as much as a quarter of a longest plausible move
PARTS = (0.25, 0.5, 0.75, 1.0)
ANSWERS = ("touchpoint", "comments")  # families whose missing values can become known without anything else


@dataclass(frozen=True)
class Lever:
    """`values` are the steps, nearest first; `costs` what each costs from where the account stands."""

    feature: str
    values: tuple[float, ...]
    costs: tuple[float, ...]


@dataclass(frozen=True)
class Known:
    """What is known of accounts like this one."""

    moves: PlausibleMoves
    typical: TypicalValues
    segment: str | None


def levers_of(
    row: Mapping[str, float], catalog: Sequence[Feature], windows: Windows, known: Known
) -> list[Lever]:
    """The levers of an account's row (feature → value, NaN = missing), in the catalogue's order."""
    left_out = set(followers(windows))
    month, year = windows.labels()["month"], windows.labels()["year"]
    counted, share = f"active_users_{month}", f"seat_utilisation_{month}"
    left_out.add(share if np.isnan(row.get(share, np.nan)) else counted)  # people and seats are one fact
    answer = f"nps_decision_maker_{year}"
    found = []
    for feature in catalog:
        if not feature.actionable or feature.name in left_out or feature.name not in row:
            continue
        steps = _steps(feature, row, known, feature.name == answer)
        if steps:
            values, costs = zip(*steps, strict=True)
            found.append(Lever(feature.name, values, costs))
    return found


def _steps(
    feature: Feature, row: Mapping[str, float], known: Known, answer: bool
) -> list[tuple[float, float]]:
    value = row[feature.name]
    if np.isnan(value):
        return list(_becoming_known(feature, row, known, answer))
    limit = known.moves.limit(feature.name, known.segment)
    if limit is None:
        return []
    distance = room(value, limit, feature.direction)
    start = room(value, known.moves.limits.get(feature.name, limit), feature.direction)
    longest = known.moves.longest_move(feature.name, distance, start)
    sign = 1.0 if limit > value else -1.0
    if not 0 < longest < np.inf:
        return []
    if answer:  # of a decision maker: not against (0), or for it (100); there is nothing in between
        chosen = [v for v in (0.0, 100.0) if value < v <= value + longest]
    else:
        whole = feature.name in known.moves.whole
        chosen = [_shown(value, sign * part * longest, whole) for part in PARTS]
    steps = {v: EACH + abs(v - value) / longest for v in chosen if v != value}
    return list(steps.items())


def _becoming_known(
    feature: Feature, row: Mapping[str, float], known: Known, answer: bool
) -> Iterator[tuple[float, float]]:
    """An answer that is missing could be had, where it was for one account in ten; it is then typical."""
    asked = not np.isnan(row.get("days_since_decision_maker_answer", np.nan))
    possible = feature.family in ANSWERS or (answer and asked)
    often = known.moves.moves is None or known.moves.becomes_known.get(feature.name, 0.0) >= 1 - BEST
    usual, _ = known.typical.of(feature.name, known.segment)
    if possible and often and usual is not None:
        yield (100.0 if usual >= 100 else 0.0) if answer else round(usual, SHOWN), EACH + 1.0


def _shown(value: float, move: float, whole: bool) -> float:
    """Where a move leads, rounded towards where it began: never farther than is plausible."""
    scale = 1.0 if whole else 10.0**SHOWN
    end = value + move
    if not abs(end) < 1e12:  # absurd, and too large to be rounded
        return value
    rounded = np.floor(end * scale + 1e-6) if move > 0 else np.ceil(end * scale - 1e-6)
    there = float(rounded / scale)
    return there if (there - value) * move > 0 else value

"""Measured accounts under a rule's weights: the rule's numbers, in arrays (see `features.rule_score`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.measured_rows import MeasuredRows, Places, Values
from features.params import PILLARS, BandLimits, PillarWeights, RuleParams
from features.rule_profiles import ChosenProfiles, profiles_of


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """What `RuleScores` holds, as arrays: `pillars` (n, 4), `points` (n, measures), the others (n,).

    `capped_by` is the place of the exception that caps the score, −1; `profile` that of the account's weights
    in `Weighing.shares`.
    """

    score: Values
    uncapped: Values
    lowest: Values
    highest: Values
    pillars: Values
    points: Values
    band: NDArray[np.str_]
    capped_by: Places
    coverage: Values
    profile: Places


@dataclass(frozen=True, eq=False)
class Weighing:
    """A rule's weights, made ready to weigh rows that were measured by its measures and exceptions."""

    params: RuleParams

    @cached_property
    def shares(self) -> Values:
        """(profiles, measures): each measure's share of the whole score, in the order of `profiles_of`."""
        return np.array([_shares(self.params, weights) for weights in profiles_of(self.params).values()])

    def scores(self, table: MeasuredRows) -> ScoredRows:
        """The rule's verdict on the rows. A row's numbers are the same to the bit in any company."""
        chosen = ChosenProfiles.of(self.params, table.segment, table.stages)
        shares = self.shares[chosen.places]
        points = table.point * shares
        lowest, highest = total(table.worst * shares), total(table.best * shares)
        for rows, place in self._others(table, chosen):
            lowest[rows] = np.minimum(lowest[rows], total(table.worst[rows] * self.shares[place]))
            highest[rows] = np.maximum(highest[rows], total(table.best[rows] * self.shares[place]))
        uncapped, lowest = total(points), np.minimum(lowest, table.lowest_cap)
        score = np.minimum(uncapped, table.cap)
        return ScoredRows(
            score=score,
            uncapped=uncapped,
            lowest=lowest,
            highest=np.minimum(highest, table.cap),
            pillars=self._pillars(table.point),
            points=points,
            band=bands(score, lowest, self.params.bands),
            capped_by=np.where(score < uncapped, table.capped_by, -1),
            coverage=total(shares * ~table.missing),
            profile=chosen.places,
        )

    def _others(self, table: MeasuredRows, chosen: ChosenProfiles) -> Iterator[tuple[NDArray[np.bool_], int]]:
        """Which rows could be scored by which profiles too, were their segment and their stage known."""
        unknown = np.asarray(table.segment == "") & chosen.in_no_stage()
        if unknown.any():
            yield from ((unknown, place) for place in range(1 + len(self.params.profiles)))
        yield from chosen.others()

    @cached_property
    def _within(self) -> list[tuple[slice, Values]]:
        """Of each pillar: where its measures stand, and their weights, which sum to 1."""
        found, start = [], 0
        for pillar in PILLARS:
            weights = np.array([m.weight for m in self.params.measures[pillar]], dtype=float)
            found.append((slice(start, start + len(weights)), weights / weights.sum()))
            start += len(weights)
        return found

    def _pillars(self, sub: Values) -> Values:
        return np.stack([total(sub[:, own] * weights) for own, weights in self._within], axis=1)


def bands(score: Values, lowest: Values, limits: BandLimits) -> NDArray[np.str_]:
    """Green, yellow or red, (n,), on the unrounded numbers; green needs the lowest to be green."""
    green = (lowest >= limits.green) & (score >= limits.green)
    return np.select([green, score >= limits.yellow], ["green", "yellow"], "red")


def total(parts: Values) -> Values:
    """(n, m) -> (n,): the sum of each row from left to right. NumPy's own sum and `@` change in the last bits
    with the number of rows, and then a null could seem to raise a score."""
    if not parts.shape[1]:
        return np.zeros(len(parts))
    return np.asarray(np.add.accumulate(parts, axis=1)[:, -1])


def _shares(params: RuleParams, weights: PillarWeights) -> list[float]:
    """Of each measure, its share of the whole score under these pillar weights (they sum to 1)."""
    shares: list[float] = []
    for pillar in PILLARS:
        whole = sum(m.weight for m in params.measures[pillar])
        percent = getattr(weights, pillar)
        shares += [percent / 100 * (m.weight / whole) for m in params.measures[pillar]]
    return shares

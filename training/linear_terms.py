"""The columns of the linear member: what the rule sees in a row, and the plain values beside it.

One column per term, in this order, each of which belongs to one feature:

    measure    share of the whole score × sub-score, as the account's segment has it: the columns sum to
               the rule's uncapped score
    cap        the rule's score minus its uncapped score, 0 or less; it belongs to the feature of the
               exception that caps (only where the rule has exceptions)
    value      the normal score of a feature's value among the training rows (skewed values, as days and
               counts are, become even, and none lies far out); the typical value's where it is missing
    curve      three ramps from 0 to 1 of that score, for a feature of many values: by them its effect may
               bend or stop, where a value alone pulls evenly
    flag       1 where the feature is missing, centred and in standard deviations

The rule's terms are `features.rule_score` once more, in plain NumPy because a service scores single rows; a
test holds the two equal. Needs neither pandas nor a learner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from features.params import PILLARS, HardException, Measure, PillarWeights, RuleParams
from features.rule_profiles import ChosenProfiles, Key, profiles_of, stage_features

Matrix = NDArray[np.float64]
Places = NDArray[np.intp]

KNOTS = 33  # quantiles by which a value is turned into its normal score
CUTS = ndtri(np.array([0.15, 0.5, 0.85]))  # normal scores at the middle of a curve's ramps …
RAMP = 0.5  # … and how wide a ramp is
FEWEST_VALUES = 5  # that a feature must take, at its knots, to have a curve
EDGE = 0.005  # the share of the training rows that lies beyond the outermost of them, at either end


@dataclass(frozen=True, eq=False)
class ValueColumns:
    """How values become columns: arrays of shape (k,) or (k, KNOTS), one entry per feature.

    `typical` is the training median. A value becomes its normal score: `knots` are training quantiles,
    rising, and `scores` what a standard normal number would be there; in between it is interpolated, beyond
    them it stays. `centre`, `scale` are of the scores, `missing_centre`, `missing_scale` of the flags; a
    scale of 0 means that the column is left out, because it never changed in training.
    """

    typical: Matrix
    knots: Matrix
    scores: Matrix
    centre: Matrix
    scale: Matrix
    missing_centre: Matrix
    missing_scale: Matrix

    @classmethod
    def of(cls, X: Matrix) -> ValueColumns:
        """Read from training rows (n, k); without rows every column is left out.

        >>> columns = ValueColumns.of(np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]]))
        >>> columns.typical.tolist(), (columns.scale > 0).tolist(), (columns.missing_scale > 0).tolist()
        ([2.0, 5.0], [True, False], [True, False])
        """
        X = np.where(np.isinf(X), np.nan, X)
        seen = ~np.isnan(X)
        known = [X[seen[:, j], j] for j in range(X.shape[1])]
        typical = np.array([np.median(v) if len(v) else 0.0 for v in known])
        pairs = [_normal_scores(v) for v in known]
        knots, scores = (np.array(side).reshape(X.shape[1], KNOTS) for side in zip(*pairs, strict=True))
        filled = _scored(np.where(seen, X, typical), knots, scores)
        missing = (~seen).astype(np.float64)
        return cls(typical, knots, scores, *_spread(filled), *_spread(missing))

    @cached_property
    def value_of(self) -> Places:
        """The features that have a value column, in order."""
        return np.flatnonzero(self.scale > 0)

    @cached_property
    def curve_of(self) -> Places:
        """The features that have a curve, in order: three columns each, cut by cut."""
        taken = 1 + (np.diff(self.knots, axis=1) > 0).sum(axis=1)
        return np.flatnonzero((self.scale > 0) & (taken >= FEWEST_VALUES))

    @cached_property
    def flag_of(self) -> Places:
        """The features that have a flag, in order."""
        return np.flatnonzero(self.missing_scale > 0)

    @cached_property
    def owners(self) -> Places:
        """The feature of each column: of the values, the curves, the flags."""
        return np.concatenate([self.value_of, np.tile(self.curve_of, len(CUTS)), self.flag_of])

    def columns(self, X: Matrix) -> Matrix:
        """(n, k) -> (n, values + curves + flags)."""
        missing = np.isnan(X)
        v, f = self.value_of, self.flag_of
        filled = np.where(missing[:, v], self.typical[v], X[:, v])
        values = (_scored(filled, self.knots[v], self.scores[v]) - self.centre[v]) / self.scale[v]
        curved = values[:, np.isin(v, self.curve_of)]
        curves = [np.clip((curved - cut) / RAMP + 0.5, 0.0, 1.0) for cut in CUTS]
        flags = (missing[:, f] - self.missing_centre[f]) / self.missing_scale[f]
        return np.concatenate([values, *curves, flags], axis=1)


class Chosen(NamedTuple):
    """In the place of a segment: the profile at this place of `RuleColumns.shares`, whatever the row says."""

    place: int


@dataclass(frozen=True, eq=False)
class RuleColumns:
    """The rule's terms of rows whose columns are `features`."""

    features: tuple[str, ...]
    rule: RuleParams

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Every measure, pillar by pillar; each has a column."""
        return tuple(m for pillar in PILLARS for m in self.rule.measures[pillar])

    @cached_property
    def pillar_of(self) -> tuple[str, ...]:
        """The pillar of each measure."""
        return tuple(pillar for pillar in PILLARS for _ in self.rule.measures[pillar])

    @cached_property
    def feature_of(self) -> Places:
        """The place in `features` of each measure's feature."""
        return np.array([self.features.index(m.feature) for m in self.measures], dtype=np.intp)

    @cached_property
    def shares(self) -> Mapping[Key, Matrix]:
        """By profile (`features.rule_profiles`): each measure's share of the whole score; they sum to 1."""
        return {key: np.array(list(self._shares(weights))) for key, weights in profiles_of(self.rule).items()}

    def profiles(self, X: Matrix, segment: Sequence[Any] | None) -> ChosenProfiles:
        """The profile of each row, a stage's where the row tells it."""
        named = np.full(len(X), None, dtype=object)
        if segment is not None:
            named[:] = [name if isinstance(name, str) else None for name in segment]
        place = {name: number for number, name in enumerate(self.features)}
        nothing = np.full(len(X), np.nan)
        facts = {n: X[:, place[n]] if n in place else nothing for n in stage_features(self.rule)}
        return ChosenProfiles.of(self.rule, named, facts)

    def places(self, X: Matrix, segment: Sequence[Any] | None) -> Places:
        """(n,): the place in `shares` of each row's profile."""
        found = self.profiles(X, segment).places
        if segment is not None and any(isinstance(name, Chosen) for name in segment):
            told = zip(segment, found, strict=True)
            found = np.array([s.place if isinstance(s, Chosen) else p for s, p in told], dtype=np.intp)
        return found

    def shares_of(self, X: Matrix, segment: Sequence[Any] | None) -> Matrix:
        """(n, measures): the shares by which each row is scored."""
        if segment is None and not self.rule.stage_profiles:
            return np.broadcast_to(self.shares[None], (len(X), len(self.measures)))
        table: Matrix = np.array(list(self.shares.values()))
        return table[self.places(X, segment)]

    def _shares(self, weights: PillarWeights) -> Iterator[float]:
        for pillar in PILLARS:
            whole = sum(m.weight for m in self.rule.measures[pillar])
            percent = getattr(weights, pillar)
            yield from (percent / 100 * (m.weight / whole) for m in self.rule.measures[pillar])

    def columns(self, X: Matrix, segment: Sequence[Any] | None) -> tuple[Matrix, Matrix]:
        """(n, measures + 1): the measures' columns and the cap's; (n,): the score."""
        sub = np.empty((len(X), len(self.measures)))
        for place, (curve, column) in enumerate(zip(self._curves, self.feature_of, strict=True)):
            sub[:, place] = _sub_score(X[:, column], curve)
        points = sub * self.shares_of(X, segment)
        uncapped = _total(points)
        score = np.minimum(uncapped, self._caps(X)[0])
        return np.concatenate([points, (score - uncapped)[:, None]], axis=1), score

    def cap_feature(self, X: Matrix) -> Places:
        """(n,): the place of the feature whose exception caps the row; of the first one where none does."""
        return self._caps(X)[1]

    def cap_sides(self, X: Matrix, segment: Sequence[Any] | None) -> tuple[Matrix, Matrix]:
        """The least and the most, (n,) each, that the cap's column can be, whatever missing measures are."""
        shares, low, high = self.shares_of(X, segment), *self._sub_score_sides(X)
        worst, best = self._caps(np.where(np.isnan(X), self._capping, X))[0], self._caps(X)[0]
        deepest, shallowest = worst - _total(high * shares), best - _total(low * shares)
        return np.minimum(deepest, 0.0), np.minimum(shallowest, 0.0)

    def _sub_score_sides(self, X: Matrix) -> tuple[Matrix, Matrix]:
        """The least and the most (n, measures) that the sub-scores can be."""
        found = np.empty((2, len(X), len(self.measures)))
        for place, (curve, column) in enumerate(zip(self._curves, self.feature_of, strict=True)):
            known, missing = _sub_score(X[:, column], curve), np.isnan(X[:, column])
            found[0, :, place] = np.where(missing, curve[1].min(), known)
            found[1, :, place] = np.where(missing, curve[1].max(), known)
        return found[0], found[1]

    @cached_property
    def _curves(self) -> tuple[tuple[Matrix, Matrix, float], ...]:
        """Of each measure: values, their sub-scores, and the sub-score of a missing value."""
        sides = [np.array(measure.curve, dtype=np.float64).T for measure in self.measures]
        missing = [
            min(max(m.when_missing, s.min()), s.max()) for m, (_, s) in zip(self.measures, sides, strict=True)
        ]
        return tuple((at, score, float(m)) for (at, score), m in zip(sides, missing, strict=True))

    @cached_property
    def _capping(self) -> Matrix:
        """(k,): a value to which the strictest exception of each feature applies; NaN where it has none."""
        found = np.full(len(self.features), np.nan)
        for exception in sorted(self.rule.exceptions, key=lambda e: -e.cap):
            edge = exception.at_least if exception.at_least is not None else exception.at_most
            assert edge is not None
            found[self.features.index(exception.feature)] = edge
        return found

    def _caps(self, X: Matrix) -> tuple[Matrix, Places]:
        """The lowest cap of each row (100 where none applies) and the place of its feature."""
        exceptions = self.rule.exceptions
        cap = np.full(len(X), 100.0)
        place = np.full(len(X), self.features.index(exceptions[0].feature) if exceptions else 0, np.intp)
        for exception in exceptions:
            column = self.features.index(exception.feature)
            lower = _applies(X[:, column], exception) & (exception.cap < cap)
            cap[lower], place[lower] = exception.cap, column
        return cap, place


def _sub_score(values: Matrix, curve: tuple[Matrix, Matrix, float]) -> Matrix:
    at, score, when_missing = curve
    return np.asarray(np.where(np.isnan(values), when_missing, np.interp(values, at, score)))


def _applies(values: Matrix, exception: HardException) -> NDArray[np.bool_]:
    if exception.at_least is not None:
        return np.asarray(values >= exception.at_least)
    assert exception.at_most is not None
    return np.asarray(values <= exception.at_most)


def _total(parts: Matrix) -> Matrix:
    """The sum of each row, column by column, so that it is the same to the bit in any batch."""
    total = np.zeros(len(parts))
    for column in parts.T:
        total += column
    return total


def _normal_scores(values: Matrix) -> tuple[Matrix, Matrix]:
    """KNOTS values, rising, and their normal scores; a value that many rows share has their middle."""
    if not len(values):
        return np.zeros(KNOTS), np.zeros(KNOTS)
    shares = np.linspace(EDGE, 1 - EDGE, KNOTS)
    places = np.quantile(values, shares)
    knots, group = np.unique(places, return_inverse=True)
    middle = np.bincount(group, shares) / np.bincount(group)
    padding = (0, KNOTS - len(knots))  # the last knot once more: nothing is interpolated there
    return np.pad(knots, padding, mode="edge"), np.pad(ndtri(middle), padding, mode="edge")


def _scored(values: Matrix, knots: Matrix, scores: Matrix) -> Matrix:
    """(n, k) -> (n, k): each column interpolated on its own knots."""
    columns = [np.interp(values[:, j], knots[j], scores[j]) for j in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else values


def _spread(columns: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation of each column; 0 where there is none, or hardly any, or no row."""
    if not len(columns):
        return np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
    centre, scale = columns.mean(axis=0), columns.std(axis=0)
    return centre, np.where(scale > 1e-9 * (1 + np.abs(centre)), scale, 0.0)

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
FEW_ROWS = 32  # that are interpolated all columns at once
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
    def _curved(self) -> Places:
        """The places of `curve_of` in `value_of`."""
        return np.flatnonzero(np.isin(self.value_of, self.curve_of))

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
        curved = values[:, self._curved]
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
        nothing = np.full(len(X), np.nan)
        known = self.features
        facts = {n: X[:, known.index(n)] if n in known else nothing for n in stage_features(self.rule)}
        return ChosenProfiles.of(self.rule, named, facts)

    def places(self, X: Matrix, segment: Sequence[Any] | None) -> Places:
        """(n,): the place in `shares` of each row's profile."""
        found = self.profiles(X, segment).places
        if segment is not None and any(isinstance(name, Chosen) for name in segment):
            told = zip(segment, found, strict=True)
            found = np.array([s.place if isinstance(s, Chosen) else p for s, p in told], dtype=np.intp)
        return found

    def shares_of(self, X: Matrix, segment: Sequence[Any] | None) -> Matrix:
        """(n, measures), or (1, measures) of all: the shares by which each row is scored."""
        if segment is None and not self.rule.stage_profiles:
            return self._table[:1]
        shares: Matrix = self._table[self.places(X, segment)]
        return shares

    def _shares(self, weights: PillarWeights) -> Iterator[float]:
        for pillar in PILLARS:
            whole = sum(m.weight for m in self.rule.measures[pillar])
            percent = getattr(weights, pillar)
            yield from (percent / 100 * (m.weight / whole) for m in self.rule.measures[pillar])

    def columns(self, X: Matrix, segment: Sequence[Any] | None) -> tuple[Matrix, Matrix]:
        """(n, measures + 1): the measures' columns and the cap's; (n,): the score."""
        known, missing = self._sub_scores(X)
        sub = np.where(missing, self._when_missing, known)
        points = sub * self.shares_of(X, segment)
        uncapped = _total(points)
        score = np.minimum(uncapped, self._caps(X)[0])
        return np.concatenate([points, (score - uncapped)[:, None]], axis=1), score

    def cap_feature(self, X: Matrix) -> Places:
        """(n,): the place of the feature whose exception caps the row; of the first one where none does."""
        return self._caps(X)[1]

    def cap_sides(self, X: Matrix, segment: Sequence[Any] | None) -> tuple[Matrix, Matrix]:
        """The least and the most, (n,) each, that the cap's column can be, whatever missing measures are."""
        known, missing = self._sub_scores(X)
        low, high = (np.where(missing, end(self._curves[1], axis=1), known) for end in (np.min, np.max))
        shares = self.shares_of(X, segment)
        worst, best = self._caps(np.where(np.isnan(X), self._capping, X))[0], self._caps(X)[0]
        deepest, shallowest = worst - _total(high * shares), best - _total(low * shares)
        return np.minimum(deepest, 0.0), np.minimum(shallowest, 0.0)

    def _sub_scores(self, X: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
        """(n, measures) each: the sub-scores, and where the value is missing, of which they say nothing."""
        values = X[:, self.feature_of]
        missing = np.isnan(values)
        return _scored(np.where(missing, 0.0, values), *self._curves), missing

    @cached_property
    def _curves(self) -> tuple[Matrix, Matrix]:
        """(measures, points) each: values, and their sub-scores; a shorter curve repeats its last point."""
        longest = max((len(m.curve) for m in self.measures), default=0)
        padded = [[*m.curve, *[m.curve[-1]] * (longest - len(m.curve))] for m in self.measures]
        both = np.array(padded, dtype=np.float64).reshape(len(self.measures), longest, 2)
        return both[:, :, 0], both[:, :, 1]

    @cached_property
    def _when_missing(self) -> Matrix:
        """(measures,): the sub-score of a missing value."""
        lowest, highest = (end(self._curves[1], axis=1) for end in (np.min, np.max))
        return np.clip([m.when_missing for m in self.measures], lowest, highest)

    @cached_property
    def _capping(self) -> Matrix:
        """(k,): a value to which the strictest exception of each feature applies; NaN where it has none."""
        found = np.full(len(self.features), np.nan)
        for exception in sorted(self.rule.exceptions, key=lambda e: -e.cap):
            edge = exception.at_least if exception.at_least is not None else exception.at_most
            assert edge is not None
            found[self.features.index(exception.feature)] = edge
        return found

    @cached_property
    def _table(self) -> Matrix:
        """(profiles, measures): the shares, profile by profile."""
        return np.array(list(self.shares.values()))

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


def _applies(values: Matrix, exception: HardException) -> NDArray[np.bool_]:
    if exception.at_least is not None:
        return np.asarray(values >= exception.at_least)
    assert exception.at_most is not None
    return np.asarray(values <= exception.at_most)


def _total(parts: Matrix) -> Matrix:
    """The sum of each row, column by column, so that it is the same to the bit in any batch."""
    if not parts.shape[1]:
        return np.zeros(len(parts))
    return np.asarray(np.add.accumulate(parts, axis=1)[:, -1])


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
    if len(values) <= FEW_ROWS and values.shape[1]:
        return _scored_at_once(values, knots, scores)
    columns = [np.interp(values[:, j], knots[j], scores[j]) for j in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else values


def _scored_at_once(values: Matrix, knots: Matrix, scores: Matrix) -> Matrix:
    """The same to the bit, all columns at once: for a few rows ten times as fast, for many slower."""
    column = np.arange(values.shape[1])
    below = (knots <= values[:, :, None]).sum(axis=2) - 1  # the last knot not above the value
    last = knots.shape[1] - 1
    start = np.minimum(np.maximum(below, 0), last - 1)
    x, y = knots[column, start], scores[column, start]
    with np.errstate(all="ignore"):  # knots may coincide, values lie far out: neither is used then
        slope = (scores[column, start + 1] - y) / (knots[column, start + 1] - x)
        between = slope * (values - x) + y
    found = np.where(values == x, y, between)
    return np.where(below < 0, scores[:, 0], np.where(below >= last, scores[:, -1], found))


def _spread(columns: Matrix) -> tuple[Matrix, Matrix]:
    """Mean and standard deviation of each column; 0 where there is none, or hardly any, or no row."""
    if not len(columns):
        return np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
    centre, scale = columns.mean(axis=0), columns.std(axis=0)
    return centre, np.where(scale > 1e-9 * (1 + np.abs(centre)), scale, 0.0)

"""How far rows of one account are from a band, and what a move between them is worth, by either scorer.

Hundreds of rows are judged for one plan, so this is plain NumPy over the scorer's own parts; that the scorer
bands the rows in the same way is what the tests hold against `scorer.score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from features.params import HardException
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from training.health_model import health_of
from training.linear_terms import RuleColumns

Values = NDArray[np.float64]
Target = Literal["green", "yellow"]
Planner = LearnedScorer | RuleScorer
CLEARLY = 1e-9  # points over the limit, so that the order in which a sum is added never decides


class Standing(NamedTuple):
    """Of n rows: `health` 0–100; `margin`, in points over the limit of the band, reached from 0 on;
    `progress`, which grows with every bit of the way, where the margin may not: two facts that cap the
    rule's score must both go before it moves.
    """

    health: Values
    margin: Values
    progress: Values


class Judge(Protocol):
    """Judges rows X (n, k) of one account, whose columns are the names it was made with."""

    def standing(self, X: Values) -> Standing:
        """Where the rows stand to the band."""
        ...

    def change_interval(self, X: Values, Y: Values) -> Values:
        """(n, 2): the 90 % interval of the points from each row of X to that of Y."""
        ...


def judge_of(scorer: Planner, names: Sequence[str], segment: str | None, target: Target) -> Judge:
    """The judge of a scorer: for rows with these columns, of an account of this segment."""
    kind = _LearnedJudge if isinstance(scorer, LearnedScorer) else _RuleJudge
    return kind(scorer, tuple(names), segment, target)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class _LearnedJudge:
    """Green needs the lowest health under missing evidence to be green (H2), as the rule's does."""

    scorer: LearnedScorer
    names: tuple[str, ...]
    segment: str | None
    target: Target

    @cached_property
    def _places(self) -> NDArray[np.intp]:
        places = {name: place for place, name in enumerate(self.names)}
        return np.array([places.get(name, len(places)) for name in self.scorer.feature_names])

    def standing(self, X: Values) -> Standing:
        rows, segments, pooled = self._of_model(X), self._segments(X), self.scorer.health_model.pooled
        log_odds = bound = pooled.log_odds(rows, segments)
        if self.target == "green":
            bound = np.maximum(bound, pooled.under_missing_evidence(rows, segments)[1])
        limit = getattr(self.scorer.rule.bands, self.target)
        return Standing(health_of(log_odds), health_of(bound) - limit - CLEARLY, -bound)

    def change_interval(self, X: Values, Y: Values) -> Values:
        model = self.scorer.health_model
        return model.change_interval(self._of_model(X), self._of_model(Y), self._segments(X))

    def _of_model(self, X: Values) -> Values:
        """The model's columns; one that the rows do not have is missing."""
        wider = np.column_stack([X, np.full(len(X), np.nan)])
        return np.ascontiguousarray(wider[:, self._places])

    def _segments(self, X: Values) -> list[str | None]:
        return [self.segment] * len(X)


class _Scores(NamedTuple):
    """Of n rows: the rule's score and its range, and both sums before anything caps them."""

    score: Values
    lowest: Values
    highest: Values
    free: Values
    free_lowest: Values


@dataclass(frozen=True, eq=False)
class _RuleJudge:
    """Green needs the lowest possible score to be green (H2): a missing measure that becomes known helps."""

    scorer: RuleScorer
    names: tuple[str, ...]
    segment: str | None
    target: Target

    def standing(self, X: Values) -> Standing:
        found, limit = self._scores(X), getattr(self.scorer.rule.bands, self.target)
        green = self.target == "green"
        bound = np.minimum(found.score, found.lowest) if green else found.score
        free = found.free_lowest if green else found.free
        return Standing(found.score, bound - limit - CLEARLY, free - self._taken(X))

    def change_interval(self, X: Values, Y: Values) -> Values:
        """The rule is arithmetic: the least and the most that the same move gives with whatever is missing
        at its worst and at its best."""
        before, after = self._scores(X), self._scores(Y)
        moves = np.array([after[n] - before[n] for n in range(3)])
        return np.column_stack([moves.min(axis=0), moves.max(axis=0)])

    @cached_property
    def _columns(self) -> RuleColumns:
        return RuleColumns(self.names, self.scorer.rule)

    def _scores(self, X: Values) -> _Scores:
        """`features.rule_score` once more, for many rows of one account."""
        sub = {name: np.empty((len(X), len(self._columns.measures))) for name in ("worst", "point", "best")}
        for n, (m, column) in enumerate(zip(self._columns.measures, self._columns.feature_of, strict=True)):
            at, score = np.array(m.curve, dtype=np.float64).T
            missing, told = np.isnan(X[:, column]), np.interp(X[:, column], at, score)
            point = np.clip(m.when_missing, score.min(), score.max())
            for name, value in (("worst", score.min()), ("point", point), ("best", score.max())):
                sub[name][:, n] = np.where(missing, value, told)
        own, shares = self._own(X), list(self._columns.shares.values())
        lowest, highest = _total(sub["worst"] * own), _total(sub["best"] * own)
        for rows, place in self._others(X):
            lowest = np.where(rows, np.minimum(lowest, _total(sub["worst"] * shares[place])), lowest)
            highest = np.where(rows, np.maximum(highest, _total(sub["best"] * shares[place])), highest)
        free, cap = _total(sub["point"] * own), self._cap(X, when_missing=False)
        worst_cap = self._cap(X, when_missing=True)
        return _Scores(
            np.minimum(free, cap), np.minimum(lowest, worst_cap), np.minimum(highest, cap), free, lowest
        )

    def _others(self, X: Values) -> Iterator[tuple[NDArray[np.bool_], int]]:
        """Profiles by which rows might be scored too, as in `features.rule_score`."""
        rule = self.scorer.rule
        chosen = self._columns.profiles(X, [self.segment] * len(X)) if rule.stage_profiles else None
        undecided = np.ones(len(X), dtype=bool) if chosen is None else chosen.in_no_stage()
        if not self.segment:
            yield from ((undecided, place) for place in range(1 + len(rule.profiles)))
        if chosen is not None:
            yield from chosen.others()

    def _own(self, X: Values) -> Values:
        if self.scorer.rule.stage_profiles:
            return self._columns.shares_of(X, [self.segment] * len(X))
        shares = self._columns.shares
        return shares.get(self.segment, shares[None])

    def _cap(self, X: Values, when_missing: bool) -> Values:
        caps = [
            np.where(self._applies(X, e, when_missing), e.cap, 100.0) for e in self.scorer.rule.exceptions
        ]
        return np.asarray(np.min([np.full(len(X), 100.0), *caps], axis=0))

    def _taken(self, X: Values) -> Values:
        """What the exceptions that apply take from a whole score, each by itself."""
        found = np.zeros(len(X))
        for e in self.scorer.rule.exceptions:
            found += np.where(self._applies(X, e, self.target == "green"), 100.0 - e.cap, 0.0)
        return found

    def _applies(self, X: Values, fact: HardException, when_missing: bool) -> NDArray[np.bool_]:
        values = X[:, self.names.index(fact.feature)]
        if fact.at_least is not None:
            hit = values >= fact.at_least
        else:
            assert fact.at_most is not None
            hit = values <= fact.at_most
        return np.asarray(hit | (np.isnan(values) & when_missing))


def _total(parts: Values) -> Values:
    """The sum of each row, column by column: the same to the bit in any batch."""
    total = np.zeros(len(parts))
    for column in parts.T:
        total += column
    return total

"""Tabular worlds of known truth: fast, of eight kinds, and hard on a learner of few accounts.

A book that is simulated whole (`book`) is slow, and only one sort of world. Here the measures are drawn
directly, and the true churn probability *given what is shown* is known to the last digit, so that a
thousand small books can be judged without the luck of who happened to churn. The kinds:

    linear              every measure pulls evenly, and all are shown on even scales
    threshold           a measure counts only below a threshold, or at both its ends
    interaction         two troubles at once; a measure that counts for some accounts only
    decoys              6 measures matter; 18 others go with them at 0.9 and do nothing
    missing_at_random   linear; 30 % of the values of half the measures are missing, by chance
    missing_by_cause    linear; unhealthy accounts are silent, and silence is as bad as a poor value
    rule_right          linear and threshold, and the expert's rule has weights and curves right
    rule_wrong          the same, and the rule is upside down in the pillar that matters most

In the first six the rule is rough (`planted_rules`). In all but the two of missing values, a measure that
does nothing is missing one time in seven.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from features.catalog import Feature
from features.params import RuleParams
from training.simulation.arrays import Flags, Floats, generator
from training.simulation.planted_effects import KINDS, PARTS, Effects, alike, covariance, drawn_effects
from training.simulation.planted_rules import Quality, planted_rule
from training.simulation.planted_shares import shapley
from training.simulation.tabular_features import (
    MEASURES,
    NO_DIRECTION,
    PER_PILLAR,
    Shape,
    names,
    shapes,
    shown_values,
    small_catalog,
)

REFERENCE = 20_000  # states by which effects are scaled and the churn rate is hit
MOST_ACCOUNTS = 5_000  # what a world draws to learn from; n accounts are the first n of them
SAME_ACCOUNT = 0.8  # correlation of an account's states between its dates
SILENT_STATE = -1.0  # in a world of missing by cause, silence is as bad as this
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)
PLAIN = ("linear",)
QUALITIES: dict[str, Quality] = {"rule_right": "right", "rule_wrong": "wrong"}


@dataclass(frozen=True)
class Sample:
    """`rows`: account_id, as_of, segment, the measures (NaN: missing). `churned`: 0/1. `truth` (n,): the
    true probability of churn given the row."""

    rows: pd.DataFrame
    churned: pd.Series
    truth: Floats

    def of_first(self, accounts: int, dates: int = 1) -> Sample:
        """The rows of the first accounts."""
        n = accounts * dates
        return Sample(self.rows.head(n), self.churned.head(n), self.truth[:n])


@dataclass(frozen=True)
class TabularWorld:
    """A world of that kind, seed and churn rate (0–1). The seed fixes everything but the rate's intercept.

    `correlation` of every two measures; None: as the kind has it.

    >>> world = TabularWorld("linear", seed=1, churn=0.08)
    >>> sample = world.learned_from(accounts=300)
    >>> sample.rows.shape, bool(0.02 < sample.truth.mean() < 0.2)
    ((300, 27), True)
    """

    kind: str
    seed: int
    churn: float
    correlation: float | None = None
    shown: list[Shape] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        object.__setattr__(self, "shown", shapes(plain=self.kind in PLAIN))

    @cached_property
    def catalog(self) -> tuple[Feature, ...]:
        """The measures as features, with directions."""
        return small_catalog(self.shown)

    @cached_property
    def rule(self) -> RuleParams:
        """The expert's rule: right, rough or wrong by kind."""
        return planted_rule(
            QUALITIES.get(self.kind, "rough"), self._effects, self.shown, self._chance("rule")
        )

    def learned_from(self, accounts: int, dates: int = 1) -> Sample:
        """What there is to learn from: the first of 5,000 accounts, the same whatever their number."""
        return self._sample("train", MOST_ACCOUNTS, dates).of_first(accounts, dates)

    def tested_on(self, accounts: int = 4_000) -> Sample:
        """Other accounts of the same world, on one date."""
        return self._sample("test", accounts, 1)

    def tested_shares(self, accounts: int = 4_000) -> Floats:
        """What each measure adds to the true log-odds of churn of the accounts of `tested_on`, against this
        world's portfolio: exact Shapley values (n, 24), see `planted_shares`. Refused where what is missing
        is guessed at from the rest, for a share is then of no measure by itself.
        """
        if self.kind == "missing_at_random":
            raise ValueError("the shares of a world of values missing at random are not of single measures")
        states = self._states("test", accounts, 1)
        here, everywhere = self._felt(states, self._missing("test", states)), self._felt(*self._reference)
        *scales, (_, whole) = self._scales
        found = np.zeros_like(states)
        for (part, share), (_, sd) in zip(PARTS[self.kind], scales, strict=True):
            found += share / sd * shapley(part(self._effects, here), part(self._effects, everywhere))
        return np.asarray(self.signal / whole * found)

    def _chance(self, source: str) -> np.random.Generator:
        return generator(self.seed, f"{self.kind}: {source}")

    @cached_property
    def _effects(self) -> Effects:
        return drawn_effects(self.kind, self._chance("effects"))

    @cached_property
    def _covariance(self) -> Floats:
        if self.correlation is not None:
            return alike(self.correlation)
        return covariance(self.kind, self._chance("covariance"))

    @cached_property
    def signal(self) -> float:
        """Standard deviation of the true log-odds, 1 to 2: at best an AUC of about 0.75 to 0.90."""
        return float(self._chance("signal").uniform(1.0, 2.0))

    @cached_property
    def _reference(self) -> tuple[Floats, Flags]:
        states = self._states("reference", REFERENCE, 1)
        return states, self._missing("reference", states)

    @cached_property
    def _scales(self) -> list[tuple[float, float]]:
        """Mean and standard deviation of each part, then of their sum."""
        states = self._felt(*self._reference)
        parts = [part(self._effects, states).whole for part, _ in PARTS[self.kind]]
        scales = [(float(p.mean()), float(p.std())) for p in parts]
        whole = sum(
            share * (p - mean) / sd
            for p, (mean, sd), (_, share) in zip(parts, scales, PARTS[self.kind], strict=True)
        )
        return [*scales, (0.0, float(np.std(whole)))]

    @cached_property
    def _intercept(self) -> float:
        seen = self._seen(*self._reference)
        return float(brentq(lambda b: float(_probability(b, *seen).mean()) - self.churn, -15.0, 10.0))

    def _pull(self, states: Floats) -> Floats:
        """What these states add to the log-odds of churn; standard deviation `signal`."""
        *scales, (_, whole) = self._scales
        parts = zip(PARTS[self.kind], scales, strict=True)
        pull = sum(
            share * (part(self._effects, states).whole - mean) / sd for (part, share), (mean, sd) in parts
        )
        return np.asarray(self.signal * pull / whole)

    def _felt(self, states: Floats, missing: Flags) -> Floats:
        """The states that churn goes by: a silence by cause stands for itself."""
        return np.where(missing, SILENT_STATE, states) if self.kind == "missing_by_cause" else states

    def _seen(self, states: Floats, missing: Flags) -> tuple[Floats, Floats]:
        """What is shown tells of the pull: its mean, and its standard deviation where values are missing by
        chance."""
        if self.kind == "missing_at_random":
            return self._unseen(states, missing)
        return self._pull(self._felt(states, missing)), np.zeros(len(states))

    def _unseen(self, states: Floats, missing: Flags) -> tuple[Floats, Floats]:
        """Mean and standard deviation of a linear pull where some normal states are missing: what is missing
        is known with an error so large that it tells nothing."""
        level = self._pull(np.zeros((1, MEASURES)))[0]
        slope = self._pull(np.eye(MEASURES)) - level
        mean, variance = np.empty(len(states)), np.empty(len(states))
        for block in np.array_split(np.arange(len(states)), len(states) // 2_000 + 1):
            noise = np.where(missing[block], 1e7, 1e-9)
            seen = self._covariance + noise[:, :, None] * np.eye(MEASURES)
            known = np.where(missing[block], 0.0, states[block])
            back = self._covariance @ slope
            gain = np.linalg.solve(seen, np.broadcast_to(back[:, None], (len(block), MEASURES, 1)))[..., 0]
            mean[block] = level + (known * gain).sum(axis=1)
            variance[block] = slope @ back - gain @ back
        return mean, np.sqrt(variance.clip(min=0))

    def _states(self, source: str, accounts: int, dates: int) -> Floats:
        """(accounts × dates, 24), account by account."""
        root, rng = np.linalg.cholesky(self._covariance), self._chance(f"{source}: states")
        lasting = np.repeat(rng.normal(size=(accounts, MEASURES)), dates, axis=0)
        if dates > 1:
            passing = rng.normal(size=lasting.shape)
            lasting = np.sqrt(SAME_ACCOUNT) * lasting + np.sqrt(1 - SAME_ACCOUNT) * passing
        return np.asarray(lasting @ root.T)

    def _missing(self, source: str, states: Floats) -> Flags:
        rng = self._chance(f"{source}: missing")
        if self.kind == "missing_at_random":
            chance = np.where(np.arange(MEASURES) % 2 == 0, 0.3, 0.0)
        elif self.kind == "missing_by_cause":
            chance = np.where(np.arange(MEASURES) % 3 == 0, expit(-1.1 - 1.2 * states), 0.0)
        else:
            chance = np.where(self._idle, 1 / 7, 0.0)
        return np.asarray(rng.random(states.shape) < chance)

    @cached_property
    def _idle(self) -> Flags:
        """Measures that do nothing in any part."""
        moderates = np.arange(MEASURES) % PER_PILLAR == 0
        return np.asarray((self._effects.weights == 0) & ~NO_DIRECTION & ~moderates)

    def _sample(self, source: str, accounts: int, dates: int) -> Sample:
        states = self._states(source, accounts, dates)
        missing = self._missing(source, states)
        truth = _probability(self._intercept, *self._seen(states, missing))
        luck = np.repeat(self._chance(f"{source}: luck").random(accounts), dates)
        values = np.where(missing, np.nan, shown_values(states, self.shown))
        rows = pd.DataFrame(values, columns=names())
        rows.insert(0, "account_id", np.repeat([f"A-{i:06d}" for i in range(accounts)], dates))
        first = pd.date_range("2024-01-01", periods=dates, freq="MS", tz="UTC")
        rows.insert(1, "as_of", np.tile(first.to_numpy(), accounts))
        rows.insert(2, "segment", "")
        return Sample(rows, pd.Series((luck < truth).astype(float)), truth)


def _probability(intercept: float, pull: Floats, sd: Floats) -> Floats:
    """The mean of the logistic function over a normal pull."""
    if not sd.any():
        return np.asarray(expit(intercept + pull))
    odds = intercept + pull[:, None] + sd[:, None] * NODES
    return np.asarray(expit(odds) @ (WEIGHTS / WEIGHTS.sum()))

"""Worlds of known drivers: every measure independent of all others, or every two correlated at 0.8.

The worlds are those of `simulation.tabular_world`, six kinds of effects with the expert's rule right, rough
or wrong, each drawn under both correlations with the same effects. Each gets four measures more, one for
each pillar, that are independent of everything: pure noise, which no rule knows of. The learner sees 1,000
accounts unless told otherwise, and explains 2,000 others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import Feature
from features.faults import Fault, WrongUse
from features.params import PILLARS
from training.all_params import AllParams
from training.audit.told_and_true import ToldAndTrue, by_family, on_top
from training.audit.verdicts import Bar, Judged, as_lines, judged
from training.health_model import HealthModel
from training.pool import fit_pool
from training.simulation.arrays import generator
from training.simulation.tabular_features import MEASURES
from training.simulation.tabular_world import TabularWorld

Progress = Callable[[str], None]

KINDS = ("linear", "threshold", "interaction", "missing_by_cause", "rule_right", "rule_wrong")
CORRELATIONS = (0.0, 0.8)
EXPLAINED = 2_000
FIRST_SEED = 101  # far from the seeds of the worlds that the learner was made with
NOISE_DIRECTIONS = ("better", "worse", "not_monotone", "better")
BARS = {
    0.0: {"sign": Bar("at least", 0.95), "worst": Bar("at least", 0.6), "noise": Bar("at most", 0.01)},
    0.8: {"sign": Bar("at least", 0.85), "worst": Bar("at least", 0.6), "noise": Bar("at most", 0.01)},
}
TITLES = {
    "sign": "sign of the top three families is the true one",
    "sure": "… where the true share is not within noise of zero",
    "worst": "top family of a red account is the true worst",
    "noise": "a pure-noise feature is in the top three",
    "any": "… any of the four noise features is",
}


@dataclass(frozen=True)
class WorldsAudit:
    """The judged figures by correlation, and their values by kind of world. `worlds`: drawn under each."""

    worlds: int
    accounts: int
    churn: float
    figures: dict[float, tuple[Judged, ...]]
    by_kind: dict[float, dict[str, dict[str, float]]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        asked = {
            "worlds": self.worlds,
            "accounts": self.accounts,
            "churn": self.churn,
            "seeds": self._seeds(),
        }
        found = {f"{c:g}": [one.as_dict() for one in figures] for c, figures in self.figures.items()}
        kinds = {f"{c:g}": by_kind for c, by_kind in self.by_kind.items()}
        return {**asked, "correlation": found, "by_kind": kinds}

    def as_text(self) -> str:
        """For people."""
        lines = [
            f"{self.worlds} worlds of each correlation, seeds {self._seeds()}, {self.accounts} accounts"
            f" learned from, churn {self.churn:.0%}; 90 % intervals, worlds resampled"
        ]
        for correlation, figures in self.figures.items():
            lines += ["", _named(correlation), *as_lines(figures, TITLES)]
            lines += [f"  {kind:<18}{_values(found)}" for kind, found in self.by_kind[correlation].items()]
        return "\n".join(lines)

    def _seeds(self) -> str:
        return f"{FIRST_SEED} to {FIRST_SEED + (self.worlds - 1) // len(KINDS)}"


def _named(correlation: float) -> str:
    return f"every two measures correlated at {correlation:g}" if correlation else "independent measures"


def _values(found: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.1%}" for name, value in found.items())


def audit_worlds(
    worlds: int, accounts: int, churn: float, params: AllParams, progress: Progress = lambda _: None
) -> WorldsAudit:
    """Learns and explains so many worlds under each correlation, kind after kind."""
    found, by_kind = {}, {}
    for correlation in CORRELATIONS:
        parts = list[ToldAndTrue]()
        for number in range(worlds):
            progress(f"{_named(correlation)}: world {number + 1} of {worlds}")
            world = AuditedWorld.numbered(number, churn, correlation)
            parts.append(world.told_and_true(world.learned(accounts, params), number, params))
        every = ToldAndTrue.together(parts)
        found[correlation] = judged(every.figures(), every.group, BARS[correlation])
        kinds = {kind: parts[place :: len(KINDS)] for place, kind in enumerate(KINDS[:worlds])}
        by_kind[correlation] = {
            kind: {figure.name: figure.value for figure in ToldAndTrue.together(some).figures()}
            for kind, some in kinds.items()
        }
    return WorldsAudit(worlds, accounts, churn, found, by_kind)


def check_worlds(book: Path | None, as_of: str | None) -> None:
    """Raises WrongUse where a book, or a date of one, is named beside drawn worlds."""
    named = {"BOOK": book, "--as-of": as_of}
    step = "leave it out, or leave --worlds out to audit a book"
    faults = [
        Fault(name, str(v), "nothing beside --worlds", step) for name, v in named.items() if v is not None
    ]
    if faults:
        raise WrongUse("drawn worlds are no book", faults)


@dataclass(frozen=True)
class AuditedWorld:
    """A tabular world with four measures of pure noise beside its own."""

    world: TabularWorld

    @classmethod
    def numbered(cls, number: int, churn: float, correlation: float) -> AuditedWorld:
        """World 0, 1, … counts through the kinds, then through the seeds."""
        kind, seed = KINDS[number % len(KINDS)], FIRST_SEED + number // len(KINDS)
        return cls(TabularWorld(kind, seed, churn, correlation))

    @property
    def catalog(self) -> tuple[Feature, ...]:
        """The world's features, then the noise, which is a family of its own in each pillar."""
        known = self.world.catalog
        like = known[0].model_dump() | {"unit": "change", "range": (None, None)}
        noise = [
            like | {"name": name, "family": name, "pillar": pillar, "direction": direction}
            for name, pillar, direction in zip(noise_names(), PILLARS, NOISE_DIRECTIONS, strict=True)
        ]
        return (*known, *(Feature.model_validate(entry) for entry in noise))

    def learned(self, accounts: int, params: AllParams) -> HealthModel:
        """The learner's model of the first so many accounts."""
        sample, training = self.world.learned_from(accounts), params.training
        rows = self._with_noise(sample.rows, "train")
        found = fit_pool(rows, sample.churned, self.catalog, self.world.rule, training.learner, training.seed)
        return found.health_model({})

    def told_and_true(self, model: HealthModel, group: int, params: AllParams) -> ToldAndTrue:
        """Both sides of the accounts that are explained."""
        rows = self._with_noise(self.world.tested_on(EXPLAINED).rows, "test")
        X = rows[list(model.features)].to_numpy(float)
        shares = model.pooled.contributions(X)
        families = sorted({feature.family for feature in self.catalog})
        family = np.array([families.index(feature.family) for feature in self.catalog])
        true = by_family(self.world.tested_shares(EXPLAINED), family[:MEASURES], len(families))
        return ToldAndTrue(
            group=np.full(len(X), group),
            told=by_family(shares, family, len(families)),
            true=true,
            red=model.health(X) < params.rule.bands.yellow,
            noise_on_top=on_top(shares, np.arange(MEASURES, len(family))),
        )

    def _with_noise(self, rows: pd.DataFrame, source: str) -> pd.DataFrame:
        chance = generator(self.world.seed, f"{self.world.kind}: noise {source}")
        noise = chance.normal(size=(len(rows), len(PILLARS)))
        return rows.assign(**dict(zip(noise_names(), noise.T, strict=True)))


def noise_names() -> list[str]:
    """The measures of pure noise."""
    return [f"{pillar}_noise" for pillar in PILLARS]

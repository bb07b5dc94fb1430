"""The cheapest plan that reaches a band: two greedy searches, each pruned.

What is guaranteed: every plan that is found reaches the band (the scorer itself says so, on the very values).
It is irreducible: no single step of it can be left out or made smaller, among the steps tried, without
missing the band. It is not proven to be the cheapest of all plans: that is a knapsack whose items depend on
one another. Where none is found, the account was moved as far as any single step still helped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving.path_to_green.candidates import Candidates
from serving.path_to_green.levers import Lever
from serving.path_to_green.standing import Standing, Values

Chosen = Mapping[str, int]  # lever's feature -> which of its steps
EPSILON = 1e-9


@dataclass(frozen=True, eq=False)
class Problem:
    """The levers, and how plans are judged: rows, which of them are allowed, and where they stand."""

    levers: Sequence[Lever]
    rows: Callable[[Sequence[Mapping[str, float]]], Candidates]
    allowed: Callable[[Candidates], NDArray[np.bool_]]
    standing: Callable[[Values], Standing]

    def moves(self, chosen: Chosen) -> dict[str, float]:
        """The features that a plan sets, with their values."""
        return {
            lever.feature: lever.values[chosen[lever.feature]]
            for lever in self.levers
            if lever.feature in chosen
        }

    def cost(self, chosen: Chosen) -> float:
        """What a plan costs."""
        return sum(lever.costs[chosen[lever.feature]] for lever in self.levers if lever.feature in chosen)

    def judged(self, plans: Sequence[Chosen]) -> Standing:
        """Where the plans lead; one that is not allowed stands infinitely low."""
        rows = self.rows([self.moves(plan) for plan in plans])
        found, fine = self.standing(rows.X), self.allowed(rows)
        margin = np.where(fine, found.margin, -np.inf)
        return Standing(found.health, margin, np.where(fine, found.progress, -np.inf))


@dataclass(frozen=True)
class Found:
    """A plan, and whether it reaches the band."""

    chosen: Chosen
    reached: bool


def cheapest_plan(problem: Problem) -> Found:
    """The cheaper of two pruned plans; where even the farthest misses the band, that one."""
    farthest = _farthest(problem)
    if problem.judged([farthest]).margin[0] < 0:
        return Found(_without_idle_steps(problem, farthest), False)
    plans = [_enough(problem, farthest), _forward(problem)]
    margins = problem.judged(plans).margin
    reaching = [_pruned(problem, plan) for plan, margin in zip(plans, margins, strict=True) if margin >= 0]
    return Found(min(reaching, key=problem.cost), True)


def _forward(problem: Problem) -> Chosen:
    """Adds or lengthens the step that gains most for its cost, until the band is reached or nothing gains."""
    chosen: Chosen = {}
    here = problem.judged([chosen])
    while here.margin[0] < 0:
        longer = [{**chosen, f: step} for f, step in _steps(problem) if step > chosen.get(f, -1)]
        if not longer:
            break
        there = problem.judged(longer)
        dearer = np.array([problem.cost(plan) for plan in longer]) - problem.cost(chosen)
        gain = there.progress - here.progress[0]
        if (enough := there.margin >= 0).any():  # more than enough to reach the band is worth no more
            gain = np.minimum(gain, gain[enough].min())
        worth = np.where(gain > EPSILON, gain / np.maximum(dearer, EPSILON), -1.0)
        best = int(np.argmax(worth))
        if worth[best] <= 0:
            break
        chosen, here = longer[best], problem.judged([longer[best]])
    return chosen


def _farthest(problem: Problem) -> Chosen:
    """Climbs: every lever goes where it leads farthest with the others as they are, all of them at once where
    that leads on, else the best of them; until none leads farther."""
    chosen: Chosen = {}
    here = problem.judged([chosen]).progress[0]
    while others := [(f, step) for f, step in _steps(problem) if chosen.get(f) != step]:
        there = problem.judged([{**chosen, f: step} for f, step in others]).progress
        gaining = np.flatnonzero(there > here + EPSILON)
        if not gaining.size:
            break
        ranked = gaining[np.argsort(there[gaining], kind="stable")]
        single = {**chosen, **dict([others[int(np.argmax(there))]])}
        together = {
            **chosen,
            **{others[n][0]: others[n][1] for n in ranked},
        }  # of a lever the best comes last
        both = problem.judged([single, together]).progress
        chosen, here = (together, both[1]) if both[1] > both[0] else (single, both[0])
    return chosen


def _enough(problem: Problem, chosen: Chosen) -> Chosen:
    """Of a plan that reaches the band the fewest steps that do, taken by what each is worth by itself."""
    alone = problem.judged([{}, *({feature: step} for feature, step in chosen.items())]).progress
    cost = [problem.cost({feature: step}) for feature, step in chosen.items()]
    order = np.argsort(-(alone[1:] - alone[0]) / np.array(cost), kind="stable")
    steps = [list(chosen.items())[n] for n in order]
    parts = [dict(steps[:count]) for count in range(len(steps) + 1)]
    return parts[int(np.argmax(problem.judged(parts).margin >= 0))]


def _pruned(problem: Problem, chosen: Chosen) -> Chosen:
    """Leaves out or shortens the step that saves most, for as long as the band is still reached."""
    while chosen:
        cheaper = list(_cheaper(chosen))
        saved = np.array([problem.cost(chosen) - problem.cost(plan) for plan in cheaper])
        saved = np.where(problem.judged(cheaper).margin >= 0, saved, -np.inf)
        best = int(np.argmax(saved))
        if saved[best] <= 0:
            break
        chosen = cheaper[best]
    return chosen


def _without_idle_steps(problem: Problem, chosen: Chosen) -> Chosen:
    """Leaves out or shortens what leads no farther."""
    reach = problem.judged([chosen]).progress[0] if chosen else 0.0
    while chosen:
        cheaper = list(_cheaper(chosen))
        idle = problem.judged(cheaper).progress >= reach - EPSILON
        if not idle.any():
            break
        chosen = min((plan for plan, none in zip(cheaper, idle, strict=True) if none), key=problem.cost)
    return chosen


def _cheaper(chosen: Chosen) -> Iterator[Chosen]:
    for feature, step in chosen.items():
        yield _without(chosen, feature)
        yield from ({**chosen, feature: shorter} for shorter in range(step))


def _without(chosen: Chosen, feature: str) -> Chosen:
    return {name: step for name, step in chosen.items() if name != feature}


def _steps(problem: Problem) -> Iterator[tuple[str, int]]:
    for lever in problem.levers:
        yield from ((lever.feature, step) for step in range(len(lever.values)))

"""The path to a band of one account: what to move, in which order, what each step is worth and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import Windows
from serving.path_to_green.candidates import Candidates
from serving.path_to_green.levers import Known, levers_of
from serving.path_to_green.links import allowed, settled
from serving.path_to_green.search import Chosen, Problem, cheapest_plan
from serving.path_to_green.standing import Judge, Planner, Target, Values, judge_of


@dataclass(frozen=True)
class Step:
    """One lever: `moved` holds its feature first, and whatever moves with it: feature → (from, to).

    `points` and `interval` are of this step after those before it.
    """

    feature: str
    moved: Mapping[str, tuple[float, float]]
    cost: float
    points: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Plan:
    """`row` is the account's as it is, `after` as it would be; both hold account_id, segment, features.

    `reached`: `after` is in the band; with no steps, `row` already is. `health` before and after; `interval`
    is of the points in total. `levers`: how many were tried.
    """

    target: Target
    row: pd.DataFrame
    after: pd.DataFrame
    reached: bool
    steps: tuple[Step, ...]
    health: tuple[float, float]
    interval: tuple[float, float]
    cost: float
    levers: int


@dataclass(frozen=True, eq=False)
class _Account:
    """One account's own features (in the order of `names`), and how rows of its kind are settled."""

    own: Values
    names: Sequence[str]
    catalog: Sequence[Feature]
    windows: Windows
    known: Known

    def rows(self, moves: Sequence[Mapping[str, float]]) -> Candidates:
        found = Candidates.of(self.names, self.own, moves)
        settled(found, self.windows, self.catalog, self.known.moves, self.known.segment)
        return found

    def allowed(self, rows: Candidates) -> NDArray[np.bool_]:
        return allowed(rows, self.windows, self.catalog, self.known.moves, self.known.segment)


def path_to(
    scorer: Planner, row: pd.DataFrame, catalog: Sequence[Feature], known: Known, target: Target
) -> Plan:
    """The plan for one account: `row` holds one row of account_id, segment and features.

    Whatever is not in the plan is taken to stay as it is.
    """
    names = [feature.name for feature in catalog if feature.name in row]
    account = _Account(row[names].to_numpy("float64")[0], names, catalog, scorer.windows, known)
    levers = levers_of(dict(zip(names, account.own.tolist(), strict=True)), catalog, scorer.windows, known)
    judge = judge_of(scorer, names, known.segment, target)
    problem = Problem(levers, account.rows, account.allowed, judge.standing)
    found = cheapest_plan(problem)
    moves = problem.moves(found.chosen)
    order = _order(problem, found.chosen)
    rows = account.rows([{name: moves[name] for name in order[:count]} for count in range(len(order) + 1)])
    cost = {name: problem.cost({name: step}) for name, step in found.chosen.items()}
    steps = _steps(rows, order, cost, judge)
    health = judge.standing(rows.X[[0, -1]]).health
    low, high = judge.change_interval(rows.X[:1], rows.X[-1:])[0]
    after = _frame(row, names, rows.X[-1:])
    ends, whole = (float(health[0]), float(health[1])), (float(low), float(high))
    return Plan(
        target, row, after, found.reached, steps, ends, whole, problem.cost(found.chosen), len(levers)
    )


def _order(problem: Problem, chosen: Chosen) -> list[str]:
    """The levers of a plan, the one first that by itself is worth most for its cost."""
    alone = problem.judged([{}, *({name: step} for name, step in chosen.items())]).progress
    worth = {
        name: (alone[n] - alone[0]) / problem.cost({name: step})
        for n, (name, step) in enumerate(chosen.items(), start=1)
    }
    return sorted(chosen, key=lambda name: -worth[name])


def _steps(
    rows: Candidates, order: Sequence[str], cost: Mapping[str, float], judge: Judge
) -> tuple[Step, ...]:
    """One step from each row to the next."""
    if not order:
        return ()
    health = judge.standing(rows.X).health
    between = judge.change_interval(rows.X[:-1], rows.X[1:])
    return tuple(
        Step(
            name,
            _moved(rows, n, name),
            cost[name],
            float(health[n + 1] - health[n]),
            (float(between[n, 0]), float(between[n, 1])),
        )
        for n, name in enumerate(order)
    )


def _moved(rows: Candidates, stage: int, lever: str) -> dict[str, tuple[float, float]]:
    """What changes from a stage to the next, the lever first."""
    before, after = rows.X[stage], rows.X[stage + 1]
    here = [n for n in range(len(rows.names)) if before[n] != after[n] and not np.isnan(after[n])]
    here.sort(key=lambda n: rows.names[n] != lever)
    return {rows.names[n]: (float(before[n]), float(after[n])) for n in here}


def _frame(row: pd.DataFrame, names: Sequence[str], X: Values) -> pd.DataFrame:
    """The rows in the shape that a scorer reads, each of the same account."""
    found = pd.DataFrame(X, columns=list(names))
    found.insert(0, "account_id", row["account_id"].iloc[0])
    if "segment" in row:
        found["segment"] = pd.Series([row["segment"].iloc[0]] * len(found), dtype="object")
    return found

"""The answer of `GET /v1/accounts/{id}/path-to-green`: the cheapest plan found, on the published snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from features.catalog import Feature, load_catalog
from features.faults import Fault
from features.rule_weights import RuleWeights
from serving.api.problems import INPUTS_NOT_KEPT, OTHER_MODEL, Problem
from serving.history.history_answers import account_of_snapshot, snapshot_for
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.path_to_green.likely_moves import Source, known_of
from serving.path_to_green.plan import Plan, Step, path_to
from serving.path_to_green.plan_words import assumptions, headline, step_text
from serving.path_to_green.standing import Planner, Target
from serving.scores.shown_points import apportion, tenths_down
from training.plausible_moves import DAYS

BANDS = ("red", "yellow", "green")


def path_to_green_of(
    store: ScoreStore, scorer: Planner, account_id: str, as_of: str | None, target: Target = "green"
) -> dict[str, Any]:
    """The plan by which an account reaches the band, worked out by the loaded scorer.

    Raises Problem where nothing was scored, the account is not in the snapshot, the snapshot was published
    without its features, or by another model or rule than the one that is loaded.
    """
    snapshot = snapshot_for(store, as_of)
    account = account_of_snapshot(store, snapshot, account_id)
    inputs = store.inputs_of(snapshot, account_id)
    if inputs is None or inputs.rows.empty:
        allowed = "a snapshot that was published with its features"
        raise Problem(INPUTS_NOT_KEPT, [Fault("as_of", snapshot.as_of, allowed, _publish_again(snapshot))])
    scorer = _as_scored(scorer, inputs)
    _check_model(scorer, snapshot, inputs)
    segment = account.details.get("segment")
    known, source = known_of(scorer, store, snapshot, segment)
    catalog = load_catalog(scorer.windows)
    if BANDS.index(account.payload["band"]) >= BANDS.index(target):
        return _already(account, snapshot, target)
    plan = path_to(scorer, inputs.rows.assign(segment=segment), catalog, known, target)
    if tenths_down(np.array(plan.health[:1]))[0] != round(account.payload["health"] * 10):
        raise _other_model(scorer, snapshot)  # the same name, and not the same model
    names = {feature.name: feature for feature in catalog}
    return {**_head(account, snapshot, target), **told(scorer, account.payload, plan, source, names)}


def _as_scored(scorer: Planner, inputs: ScoreInputs) -> Planner:
    """The scorer under the weights that the snapshot was scored by: others may have been adopted since."""
    then = RuleWeights.of(inputs.rule).over(scorer.rule)
    return replace(scorer, rule=then) if then == inputs.rule else scorer


def _check_model(scorer: Planner, snapshot: Snapshot, inputs: ScoreInputs) -> None:
    if (snapshot.model, inputs.rule) != (scorer.model, scorer.rule):
        raise _other_model(scorer, snapshot)


def _other_model(scorer: Planner, snapshot: Snapshot) -> Problem:
    allowed = f"a snapshot by {_named(scorer.model)} and today's rule, which are loaded"
    return Problem(OTHER_MODEL, [Fault("as_of", snapshot.as_of, allowed, _publish_again(snapshot))])


def _publish_again(snapshot: Snapshot) -> str:
    return f"publish the date again: vitals score BOOK --as-of {snapshot.as_of[:10]}"


def _named(model: dict[str, Any]) -> str:
    return "the rule" if model["kind"] == "rule" else f"version {model['version']}"


def _already(account: ScoredAccount, snapshot: Snapshot, target: Target) -> dict[str, Any]:
    here = _standing(account.payload)
    found = {"points": 0.0, "interval": [0.0, 0.0], "cost": 0.0, "steps": [], "levers": 0}
    return {
        **_head(account, snapshot, target),
        "status": "already",
        "before": here,
        "after": here,
        **found,
    } | {
        "moves_from": None,
        "assumed": [],
        "text": headline("already", target, here, here, [0.0, 0.0], 0.0),
    }


def told(
    scorer: Planner, payload: dict[str, Any], plan: Plan, source: Source, catalog: dict[str, Feature]
) -> dict[str, Any]:
    """A plan as it is shown, of an account with this health payload: points in tenths that add up."""
    before = _standing(payload)
    after = _standing(scorer.score(plan.after, top=0)[0])  # the very rows, by the scorer that serves
    reached = BANDS.index(after["band"]) >= BANDS.index(plan.target)
    status = "reachable" if reached else "not_reachable"
    tenths = round(after["health"] * 10) - round(before["health"] * 10)
    values = np.array([[step.points * 10 for step in plan.steps]])
    shown = apportion(values, np.array([tenths]))[0].tolist() if plan.steps else []
    interval = [round(end, 1) + 0.0 for end in plan.interval]
    cost = round(plan.cost, 2)
    return {
        "status": status,
        "before": before,
        "after": after,
        "points": tenths / 10,
        "interval": interval,
        "cost": cost,
        "steps": [_step(step, points / 10, catalog) for step, points in zip(plan.steps, shown, strict=True)],
        "levers": plan.levers,
        "moves_from": source,
        "assumed": assumptions(plan, source, scorer.model["kind"]),
        "text": headline(status, plan.target, before, after, interval, cost),
    }


def _head(account: ScoredAccount, snapshot: Snapshot, target: Target) -> dict[str, Any]:
    return {
        "account_id": account.payload["account_id"],
        "as_of": snapshot.as_of,
        "target": target,
        "days": DAYS,
        "model": snapshot.model,
        "snapshot": snapshot.as_dict(),
    }


def _standing(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: payload[name] for name in ("health", "band", "interval")}


def _step(step: Step, points: float, catalog: dict[str, Feature]) -> dict[str, Any]:
    feature = catalog[step.feature]
    first, *others = step.moved.items()
    return {
        **_move(first, catalog),
        "family": feature.family,
        "pillar": feature.pillar,
        "points": points,
        "interval": [round(end, 1) + 0.0 for end in step.interval],
        "cost": round(step.cost, 2),
        "with": [_move(other, catalog) for other in others],
        "text": step_text(catalog, step.moved),
    }


def _move(moved: tuple[str, tuple[float, float]], catalog: dict[str, Feature]) -> dict[str, Any]:
    name, (old, new) = moved
    title = catalog[name].title.model_dump()
    return {"feature": name, "title": title, "from": None if np.isnan(old) else round(old, 4), "to": new}

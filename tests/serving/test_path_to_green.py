"""A plan is carried out by the scorer that serves it: by the model and by the rule.

Of the book every EVERY-th account is asked; `make path-test` asks them all.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import Windows
from serving.api.problems import Problem
from serving.batch.publishing import score_and_publish
from serving.history.store import ScoreStore
from serving.path_to_green.answer import path_to_green_of
from serving.path_to_green.levers import Known, levers_of
from serving.path_to_green.likely_moves import known_of
from serving.path_to_green.payloads import PathToGreenResponse
from serving.path_to_green.plan import path_to
from serving.path_to_green.plan_words import in_words
from serving.path_to_green.standing import Planner, Target
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import RuleScorer
from tests.serving.changing_accounts import RULE, features, published
from tests.serving.test_scoring import random_rows
from tests.serving.trained_workspace import NOW, PARAMS, TrainedWorkspace, workspace
from training.plausible_moves import PlausibleMoves
from training.typical_values import TypicalValues

__all__ = ["workspace"]
CATALOG = load_catalog(Windows())
DIRECTION = {feature.name: feature.direction for feature in CATALOG}
IMMUTABLE = [feature.name for feature in CATALOG if not feature.actionable]
EVERY = int(os.environ.get("VITALS_EVERY_ACCOUNT", "3"))
RANK = {"red": 0, "yellow": 1, "green": 2}
FEW = settings(deadline=None, max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True, eq=False, repr=False)
class Asked:
    """A published book, the scorer it was published with, and the rows it was scored from."""

    store: ScoreStore
    scorer: Planner
    rows: pd.DataFrame
    bands: dict[str, str]

    def unhealthy(self) -> list[str]:
        """Every EVERY-th that is not green; those in red first, so that some of them are always asked."""
        found = sorted((name for name, band in self.bands.items() if band != "green"), key=self._red_first)
        return found[::EVERY]

    def _red_first(self, name: str) -> tuple[int, str]:
        return RANK[self.bands[name]], name

    def answer(self, account: str, target: Target = "green") -> dict[str, Any]:
        return path_to_green_of(self.store, self.scorer, account, None, target)

    def row(self, account: str) -> pd.DataFrame:
        return self.rows[self.rows["account_id"] == account].reset_index(drop=True)


@pytest.fixture(scope="module", params=["learned", pytest.param("rule", marks=pytest.mark.long)])
def asked(
    request: pytest.FixtureRequest, workspace: TrainedWorkspace, tmp_path_factory: Any
) -> Iterator[Asked]:
    registry, url = Path(workspace.registry), workspace.store
    if request.param == "rule":
        registry = tmp_path_factory.mktemp("none")
        url = f"sqlite:///{registry / 'vitals.db'}"
        for date in ("2026-09-01", None):  # two dates, 61 days apart: how far accounts move is known
            score_and_publish(
                Path(workspace.book), date, PARAMS, (), registry, url, None, NOW, lambda _: None
            )
    store = ScoreStore(url)
    snapshot = store.newest_snapshot()
    assert snapshot is not None
    inputs, accounts = store.inputs_of(snapshot), store.all_scores_of(snapshot)
    assert inputs is not None
    segments = {one.payload["account_id"]: one.details["segment"] for one in accounts}
    rows = inputs.rows.assign(segment=inputs.rows["account_id"].map(segments).astype("object"))
    bands = {one.payload["account_id"]: one.payload["band"] for one in accounts}
    yield Asked(store, load_scorer(registry, PARAMS), rows, bands)
    store.close()


def carried_out(row: pd.DataFrame, steps: list[dict[str, Any]]) -> pd.DataFrame:
    """The row with the very values that the answer names."""
    done = row.copy()
    for step in steps:
        for move in (step, *step["with"]):
            done[move["feature"]] = float(move["to"])
    return done


def check_moves(before: pd.Series, after: pd.Series, typical: dict[str, float]) -> None:
    """Nothing immutable moved, and nothing against its direction."""
    for name, direction in DIRECTION.items():
        old, new = float(before[name]), float(after[name])
        if old == new or (np.isnan(old) and np.isnan(new)):
            continue
        assert name not in IMMUTABLE, name
        assert not np.isnan(new), name
        if np.isnan(old) or name == "nps_answers_365d":
            continue
        if direction == "not_monotone":
            assert abs(new - typical[name]) <= abs(old - typical[name]) + 1e-3, name
        else:
            assert (new > old) == (direction == "better"), name


def check_one_account(before: pd.Series, after: pd.Series) -> None:
    """What is one fact in an account is one in the plan's account, wherever it was before."""
    users, days, last = (after[n] for n in ("active_users_30d", "active_days_30d", "days_since_last_use"))
    if users > 0 and before["active_users_30d"] >= 0:
        assert not days < 1 or days == before["active_days_30d"]
        assert not last > 30 or last == before["days_since_last_use"]
    if users == 0:
        for name in ("seat_utilisation_30d", "modules_used_share_30d", "active_days_30d"):
            assert not after[name] > before[name], name
    if after["open_tickets"] != before["open_tickets"]:
        assert after["open_critical_tickets"] <= after["open_tickets"]
    if after["overdue_days_longest"] == 0 < before["overdue_days_longest"]:
        assert not after["overdue_invoices"] > 0
    if after["seat_utilisation_30d"] > before["seat_utilisation_30d"] > 0:
        seats = before["active_users_30d"] / before["seat_utilisation_30d"]
        assert users == round(users)
        assert after["seat_utilisation_30d"] * seats == pytest.approx(users, abs=1e-4 * seats)
    for change, level in (("sticky_feature_user_share", "30d"), ("modules_used_share", "30d")):
        moved = after[f"{change}_{level}"] - before[f"{change}_{level}"]
        followed = after[f"{change}_change_{level}"] - before[f"{change}_change_{level}"]
        assert not followed > max(moved, 0) + 2e-4, change
    roles = ["decision_maker", "manager", "user", "it_manager", "finance"]
    weights = np.array([0.5, 0.2, 0.1, 0.1, 0.1])
    nps = after[[f"nps_{role}_365d" for role in roles]].to_numpy(float)
    if after["nps_account_365d"] != before["nps_account_365d"] and not np.isnan(nps).all():
        heard = ~np.isnan(nps)
        mean = (weights[heard] * nps[heard]).sum() / weights[heard].sum()
        assert after["nps_account_365d"] == pytest.approx(mean, abs=1e-3)
    if after["nps_decision_maker_365d"] > before["nps_decision_maker_365d"]:
        assert not after["decision_maker_detractors_365d"] > 0


def test_every_plan_does_what_it_says_by_the_scorer_that_serves(asked: Asked) -> None:
    reached = refused = 0
    moves = _moves(asked)
    for account in asked.unhealthy():
        for target in ("green", "yellow") if asked.bands[account] == "red" else ("green",):
            answer = asked.answer(account, target)  # type: ignore[arg-type]
            PathToGreenResponse.model_validate(answer)
            row = asked.row(account)
            done = carried_out(row, answer["steps"])
            [scored] = asked.scorer.score(done, top=0)
            assert (RANK[scored["band"]] >= RANK[target]) == (answer["status"] == "reachable")
            assert {k: scored[k] for k in answer["after"]} == answer["after"]
            assert answer["points"] == pytest.approx(scored["health"] - answer["before"]["health"], abs=1e-9)
            assert sum(round(step["points"] * 10) for step in answer["steps"]) == round(answer["points"] * 10)
            check_moves(row.iloc[0], done.iloc[0], {n: _limit(asked, moves, n, row) for n in DIRECTION})
            check_one_account(row.iloc[0], done.iloc[0])
            reached += answer["status"] == "reachable"
            refused += answer["status"] == "not_reachable"
    assert reached > 0
    assert reached + refused > 0


def _moves(asked: Asked) -> PlausibleMoves:
    if isinstance(asked.scorer, LearnedScorer):
        return PlausibleMoves.from_facts(asked.scorer.health_model.facts["plausible_moves"])
    snapshot = asked.store.newest_snapshot()
    assert snapshot is not None
    known, source = known_of(asked.scorer, asked.store, snapshot, None)
    assert source == "history"
    return known.moves


def _limit(asked: Asked, moves: PlausibleMoves, name: str, row: pd.DataFrame) -> float:
    found = moves.limit(name, row["segment"].iloc[0])
    return float("nan") if found is None else found


def test_no_feature_moves_farther_than_one_in_ten_accounts_like_it_did(asked: Asked) -> None:
    moves = _moves(asked)
    for account in asked.unhealthy()[:8]:
        row = asked.row(account)
        for step in asked.answer(account)["steps"]:
            if step["from"] is None:
                continue
            name, value = step["feature"], float(row[step["feature"]].iloc[0])
            limit = _limit(asked, moves, name, row)
            assert min(value, limit) - 1e-3 <= step["to"] <= max(value, limit) + 1e-3
            if (
                moves.moves is not None and name != "response_rate_365d"
            ):  # a decision maker's answer adds to it
                assert abs(step["to"] - value) <= max(moves.moves[name]["by"]) + 1e-3


def test_an_account_that_is_in_the_band_says_so(asked: Asked) -> None:
    account = next(name for name, band in asked.bands.items() if band == "green")
    answer = asked.answer(account)
    PathToGreenResponse.model_validate(answer)
    assert (answer["status"], answer["steps"], answer["points"]) == ("already", [], 0.0)
    assert "already green" in answer["text"]["en"]
    assert "已处于绿色" in answer["text"]["zh"]


def test_every_plan_is_told_in_two_languages(asked: Asked) -> None:
    for account in asked.unhealthy()[:4]:
        answer = asked.answer(account)
        for language in ("en", "zh"):
            said = in_words(answer, language)  # type: ignore[arg-type]
            assert said.startswith(account)
            assert len(said.splitlines()) == 1 + len(answer["steps"]) + len(answer["assumed"])
            assert not set("{}") & set(said)
            assert "nan" not in said.replace("finance", "").replace("Finance", "")


def test_the_same_question_has_the_same_answer(asked: Asked) -> None:
    account = asked.unhealthy()[0]
    assert asked.answer(account) == asked.answer(account)


@FEW
@given(st.integers(0, 2**32 - 1), st.sampled_from(["green", "yellow"]))
def test_whatever_the_row_nothing_immutable_moves_and_a_plan_that_reaches_does(
    asked: Asked, seed: int, target: Target
) -> None:
    moves = _moves(asked)
    facts = TypicalValues(dict.fromkeys(DIRECTION, 0.5))
    row = random_rows(seed, 1)
    segment = row["segment"].iloc[0]
    plan = path_to(asked.scorer, row, CATALOG, Known(moves, facts, segment), target)
    [scored] = asked.scorer.score(plan.after, top=0)
    assert (RANK[scored["band"]] >= RANK[target]) == plan.reached
    limits = {name: _limit(asked, moves, name, row) for name in DIRECTION}
    check_moves(row.iloc[0], plan.after.iloc[0], limits)


def test_where_nobody_knows_how_accounts_move_half_of_the_way_is_assumed_and_said(tmp_path: Path) -> None:
    store = ScoreStore(f"sqlite:///{tmp_path / 'vitals.db'}")
    store.prepare()
    rows = features(tuple(f"A-{n}" for n in range(12)))
    rows["seat_utilisation_30d"] = np.array([0.1] + [0.9] * 11)
    published(store, rows, "2026-10-31")
    answer = path_to_green_of(store, RuleScorer(RULE, Windows()), "A-0", None)
    assert answer["moves_from"] == "assumed"
    assert any("is not known here" in said["en"] for said in answer["assumed"])
    [seats] = [step for step in answer["steps"] if step["feature"] == "seat_utilisation_30d"]
    assert (seats["from"], seats["to"]) == (0.1, 0.5)  # half of the way to 0.9
    store.close()


def test_a_snapshot_by_another_model_or_rule_is_refused(asked: Asked) -> None:
    account, scorer = asked.unhealthy()[0], asked.scorer
    limits = scorer.rule.bands.model_copy(update={"green": 80.0})
    other: Any = replace(scorer, rule=scorer.rule.model_copy(update={"bands": limits}))
    others = [other]
    if isinstance(scorer, LearnedScorer):
        pooled = scorer.health_model.pooled
        shifted = replace(pooled, line=replace(pooled.line, intercept=pooled.line.intercept + 0.5))
        others += [
            replace(scorer, version="999"),
            replace(scorer, health_model=replace(scorer.health_model, pooled=shifted)),
        ]
    for loaded in others:
        with pytest.raises(Problem) as refused:
            path_to_green_of(asked.store, loaded, account, None)
        assert refused.value.kind.status == 409
        assert "vitals score BOOK --as-of 2026-11-01" in refused.value.faults[0].next


def test_steps_of_one_lever_lead_farther_and_cost_more(asked: Asked) -> None:
    row = asked.row(asked.unhealthy()[0])
    own = {name: float(row[name].iloc[0]) for name in DIRECTION}
    usual = TypicalValues(dict.fromkeys(DIRECTION, 0.5))
    for lever in levers_of(own, CATALOG, Windows(), Known(_moves(asked), usual, None)):
        assert lever.feature not in IMMUTABLE
        for (a, b), (x, y) in zip(
            itertools.pairwise(lever.values), itertools.pairwise(lever.costs), strict=True
        ):
            assert x < y
            assert abs(b - own[lever.feature]) > abs(a - own[lever.feature])

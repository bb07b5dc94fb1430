"""The audit of drawn worlds: a model that tells the truth passes, and a turned one does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.faults import WrongUse
from training.all_params import AllParams
from training.audit.told_and_true import ToldAndTrue
from training.audit.verdicts import judged
from training.audit.worlds import BARS, KINDS, AuditedWorld, audit_worlds, check_worlds
from training.simulation.tabular_features import MEASURES


def light(params: AllParams) -> AllParams:
    learner = params.training.learner.model_copy(update={"rounds": 20, "bags": 1, "folds": 2, "leaves": (4,)})
    return replace(params, training=params.training.model_copy(update={"learner": learner}))


@pytest.fixture(scope="module")
def params() -> AllParams:
    return light(AllParams.read(Path(__file__).parents[3] / "params.yaml"))


def test_worlds_count_through_the_kinds_and_then_the_seeds() -> None:
    worlds = [AuditedWorld.numbered(n, 0.12, 0.8).world for n in range(2 * len(KINDS))]
    assert [world.kind for world in worlds] == [*KINDS, *KINDS]
    assert len({world.seed for world in worlds}) == 2


def test_the_noise_is_independent_of_every_measure_and_of_churn() -> None:
    world = AuditedWorld.numbered(0, 0.12, 0.8)
    sample = world.world.tested_on(4_000)
    rows = world._with_noise(sample.rows, "test").assign(truth=sample.truth)
    names = [feature.name for feature in world.catalog[MEASURES:]]
    others = rows.drop(columns=["account_id", "as_of", "segment", *names])
    assert len(names) == 4
    for name in names:
        assert others.corrwith(rows[name]).abs().max() < 0.07
    assert not set(names) & {m.feature for p in world.world.rule.measures.values() for m in p}


def test_a_learner_of_small_worlds_is_audited_the_same_way_twice(params: AllParams) -> None:
    told: list[str] = []
    first, again = (audit_worlds(1, 100, 0.2, params, told.append) for _ in range(2))
    assert first == again
    assert set(first.figures) == {0.0, 0.8}
    assert told[0] == "independent measures: world 1 of 1"
    document = first.as_dict()
    assert document["seeds"] == "101 to 101"
    whole = {one.name: one.value for one in first.figures[0.8]}
    assert first.by_kind[0.8] == {"linear": pytest.approx(whole)}  # there is but one world
    assert {one["name"] for one in document["correlation"]["0.8"]} >= {"sign", "noise"}
    assert "every two measures correlated at 0.8" in first.as_text()


def test_the_model_is_explained_by_its_own_shares(params: AllParams) -> None:
    world = AuditedWorld.numbered(4, 0.2, 0.0)
    model = world.learned(150, params)
    found = world.told_and_true(model, 7, params)
    rows = world._with_noise(world.world.tested_on(2_000).rows, "test")
    z = model.log_odds(rows[list(model.features)].to_numpy(float))
    assert found.told.sum(axis=1) + model.base_log_odds == pytest.approx(z, abs=1e-9)
    assert found.true.sum(axis=1) == pytest.approx(world.world.tested_shares(2_000).sum(axis=1), abs=1e-9)
    assert set(found.group) == {7}
    assert found.noise_on_top.shape == (2_000, 4)


def test_the_truth_meets_every_bar_and_its_opposite_none_of_the_signs(params: AllParams) -> None:
    world = AuditedWorld.numbered(1, 0.2, 0.0)
    found = world.told_and_true(world.learned(150, params), 0, params)
    fair = ToldAndTrue(found.group, found.true, found.true, found.red, np.zeros_like(found.noise_on_top))
    turned = ToldAndTrue(found.group, -found.true, found.true, found.red, ~fair.noise_on_top)
    rows = np.arange(len(found.told))
    assert all(one.met for one in judged(fair.figures(), rows, BARS[0.0]) if one.bar)
    assert not any(one.met for one in judged(turned.figures(), rows, BARS[0.0]) if one.bar)


def test_a_book_or_a_date_beside_worlds_is_refused_both_at_once() -> None:
    with pytest.raises(WrongUse) as caught:
        check_worlds(Path("data/book"), "2026-11-01")
    assert [fault.field for fault in caught.value.faults] == ["BOOK", "--as-of"]
    check_worlds(None, None)

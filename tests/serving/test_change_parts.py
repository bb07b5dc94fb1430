"""Whatever two snapshots hold, the parts of a change sum to it exactly, and each cause has its own part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import BandLimits, PillarWeights, RuleParams, Windows
from features.params_file import read_section
from serving.changes.change_parts import PARTS, SPLIT, Moves, Parts, parts_of
from serving.changes.scoring_ways import ModelWay, RuleWay, Way, way_of
from serving.scores.champion import find_version
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace

__all__ = ["workspace"]

CATALOG = load_catalog(Windows())
NAMES = tuple(feature.name for feature in CATALOG)
RULE = read_section(PARAMS, "rule", RuleParams)
OTHER_WEIGHTS = RULE.model_copy(
    update={"weights": PillarWeights(usage=55, voice=15, commercial=15, service=15)}
)
SEGMENTS = ("enterprise", "smb", None)


@pytest.fixture(scope="module")
def ways(workspace: TrainedWorkspace) -> dict[str, Way]:
    """The rule, the rule with other weights, the champion, and a version that judges otherwise."""
    champion = way_of({"kind": "learned", "version": "1"}, RULE, Path(workspace.registry))
    assert isinstance(champion, ModelWay)
    pooled = champion.model.pooled
    steeper = replace(pooled, line=replace(pooled.line, slope=pooled.line.slope * 2.5))
    second = ModelWay(replace(champion.model, pooled=steeper), "2", RULE.bands)
    return {"rule": RuleWay(RULE), "other rule": RuleWay(OTHER_WEIGHTS), "first": champion, "second": second}


def rows(seed: int, n: int = 4, missing: float = 0.2) -> np.ndarray:
    """n accounts with features anywhere in their ranges, some of them missing."""
    rng = np.random.default_rng(seed)
    low = [-3.0 if f.range[0] is None else f.range[0] for f in CATALOG]
    high = [120.0 if f.range[1] is None else f.range[1] for f in CATALOG]
    found = rng.uniform(low, high, size=(n, len(NAMES)))
    return np.asarray(np.where(rng.random(found.shape) < missing, np.nan, found))


def moves(way: Way, last_way: Way, configured: Way | None = None, seed: int = 1, **given: Any) -> Moves:
    first, last = rows(seed), rows(seed + 1)
    segments = [SEGMENTS[(seed + i) % 3] for i in range(len(first))]
    made = {
        "first": first,
        "decayed": first,
        "known": last,
        "last": last,
        "segments": segments,
        "last_segments": segments,
    }
    return Moves(way, configured or way, last_way, NAMES, NAMES, **{**made, **given})


def assert_all_of_it_is(found: Parts, part: str) -> None:
    """The whole change is in this part, to the bit, and there is one."""
    change = found.health[:, -1] - found.health[:, 0]
    assert np.abs(change).max() > 0.1
    assert (found.parts[:, PARTS.index(part)] == change).all()
    others = [place for place, name in enumerate(PARTS) if name != part]
    assert (found.parts[:, others] == 0).all()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    names=st.tuples(*[st.sampled_from(["rule", "other rule", "first", "second"])] * 2),
)
def test_the_parts_sum_to_the_change_between_any_two_ways(
    ways: dict[str, Way], seed: int, names: tuple[str, str]
) -> None:
    first, last = rows(seed), rows(seed + 1)
    aged, known = rows(seed + 2), np.where(rows(seed + 3, missing=0.5) > 0, rows(seed + 4), last)
    way, last_way = (ways[name] for name in names)
    where = [SEGMENTS[(seed + i) % 3] for i in range(8)]
    given = {"first": first, "decayed": aged, "known": known, "last": last}
    found = parts_of(
        moves(
            way,
            last_way,
            last_way if isinstance(last_way, RuleWay) else way,
            segments=where[:4],
            last_segments=where[4:],
            **given,
        )
    )
    exact = [way.measured(first, NAMES, where[:4]).health, last_way.measured(last, NAMES, where[4:]).health]
    assert (found.health[:, 0] == exact[0]).all()
    assert (found.health[:, -1] == exact[1]).all()
    assert np.abs(found.parts.sum(axis=1) - (exact[1] - exact[0])).max() < 1e-9
    whole = found.points.sum(axis=2) + found.others
    assert np.abs(whole - found.parts.T[:3]).max() < 1e-9


@pytest.mark.parametrize("name", ["rule", "first"])
def test_a_feature_that_did_not_move_has_no_points(ways: dict[str, Way], name: str) -> None:
    first = rows(5, missing=0.0)
    last = first.copy()
    last[:, 7] = rows(6, missing=0.0)[:, 7]
    found = parts_of(moves(ways[name], ways[name], first=first, decayed=first, known=last, last=last))
    touched = np.flatnonzero(found.points.any(axis=(0, 1)))
    assert set(touched.tolist()) <= {7}


def test_other_weights_of_the_rule_alone_are_configuration(ways: dict[str, Way]) -> None:
    same = rows(2)
    other = ways["other rule"]
    given = {"first": same, "decayed": same, "known": same, "last": same}
    assert_all_of_it_is(parts_of(moves(ways["rule"], other, other, **given)), "configuration")


def test_another_segment_alone_is_configuration(ways: dict[str, Way]) -> None:
    same = rows(2)
    given = {"first": same, "decayed": same, "known": same, "last": same}
    there = {"segments": ["smb"] * 4, "last_segments": ["enterprise"] * 4}
    assert_all_of_it_is(parts_of(moves(ways["rule"], ways["rule"], **given, **there)), "configuration")


@pytest.mark.parametrize(("first", "last"), [("first", "second"), ("rule", "first"), ("first", "rule")])
def test_another_model_alone_is_the_models(ways: dict[str, Way], first: str, last: str) -> None:
    same = rows(2)
    given = {"first": same, "decayed": same, "known": same, "last": same}
    assert_all_of_it_is(parts_of(moves(ways[first], ways[last], **given)), "model")


@pytest.mark.parametrize("name", ["rule", "first"])
def test_time_alone_is_decay(ways: dict[str, Way], name: str) -> None:
    first, aged = rows(3, missing=0.0), rows(4, missing=0.0)
    given = {"first": first, "decayed": aged, "known": aged, "last": aged}
    assert_all_of_it_is(parts_of(moves(ways[name], ways[name], **given)), "decay")


@pytest.mark.parametrize("name", ["rule", "first"])
@pytest.mark.parametrize("back", [False, True])
def test_a_source_that_goes_missing_or_comes_back_is_missing_evidence(
    ways: dict[str, Way], name: str, back: bool
) -> None:
    first = rows(3, missing=0.0)
    last = first.copy()
    last[:, [i for i, feature in enumerate(CATALOG) if feature.pillar == "usage"]] = np.nan
    first, last = (last, first) if back else (first, last)
    given = {"first": first, "decayed": first, "known": last, "last": last}
    assert_all_of_it_is(parts_of(moves(ways[name], ways[name], **given)), "missing_evidence")


def test_new_facts_alone_are_behaviour_even_where_the_old_ones_would_have_run_out(
    ways: dict[str, Way],
) -> None:
    first, last = rows(3, missing=0.0), rows(4, missing=0.0)
    gone = np.full_like(first, np.nan)
    found = parts_of(moves(ways["first"], ways["first"], first=first, decayed=gone, known=last, last=last))
    assert_all_of_it_is(found, "behaviour")


def test_the_text_signal_of_another_version_is_the_models(ways: dict[str, Way]) -> None:
    signal = NAMES.index("learned_text_signal_180d")
    first = rows(3, missing=0.0)
    last = first.copy()
    last[:, signal] += 4
    given = {"first": first, "decayed": first, "known": first, "last": last}
    learned = frozenset({NAMES[signal]})
    assert_all_of_it_is(parts_of(moves(ways["first"], ways["second"], learned=learned, **given)), "model")


def test_under_windows_of_other_names_the_configuration_is_told_within_the_model(
    ways: dict[str, Way],
) -> None:
    same = rows(2)
    renamed = tuple(name.replace("_30d", "_28d") for name in NAMES)
    made = moves(ways["first"], ways["rule"], first=same, decayed=same, known=same, last=same)
    found = parts_of(replace(made, last_names=renamed))
    assert not found.configuration_apart
    assert (found.parts[:, PARTS.index("configuration")] == 0).all()
    assert np.abs(found.parts[:, PARTS.index("model")]).max() > 0.1


def test_the_part_in_which_the_band_changes_is_told(ways: dict[str, Way]) -> None:
    same = rows(2, missing=0.0)
    champion = ways["first"]
    assert isinstance(champion, ModelWay)
    strict = replace(champion, limits=BandLimits(green=99.99, yellow=99.98))
    given = {"first": same, "decayed": same, "known": same, "last": same}
    found = parts_of(moves(champion, strict, strict, **given))
    place = len(SPLIT)
    assert any(bands[place] != bands[place + 1] for bands in found.bands)
    assert all(len({*bands[: place + 1]}) == 1 for bands in found.bands)
    assert (found.parts == 0).all()


def test_a_version_whose_bundle_is_gone_or_that_never_was_has_no_way(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    registry = workspace.copied_registry(tmp_path)
    assert way_of({"kind": "learned", "version": "7"}, RULE, registry) is None
    assert way_of({"kind": "learned", "version": "1; --"}, RULE, registry) is None
    assert way_of({"kind": "learned", "version": "1"}, RULE, tmp_path / "nowhere") is None
    version = find_version(registry, "1")
    assert version is not None
    (version.bundle / "pool.json").unlink()
    assert way_of({"kind": "learned", "version": "1"}, RULE, registry) is None

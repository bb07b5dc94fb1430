"""The columns of the linear member: the rule once more, to the last digit, and values on even scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from features.catalog import load_catalog
from features.params import RuleParams, Windows
from features.params_file import read_section
from features.rule_score import rule_score
from training.linear_terms import KNOTS, RuleColumns, ValueColumns

RULE = read_section(Path(__file__).parents[2] / "params.yaml", "rule", RuleParams)
STAGED = RuleParams.model_validate(
    RULE.model_dump()
    | {
        "stage_profiles": {
            "onboarding": {"usage": 55, "voice": 15, "commercial": 10, "service": 20},
            "renewal": {"usage": 10, "voice": 25, "commercial": 55, "service": 10},
        }
    }
)
CATALOG = load_catalog(Windows())
NAMES = tuple(feature.name for feature in CATALOG)
SEGMENTS = ("enterprise", "smb", "", None, np.nan)


def random_rows(seed: int, n: int = 400) -> pd.DataFrame:
    """Values within each feature's range and beyond it, many missing."""
    draws = np.random.default_rng(seed)
    low = np.array([f.range[0] if f.range[0] is not None else -5.0 for f in CATALOG])
    high = np.array([f.range[1] if f.range[1] is not None else 200.0 for f in CATALOG])
    X = draws.uniform(low - 0.1, high + 0.1, (n, len(CATALOG)))
    rows = pd.DataFrame(np.where(draws.random(X.shape) < 0.2, np.nan, X), columns=list(NAMES))
    return rows.assign(segment=np.resize(np.array(SEGMENTS, dtype=object), n))


@pytest.mark.parametrize("rule", [RULE, STAGED], ids=["shipped", "with stages"])
@pytest.mark.parametrize("seed", range(5))
def test_the_rules_columns_are_the_rule(seed: int, rule: RuleParams) -> None:
    rows = random_rows(seed)
    X, segment = rows[list(NAMES)].to_numpy(float), rows["segment"].tolist()
    columns, score = RuleColumns(NAMES, rule).columns(X, segment)
    wanted = rule_score(rows, rule, rows["segment"])
    assert np.abs(columns[:, :-1] - wanted.points.to_numpy(float)).max() < 1e-12
    assert np.abs(columns[:, -1] - (wanted.score - wanted.uncapped)).max() < 1e-12
    assert np.abs(score - wanted.score).max() < 1e-12


def test_the_cap_belongs_to_the_exception_whose_cap_is_lowest() -> None:
    rows = random_rows(7)
    columns = RuleColumns(NAMES, RULE)
    X = rows[list(NAMES)].to_numpy(float)
    named = rule_score(rows, RULE, rows["segment"]).capped_by
    feature_of = {exception.reason: exception.feature for exception in RULE.exceptions}
    capped = (named != "").to_numpy()
    assert capped.any()
    found = [NAMES[place] for place in columns.cap_feature(X)[capped]]
    assert found == [feature_of[reason] for reason in named[capped]]


def test_without_a_segment_the_default_weights_hold() -> None:
    rows = random_rows(3)
    X = rows[list(NAMES)].to_numpy(float)
    _, score = RuleColumns(NAMES, RULE).columns(X, None)
    assert np.abs(score - rule_score(rows, RULE).score).max() < 1e-12


def test_a_skewed_value_becomes_its_normal_score() -> None:
    numbers = np.random.default_rng(1).normal(size=(20_000, 1))
    columns = ValueColumns.of(np.exp(numbers))
    inside = np.abs(numbers[:, 0]) < 2
    found = columns.columns(np.exp(numbers))[:, 0] * columns.scale[0] + columns.centre[0]
    assert np.abs(found - numbers[:, 0])[inside].max() < 0.15


def test_no_value_lies_far_out_whatever_it_is() -> None:
    columns = ValueColumns.of(np.arange(1000.0)[:, None])
    far = columns.columns(np.array([[1e300], [np.inf], [-np.inf], [-1e300]]))[:, 0]
    assert far[0] == far[1] == pytest.approx(-far[2], abs=1e-9)
    assert far[2] == far[3]
    assert far[0] * columns.scale[0] == pytest.approx(ndtri(0.995), abs=0.01)


def test_a_missing_value_stands_at_the_typical_one_and_raises_its_flag() -> None:
    columns = ValueColumns.of(np.array([[1.0], [2.0], [9.0], [np.nan]]))
    value, *_, flag = columns.columns(np.array([[np.nan], [2.0]])).T
    assert value[0] == value[1]
    assert flag[0] > 0 > flag[1]


def test_what_never_changed_and_what_was_never_seen_have_no_column() -> None:
    columns = ValueColumns.of(np.array([[3.0, np.nan, 0.0], [3.0, np.nan, 1.0]]))
    assert columns.value_of.tolist() == [2]
    assert columns.flag_of.tolist() == []
    assert columns.knots.shape == (3, KNOTS)
    assert np.isfinite(columns.columns(np.array([[np.nan, 5.0, np.nan]]))).all()


def test_without_rows_there_are_no_columns() -> None:
    assert ValueColumns.of(np.empty((0, 4))).columns(np.ones((2, 4))).shape == (2, 0)

"""The promise of the shipped rule, whatever the account: missing evidence never flatters (H2)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.params import RuleParams
from features.params_file import DEFAULT_PARAMS, read_section
from features.rule_score import measures, rule_score

SHIPPED = read_section(Path(__file__).resolve().parents[2] / DEFAULT_PARAMS, "rule", RuleParams)
STAGED = RuleParams.model_validate(
    SHIPPED.model_dump()
    | {
        "stage_profiles": {
            "onboarding": {"usage": 55, "voice": 15, "commercial": 10, "service": 20},
            "renewal": {"usage": 10, "voice": 25, "commercial": 55, "service": 10},
        }
    }
)
RULES = st.sampled_from([SHIPPED, STAGED])
SEGMENTS = [*SHIPPED.profiles, "startup", "", None]
NUMBERS = ("score", "uncapped", "lowest", "highest", "coverage")


def value_of(curve: tuple[tuple[float, float], ...]) -> st.SearchStrategy[float]:
    """Values on the curve, beside it, and at its best, so that green accounts are common."""
    best = max(curve, key=lambda point: point[1])[0]
    return st.one_of(st.just(best), st.just(best), st.floats(curve[0][0] - 1, curve[-1][0] + 1))


FACTS = {m.feature: value_of(m.curve) for m in measures(SHIPPED)}
FACTS |= {
    e.feature: st.sampled_from([0.0, 0.0, 1.0, 90.0]) for e in SHIPPED.exceptions if e.feature not in FACTS
}
FACTS |= {
    "tenure_days": st.sampled_from([1.0, 179.0, 180.0, 900.0]),
    "days_to_renewal": st.sampled_from([0.0, 90.0, 91.0, 300.0]),
}
ACCOUNT = st.fixed_dictionaries(FACTS)
SOME_FIELDS = st.lists(st.sampled_from(sorted(FACTS)), unique=True, max_size=4)


def with_nulls(row: dict[str, float], fields: list[str]) -> pd.DataFrame:
    """The account with `fields` null, then the same with each of its other fields null as well."""
    bare = pd.Series(row, dtype="float64").mask(pd.Series({name: name in fields for name in row}))
    each = np.vstack([np.zeros(len(row), dtype=bool), np.eye(len(row), dtype=bool)])
    return pd.DataFrame([bare] * len(each)).reset_index(drop=True).mask(each)


@settings(max_examples=30, deadline=None)
@given(row=ACCOUNT, nulls=SOME_FIELDS, segment=st.sampled_from(SEGMENTS), rule=RULES)
def test_a_null_in_any_field_never_makes_green_and_never_raises_the_lowest(
    row: dict[str, float], nulls: list[str], segment: str | None, rule: RuleParams
) -> None:
    frame = with_nulls(row, nulls)
    named = rule_score(frame, rule, pd.Series([segment] * len(frame), dtype=object))
    unnamed = rule_score(frame, rule, pd.Series([None] * len(frame), dtype=object))
    for scores in (named, unnamed):
        assert (scores.lowest <= named.lowest[0]).all()
        if named.band[0] != "green":
            assert (scores.band != "green").all()


@settings(max_examples=30, deadline=None)
@given(row=ACCOUNT, nulls=SOME_FIELDS, segment=st.sampled_from(SEGMENTS), rule=RULES)
def test_the_score_lies_in_its_range_and_the_points_add_up_to_it(
    row: dict[str, float], nulls: list[str], segment: str | None, rule: RuleParams
) -> None:
    frame = with_nulls(row, nulls)
    scores = rule_score(frame, rule, pd.Series([segment] * len(frame), dtype=object))
    assert (scores.lowest >= 0).all()
    assert (scores.lowest <= scores.score).all()
    assert (scores.score <= scores.highest).all()
    assert (scores.highest <= 100).all()
    np.testing.assert_allclose(scores.points.sum(axis=1), scores.uncapped, rtol=0, atol=1e-10)
    capped = scores.score < scores.uncapped
    assert (scores.capped_by[capped] != "").all()
    assert (scores.capped_by[~capped] == "").all()


@settings(max_examples=10, deadline=None)
@given(rows=st.lists(ACCOUNT, min_size=2, max_size=12), segment=st.sampled_from(SEGMENTS), rule=RULES)
def test_an_account_has_the_same_bits_alone_and_in_company(
    rows: list[dict[str, float]], segment: str | None, rule: RuleParams
) -> None:
    frame = pd.DataFrame(rows)
    segments = pd.Series([segment, *["enterprise"] * (len(rows) - 1)], dtype=object)
    together, alone = (rule_score(frame[:n], rule, segments[:n]) for n in (len(rows), 1))
    for name in NUMBERS:
        assert getattr(together, name)[0] == getattr(alone, name)[0], name
    assert together.pillars.iloc[0].tolist() == alone.pillars.iloc[0].tolist()


def test_an_account_at_its_best_is_green_until_a_fact_that_may_cap_it_is_missing() -> None:
    best = {m.feature: max(m.curve, key=lambda point: point[1])[0] for m in measures(SHIPPED)}
    best |= {e.feature: 0.0 for e in SHIPPED.exceptions}
    frame = with_nulls(best, [])
    scores = rule_score(frame, SHIPPED, pd.Series(["startup"] * len(frame)))
    assert (scores.band[0], scores.score[0]) == ("green", pytest.approx(100))
    for place, name in enumerate(best, start=1):
        if name in {e.feature for e in SHIPPED.exceptions}:
            assert (scores.band[place], scores.lowest[place]) == ("yellow", 59.9)

"""How the rule counts; that missing evidence never flatters is in test_rule_promise.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import load_catalog
from features.faults import WrongUse
from features.params import BandLimits, RuleParams, Windows
from features.params_file import DEFAULT_PARAMS, read_section
from features.rule_score import check_rule, rule_band, rule_score

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = read_section(ROOT / DEFAULT_PARAMS, "rule", RuleParams)
KNOWN = {feature.name for feature in load_catalog(Windows())}
NUMBERS = ("score", "uncapped", "lowest", "highest", "coverage")


def rule(**changes: Any) -> RuleParams:
    """One measure a pillar, each worth its value: `use`, `say`, `pay`, `help`."""
    names = dict(zip(("usage", "voice", "commercial", "service"), ("use", "say", "pay", "help"), strict=True))
    straight = {
        pillar: [{"feature": name, "weight": 1, "curve": [[0, 0], [100, 100]]}]
        for pillar, name in names.items()
    }
    return RuleParams.model_validate({"measures": straight, **changes})


def accounts(**columns: list[float | None]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype="float64")


def test_pillars_weigh_thirty_twenty_five_twenty_five_and_twenty() -> None:
    rows = accounts(use=[100, 0, 0, 0], say=[0, 100, 0, 0], pay=[0, 0, 100, 0], help=[0, 0, 0, 100])
    scores = rule_score(rows, rule())
    assert scores.score.tolist() == [30, 25, 25, 20]
    assert scores.pillars.to_numpy().tolist() == (100 * np.eye(4)).tolist()
    assert scores.points.to_numpy().diagonal().tolist() == [30, 25, 25, 20]


def test_weights_within_a_pillar_are_shares_of_their_sum() -> None:
    two = [{"feature": name, "weight": w, "curve": [[0, 0], [1, 100]]} for name, w in (("a", 3), ("b", 1))]
    params = rule(measures={**rule().model_dump()["measures"], "usage": two})
    scores = rule_score(accounts(a=[1], b=[0], say=[0], pay=[0], help=[0]), params)
    assert scores.score[0] == pytest.approx(30 * 0.75)


def test_a_curve_is_straight_between_its_points_and_flat_outside() -> None:
    measure = {"feature": "use", "weight": 1, "curve": [[0, 20], [10, 60], [20, 40]]}
    params = rule(measures={**rule().model_dump()["measures"], "usage": [measure]})
    found = rule_score(accounts(use=[-5, 0, 5, 10, 15, 20, 99, np.inf]), params).pillars["usage"]
    assert found.tolist() == [20, 20, 40, 60, 50, 40, 40, 40]


def test_a_missing_measure_keeps_its_weight_and_opens_the_range() -> None:
    scores = rule_score(accounts(use=[100], say=[None], pay=[100], help=[100]), rule())
    assert [getattr(scores, name)[0] for name in NUMBERS] == [87.5, 87.5, 75, 100, 0.75]
    assert scores.band[0] == "yellow"


def test_an_absent_column_is_missing_for_everyone() -> None:
    scores = rule_score(accounts(use=[100, 0]), rule())
    assert scores.lowest.tolist() == [30, 0]
    assert scores.highest.tolist() == [100, 70]


def test_the_guess_for_a_missing_value_stays_within_the_curve() -> None:
    measure = {"feature": "use", "weight": 1, "curve": [[0, 80], [1, 100]], "when_missing": 50}
    params = rule(measures={**rule().model_dump()["measures"], "usage": [measure]})
    scores = rule_score(accounts(use=[None], say=[0], pay=[0], help=[0]), params)
    assert [scores.lowest[0], scores.score[0], scores.highest[0]] == [24, 24, 30]


@pytest.mark.parametrize(
    ("score", "lowest", "band"),
    [
        (85, 85, "green"),
        (100, 84.999999, "yellow"),
        (84.999999, 84.999999, "yellow"),
        (60, 0, "yellow"),
        (59.999999, 59.999999, "red"),
        (0, 0, "red"),
    ],
)
def test_bands_are_cut_on_the_unrounded_number(score: float, lowest: float, band: str) -> None:
    assert rule_band(pd.Series([score]), pd.Series([lowest]), BandLimits()).tolist() == [band]


def test_a_score_of_exactly_85_is_green() -> None:
    scores = rule_score(accounts(use=[50], say=[100], pay=[100], help=[100]), rule())
    assert (scores.score[0], scores.band[0]) == (85, "green")


EXCEPTIONS = [
    {"feature": "detractors", "at_least": 1, "cap": 59.9, "reason": "a detractor"},
    {"feature": "use", "at_most": 5, "cap": 30, "reason": "no use"},
]


def test_the_lowest_cap_that_applies_holds_and_names_its_reason() -> None:
    rows = accounts(
        use=[100, 100, 5, 5], say=[100] * 4, pay=[100] * 4, help=[100, 100, 100, 100], detractors=[0, 1, 0, 2]
    )
    scores = rule_score(rows, rule(exceptions=EXCEPTIONS))
    assert scores.score.tolist() == [100, 59.9, 30, 30]
    assert scores.highest.tolist() == [100, 59.9, 30, 30]
    assert scores.capped_by.tolist() == ["", "a detractor", "no use", "no use"]
    assert scores.uncapped.tolist() == [100, 100, 71.5, 71.5]
    assert scores.band.tolist() == ["green", "red", "red", "red"]


def test_an_exception_that_cannot_be_ruled_out_caps_the_lowest_only() -> None:
    rows = accounts(use=[100], say=[100], pay=[100], help=[100], detractors=[None])
    scores = rule_score(rows, rule(exceptions=EXCEPTIONS))
    assert (scores.lowest[0], scores.score[0], scores.band[0]) == (59.9, 100, "yellow")
    assert scores.capped_by[0] == ""


def test_a_cap_above_the_score_is_no_cap() -> None:
    rows = accounts(use=[0], say=[0], pay=[0], help=[100], detractors=[0])
    scores = rule_score(rows, rule(exceptions=EXCEPTIONS))
    assert (scores.score[0], scores.capped_by[0]) == (20, "")


BIG = {"usage": 0, "voice": 100, "commercial": 0, "service": 0}


def test_a_segment_has_its_profile_and_an_unknown_one_the_range_of_all() -> None:
    rows = accounts(use=[100] * 4, say=[0] * 4, pay=[100] * 4, help=[100] * 4)
    scores = rule_score(
        rows, rule(profiles={"big": BIG}), pd.Series(["big", "small", "", None], dtype=object)
    )
    assert scores.score.tolist() == [0, 75, 75, 75]
    assert scores.lowest.tolist() == [0, 75, 0, 0]
    assert scores.highest.tolist() == [0, 75, 75, 75]
    praised = rule_score(accounts(use=[0], say=[100], pay=[0], help=[0]), rule(profiles={"big": BIG}))
    assert (praised.lowest[0], praised.score[0], praised.highest[0]) == (25, 25, 100)


def test_a_stage_has_its_profile_before_the_segments_and_an_unknown_one_is_in_the_range() -> None:
    """Up to 90 days before the renewal, else before 180 days as a customer; only then a segment's."""
    late = {"usage": 100, "voice": 0, "commercial": 0, "service": 0}
    new = {"usage": 0, "voice": 0, "commercial": 100, "service": 0}
    staged = rule(profiles={"big": BIG}, stage_profiles={"renewal": late, "onboarding": new})
    facts = {"days_to_renewal": [90, 91, 91, 91, None, None], "tenure_days": [5, 179, 180, None, 180, 5]}
    rows = accounts(use=[80] * 6, say=[40] * 6, pay=[20] * 6, help=[0] * 6, **facts)
    scores = rule_score(rows, staged, pd.Series(["big"] * 6, dtype=object))
    assert scores.score.tolist() == [80, 20, 40, 40, 40, 20]
    assert scores.lowest.tolist() == [80, 20, 40, 20, 40, 20]
    assert scores.highest.tolist() == [80, 20, 40, 40, 80, 80]


def test_no_accounts_have_no_scores() -> None:
    scores = rule_score(accounts(use=[]), rule(), pd.Series([], dtype=object))
    assert len(scores.score) == len(scores.band) == len(scores.points) == 0


def test_the_shipped_rule_names_only_features_of_the_catalogue() -> None:
    check_rule(SHIPPED, KNOWN)


def test_every_unknown_feature_of_a_rule_is_named_with_the_nearest() -> None:
    unknown = [{"feature": "sets", "at_least": 1, "cap": 1, "reason": "r"}]
    with pytest.raises(WrongUse) as refused:
        check_rule(rule(exceptions=unknown), {"use", "say", "pay", "helps", "seats"})
    assert str(refused.value).splitlines() == [
        "the rule in params.yaml cannot be used",
        "  - rule: feature is 'help'; allowed: a feature of the catalogue. Next: did you mean 'helps'?",
        "  - rule: feature is 'sets'; allowed: a feature of the catalogue. Next: did you mean 'seats'?",
    ]

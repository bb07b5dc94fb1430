"""The sections `features:` and `rule:`: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.faults import WrongUse
from features.params import CheckParams, FeatureParams, RuleParams, Windows
from features.params_file import DEFAULT_PARAMS, parse_section, read_section

ROOT = Path(__file__).resolve().parents[2]
CURVE = [[0, 0], [1, 100]]


def a_rule(**changes: Any) -> dict[str, Any]:
    pillars = ("usage", "voice", "commercial", "service")
    measures = {p: [{"feature": f"of_{p}", "weight": 1, "curve": CURVE}] for p in pillars}
    return {"measures": {**measures, **changes.pop("measures", {})}, **changes}


def faults_of(section: str, values: dict[str, Any]) -> list[str]:
    kind = {"features": FeatureParams, "rule": RuleParams, "checks": CheckParams}[section]
    with pytest.raises(WrongUse) as refused:
        parse_section(section, kind, values)
    assert refused.value.exit_code == 2
    title, *faults = str(refused.value).splitlines()
    assert title == f"params.yaml, section {section!r}, cannot be used"
    return [fault.removeprefix("  - ") for fault in faults]


def test_the_shipped_file_is_read() -> None:
    path = ROOT / DEFAULT_PARAMS
    params = read_section(path, "features", FeatureParams)
    assert params.windows.labels() == {"month": "30d", "quarter": "90d", "half_year": "180d", "year": "365d"}
    assert params.answer_grace == 14
    assert read_section(path, "rule", RuleParams).profiles["enterprise"].voice == 30
    assert read_section(path, "checks", CheckParams).max_faulty_share == 0.05


def test_parameters_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FeatureParams().answer_grace = 3  # type: ignore[misc]


@pytest.mark.parametrize("length", ["365", 365, "52w", "4h", "1.5d", "-3d", "d", "", None, True])
def test_a_length_without_days_is_refused(length: object) -> None:
    assert faults_of("features", {"windows": {"year": length}}) == [
        f"features.windows.year is {length!r}; allowed: must be a whole number of days such as '365d'. "
        "Next: correct features.windows.year in params.yaml"
    ]


def test_a_text_cannot_lose_half_its_weight_in_no_time() -> None:
    assert faults_of("features", {"text_half_life": "0d"}) == [
        "features.text_half_life is '0d'; allowed: Input should be greater than or equal to 1. "
        "Next: correct features.text_half_life in params.yaml"
    ]


def test_every_fault_of_a_section_is_told_at_once() -> None:
    faults = faults_of("features", {"windows": {"mnth": "30d", "year": "365"}, "role_weights": {"user": 2}})
    assert [fault.split(" is ")[0] for fault in faults] == [
        "features.windows.year",
        "features.windows.mnth",
        "features.role_weights.user",
    ]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        (
            {"windos": {}},
            "features.windos is {}; allowed: a key of this section. Next: did you mean 'windows'?",
        ),
        (
            {"windows": {"mnth": "30d"}},
            "features.windows.mnth is '30d'; allowed: a key of this section. Next: did you mean 'month'?",
        ),
        (
            {"windows": {"month": "63d", "quarter": "200d"}},
            "features.windows.month is '63d'; allowed: Input should be less than or equal to 62. "
            "Next: correct features.windows.month in params.yaml",
        ),
        (
            {"windows": {"month": "0d"}},
            "features.windows.month is '0d'; allowed: Input should be greater than or equal to 1. "
            "Next: correct features.windows.month in params.yaml",
        ),
        (
            {"role_weights": {"user": 1.5}},
            "features.role_weights.user is 1.5; allowed: Input should be less than or equal to 1. "
            "Next: correct features.role_weights.user in params.yaml",
        ),
        (
            {"severity_weights": {"low": -1}},
            "features.severity_weights.low is -1; allowed: Input should be greater than or equal to 0. "
            "Next: correct features.severity_weights.low in params.yaml",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_would(values: dict[str, Any], fault: str) -> None:
    assert faults_of("features", values) == [fault]


def test_a_quarter_holds_the_month_and_the_month_before() -> None:
    assert Windows.model_validate({"month": "45d"}).quarter == 90
    (fault,) = faults_of("features", {"windows": {"month": "46d"}})
    assert "quarter must hold two months, at least '92d' for this month" in fault


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"weights": {"usage": 40, "voice": 25, "commercial": 25, "service": 20}},
            "the pillar weights must add up to 100, not 110",
        ),
        ({"profiles": {"big": {"usage": 0}}}, "the pillar weights must add up to 100, not 70"),
        ({"bands": {"green": 60, "yellow": 60}}, "yellow must lie below green"),
        (
            {"measures": {"usage": [{"feature": "x", "weight": 1, "curve": [[0, 0], [0, 5]]}]}},
            "curve of 'x' must have at least two points with rising values",
        ),
        (
            {"measures": {"usage": [{"feature": "x", "weight": 1, "curve": [[0, 0]]}]}},
            "curve of 'x' must have at least two points with rising values",
        ),
        ({"measures": {"usage": []}}, "every pillar needs a measure; none given for usage"),
        (
            {"measures": {"usage": [{"feature": "of_voice", "weight": 1, "curve": CURVE}]}},
            "'of_voice' must be measured only once",
        ),
        (
            {"exceptions": [{"feature": f, "at_least": 1, "cap": 5, "reason": "same"} for f in "ab"]},
            "'same' must be given as a reason only once",
        ),
        (
            {"exceptions": [{"feature": "x", "cap": 5, "reason": "r"}]},
            "give exactly one of at_least and at_most",
        ),
        (
            {"exceptions": [{"feature": "x", "at_least": 1, "at_most": 1, "cap": 5, "reason": "r"}]},
            "give exactly one of at_least and at_most",
        ),
        (
            {"measures": {"usage": [{"feature": "x", "weight": 0, "curve": CURVE}]}},
            "Input should be greater than 0",
        ),
        (
            {"measures": {"usage": [{"feature": "x", "weight": float("inf"), "curve": CURVE}]}},
            "Input should be a finite number",
        ),
        (
            {"measures": {"usage": [{"feature": "x", "weight": 1, "curve": [[0, 0], [float("nan"), 5]]}]}},
            "Input should be a finite number",
        ),
        (
            {"measures": {"usage": [{"feature": "x", "weight": 1, "curve": [[0, 0], [1, 101]]}]}},
            "Input should be less than or equal to 100",
        ),
        (
            {"measures": {"usge": []}},
            "Input should be 'usage', 'voice', 'commercial' or 'service'",
        ),
    ],
)
def test_a_rule_that_cannot_work_is_refused(changes: dict[str, Any], said: str) -> None:
    (fault,) = faults_of("rule", a_rule(**changes))
    assert f"allowed: {said}. Next: correct rule" in fault


def test_an_unknown_key_deep_in_the_rule_is_named_with_the_nearest_of_its_own_section() -> None:
    measure = {"feature": "x", "weight": 1, "curve": CURVE, "when_mising": 0}
    assert faults_of("rule", a_rule(measures={"usage": [measure]})) == [
        "rule.measures.usage.0.when_mising is 0; allowed: a key of this section. "
        "Next: did you mean 'when_missing'?"
    ]


def test_a_rule_without_measures_is_refused() -> None:
    assert faults_of("rule", {}) == [
        "rule.measures is {}; allowed: Field required. Next: correct rule.measures in params.yaml"
    ]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "much"])
def test_the_share_of_faulty_rows_lies_between_nought_and_one(share: object) -> None:
    (fault,) = faults_of("checks", {"max_faulty_share": share})
    assert fault.startswith(f"checks.max_faulty_share is {share!r}; allowed: Input should be ")

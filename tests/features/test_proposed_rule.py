"""Weights and bands as people propose them: taken as written, or refused with every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.faults import WrongUse
from features.params import PillarWeights, RuleParams
from features.params_file import read_section
from features.proposed_rule import proposed_rule

PARAMS_FILE = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def rule() -> RuleParams:
    return read_section(PARAMS_FILE, "rule", RuleParams)


def faults(rule: RuleParams, *texts: str | None) -> list[str]:
    with pytest.raises(WrongUse) as caught:
        proposed_rule(rule, *texts)
    assert caught.value.title == "the proposal cannot be used"
    return [f"{fault.field}: {fault.value} ({fault.allowed}) {fault.next}" for fault in caught.value.faults]


def test_nothing_proposed_changes_nothing(rule: RuleParams) -> None:
    assert proposed_rule(rule) == rule


def test_weights_replace_the_default_and_leave_the_profiles(rule: RuleParams) -> None:
    found = proposed_rule(rule, " usage=40, voice = 20,commercial=20,service=20 ")
    assert found.weights == PillarWeights(usage=40, voice=20, commercial=20, service=20)
    assert found.profiles == rule.profiles
    assert found.bands == rule.bands


@pytest.mark.parametrize("segment", ["enterprise", "小微"])
def test_weights_of_a_segment_replace_or_make_its_profile(rule: RuleParams, segment: str) -> None:
    found = proposed_rule(rule, "usage=100,voice=0,commercial=0,service=0", None, segment)
    assert found.weights == rule.weights
    assert found.profiles[segment].usage == 100


def test_bands_replace_the_bands(rule: RuleParams) -> None:
    found = proposed_rule(rule, bands="yellow=55.5,green=80")
    assert (found.bands.green, found.bands.yellow) == (80, 55.5)


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        ("usage=40,voice=20,commercial=20,service=30", ["110 in all", "take 10 from them"]),
        ("usage=40,voice=20,commercial=20,service=10", ["90 in all", "add 10 to them"]),
        ("usage=50,voice=-10,commercial=30,service=30", ["--weights voice: -10", "a number from 0 to 100"]),
        ("usage=nan,voice=20,commercial=20,service=20", ["--weights usage: nan", "a number from 0 to 100"]),
        ("usage=many,voice=20,commercial=20,service=20", ["--weights usage: many"]),
        (
            "usage=40,voice=20,comercial=20,service=20",
            ["did you mean 'commercial'?", "for commercial too"],
        ),
        ("usage=40,usage=20,commercial=20,service=20", ["usage only once", "a value for voice too"]),
        ("40,20,20,20", ["NAME=NUMBER, separated by commas", "a value for usage too"]),
        ("", ["NAME=NUMBER"]),
    ],
)
def test_weights_that_cannot_be_used_are_named(rule: RuleParams, weights: str, wanted: list[str]) -> None:
    said = "\n".join(faults(rule, weights))
    assert all(words in said for words in wanted), said


@pytest.mark.parametrize(
    ("bands", "wanted"),
    [
        ("green=60,yellow=60", "yellow below green"),
        ("green=101,yellow=60", "--bands green: 101"),
        ("green=80", "a value for yellow too"),
        ("green=80,yellow=50,red=10", "--bands: red (green and yellow)"),
    ],
)
def test_bands_that_cannot_be_used_are_named(rule: RuleParams, bands: str, wanted: str) -> None:
    assert wanted in "\n".join(faults(rule, None, bands))


def test_all_faults_are_told_at_once(rule: RuleParams) -> None:
    said = faults(rule, "usage=-5,voice=x,marketing=20,service=20", "green=20,yellow=200")
    assert len(said) == 6
    assert [line.split(":")[0] for line in said] == [
        "--weights usage",
        "--weights voice",
        "--weights",
        "--weights",
        "--bands yellow",
        "--bands",
    ]


def test_a_segment_without_weights_is_refused(rule: RuleParams) -> None:
    [said] = faults(rule, None, None, "enterprise")
    assert "a segment together with --weights" in said

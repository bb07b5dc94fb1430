"""What may be asked of what if, and which version a name means."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.faults import WrongUse
from training.all_params import AllParams
from training.registry import MODEL, tracking
from training.what_if_question import Question, version_named

WEIGHTS = "usage=40,voice=20,commercial=20,service=20"


def said(question: Question, light: AllParams) -> list[str]:
    with pytest.raises(WrongUse) as caught:
        question.proposed(light.rule)
    return [f"{fault.field}: {fault.allowed}" for fault in caught.value.faults]


def test_a_question_that_proposes_nothing_is_refused(light: AllParams) -> None:
    assert said(Question(), light) == ["what-if: a proposal"]
    assert said(Question(model="champion", against="champion"), light) == ["what-if: a proposal"]


def test_weights_are_the_rules_alone(light: AllParams) -> None:
    assert said(Question(weights=WEIGHTS, model="3"), light) == [
        "--weights: weights of the rule; a model has none"
    ]


def test_a_way_of_scoring_that_does_not_exist_is_refused_with_all_else(light: AllParams) -> None:
    wrong = Question(weights="usage=1", bands="green=1,yellow=2", model="lightgmb", against="-3")
    assert [line.split(":")[0] for line in said(wrong, light)] == [
        *["--weights"] * 4,
        "--bands",
        "--model",
        "--against",
        "--weights",
    ]


def test_bands_go_with_the_rule_and_with_a_model(light: AllParams) -> None:
    for model in ("rule", "champion", "12"):
        found = Question(bands="green=80,yellow=55", model=model).proposed(light.rule)
        assert (found.bands.green, found.weights) == (80, light.rule.weights)


def test_a_name_means_the_version_that_the_registry_says(registry: Path) -> None:
    assert version_named("challenger", registry) == version_named("1", registry) == "1"
    with tracking(registry) as client:
        client.set_registered_model_alias(MODEL, "champion", "1")
    assert version_named("champion", registry) == "1"


@pytest.mark.parametrize(("name", "step"), [("champion", "run vitals promote"), ("9", "use one of: '1'")])
def test_a_version_that_is_not_there_is_refused(registry: Path, name: str, step: str) -> None:
    with pytest.raises(WrongUse, match=step):
        version_named(name, registry)


def test_a_registry_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no model was trained yet"):
        version_named("champion", tmp_path / "none")
    assert list(tmp_path.iterdir()) == []

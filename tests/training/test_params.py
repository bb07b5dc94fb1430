"""The training section: units by name, limits that serving relies on, nothing unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.faults import WrongUse
from features.params_file import parse_section, read_section
from training.gate_bands import days_ahead
from training.params import TrainingParams

PARAMS_FILE = Path(__file__).parents[2] / "params.yaml"


def refusal(values: dict[str, object]) -> str:
    with pytest.raises(WrongUse) as caught:
        parse_section("training", TrainingParams, values)
    return str(caught.value)


def test_the_file_of_the_project_holds_the_defaults() -> None:
    assert read_section(PARAMS_FILE, "training", TrainingParams) == TrainingParams()


def test_the_command_line_changes_one_value_and_leaves_the_others() -> None:
    found = read_section(PARAMS_FILE, "training", TrainingParams, ("training.horizon=60d",))
    assert found == TrainingParams().model_copy(update={"horizon": 60})


def test_a_duration_without_its_unit_is_refused() -> None:
    assert (
        "training.horizon is 365; allowed: must be a whole number of days such as '365d'. "
        "Next: correct training.horizon in params.yaml"
    ) in refusal({"horizon": 365})


def test_a_ninth_leaf_is_refused_because_serving_could_not_tabulate_it() -> None:
    assert "training.learner.leaves.1 is 9; allowed: Input should be less than or equal to 8" in refusal(
        {"learner": {"leaves": [4, 9]}}
    )


def test_no_bag_is_refused() -> None:
    assert "training.learner.bags is 0" in refusal({"learner": {"bags": 0}})


def test_every_fault_of_the_section_is_named_at_once() -> None:
    told = refusal({"horizn": "60d", "gate": {"better_than_chance": 1.5, "better": 1}, "bootstrap": 10})
    assert "training.horizn is '60d'; allowed: a key of this section. Next: did you mean 'horizon'?" in told
    assert "training.gate.better_than_chance is 1.5" in told
    assert "training.gate.better is 1" in told
    assert "training.bootstrap is 10; allowed: Input should be greater than or equal to 100" in told


def test_a_seed_that_no_generator_takes_is_refused() -> None:
    told = refusal({"seed": -1})
    assert "training.seed is -1; allowed: Input should be greater than or equal to 0" in told


@pytest.mark.parametrize(
    "values",
    [
        {"horizon": "0d"},
        {"horizon": "999999999d"},
        {"label_lag": "36501d"},
        {"warm_up": "99999999999999999999d"},
        {"seed": 2**32},
        {"bootstrap": 100_001},
    ],
)
def test_what_would_end_in_an_error_hours_later_is_refused_at_once(values: dict[str, object]) -> None:
    [name] = values
    assert f"training.{name} is " in refusal(values)


def test_churners_are_looked_at_within_the_horizon_whatever_it_is() -> None:
    of = lambda **values: days_ahead(parse_section("training", TrainingParams, values))  # noqa: E731
    assert of() == of(horizon="90d") == (60, 90)
    assert of(horizon="60d") == (30, 60)
    assert of(horizon="90d", gate={"days_ahead": [200, 300]}) == (0, 90)

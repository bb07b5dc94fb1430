"""The stages of dvc.yaml: every command, input, output and parameter of them is one that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

import vitals
from features.params_file import SECTIONS
from training import train_command

ROOT = Path(__file__).resolve().parents[1]
STAGES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
KEYS = {"cmd", "deps", "params", "outs"}
NAMES = sorted(STAGES)


@pytest.mark.parametrize("name", NAMES)
def test_a_stage_has_the_keys_that_dvc_knows(name: str) -> None:
    assert {"cmd", "deps", "params"} <= set(STAGES[name]) <= KEYS
    assert isinstance(STAGES[name]["cmd"], str)


@pytest.mark.parametrize("name", NAMES)
def test_its_command_is_one_of_ours_with_options_that_it_has(name: str) -> None:
    words = STAGES[name]["cmd"].split()
    commands = get_command(vitals.app).commands  # type: ignore[attr-defined]
    if words[:3] == ["python", "-m", "training"]:
        command, rest = commands["train"], words[3:]
        assert callable(train_command.main)
    else:
        assert words[0] == "vitals"
        command, rest = commands[words[1]], words[2:]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("name", NAMES)
def test_its_inputs_are_the_book_or_are_in_the_project(name: str) -> None:
    for path in STAGES[name]["deps"]:
        assert path == "data/book" or (ROOT / path).is_dir()


@pytest.mark.parametrize("name", NAMES)
def test_its_parameters_are_sections_of_the_parameters_file(name: str) -> None:
    written = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert set(STAGES[name]["params"]) <= set(SECTIONS) & set(written)


@pytest.mark.parametrize("name", NAMES)
def test_it_makes_what_its_command_writes_and_never_the_book(name: str) -> None:
    """DVC deletes outputs before it makes them."""
    stage = STAGES[name]
    written = re.findall(r"--out (\S+)", stage["cmd"])
    assert stage.get("outs", []) == written
    assert not any("data/book".startswith(out) or out.startswith("data/book") for out in written)


def test_no_stage_depends_on_what_python_leaves_behind() -> None:
    assert "__pycache__/" in (ROOT / ".dvcignore").read_text(encoding="utf-8").splitlines()


def test_training_depends_on_the_code_that_makes_the_model() -> None:
    assert {"features", "training"} <= set(STAGES["train"]["deps"])
    assert {"features", "rule", "training"} <= set(STAGES["train"]["params"])

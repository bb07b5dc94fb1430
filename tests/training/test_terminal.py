from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import typer

from features.faults import DataFault, Fault, WrongUse
from training.terminal import CRASHED, clear_faults, emit, steps

FAULT = Fault("seats", -1, "0 or more", "correct it")


def exit_code_of(error: BaseException, as_json: bool = False) -> int:
    with pytest.raises(typer.Exit) as left, clear_faults(as_json):
        raise error
    return left.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataFault("the data", [FAULT]), 1),
        (WrongUse("the use", [FAULT]), 2),
        (PermissionError(13, "Permission denied", "/book"), 2),
        (ZeroDivisionError("a slip"), CRASHED),
        (OSError("a slip without a file"), CRASHED),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_kind_of_fault_has_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(error) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


def test_a_fault_is_a_paragraph_with_value_allowed_set_and_next_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    exit_code_of(WrongUse("the use is off", [FAULT, FAULT]))
    line = "  - seats is -1; allowed: 0 or more. Next: correct it"
    assert capsys.readouterr().err.splitlines() == ["vitals: the use is off", line, line]


def test_a_file_that_cannot_be_used_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(PermissionError(13, "Permission denied", "/book"))
    said = capsys.readouterr().err
    assert "path is '/book'; allowed: a place that can be read and written. Next: name another" in said
    assert "(Permission denied)" in said


def test_a_machine_gets_the_fault_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(DataFault("the data", [FAULT]), as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == {"title": "the data", "errors": [FAULT.as_dict()]}
    assert said.err == ""


@pytest.mark.parametrize("error", [typer.Exit(3), typer.Abort()])
def test_a_command_s_own_end_is_left_alone(error: Exception) -> None:
    with pytest.raises(type(error)), clear_faults():
        raise error


def test_a_log_gets_a_line_per_step_and_a_machine_none(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        with steps(quiet) as step:
            step("scoring")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("s] scoring") == 1


def test_people_see_a_bar_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with steps() as step:
        step("scoring")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("document", "text"), [({"a": "阿"}, '{\n "a": "阿"\n}\n'), ([], "[]\n")])
def test_a_document_is_written_as_it_is(document: Any, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    emit(document)
    assert capsys.readouterr().out == text


def test_nan_is_no_json() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        emit({"health": float("nan")})

"""Runs commands in this process and reads what they say on either stream."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

import vitals

RUNNER = CliRunner()


def run(*words: object) -> Result:
    return RUNNER.invoke(vitals.app, [str(word) for word in words])


def answer(*words: object) -> Any:
    """What a command prints with --json: one document, and nothing else on either stream."""
    done = run(*words, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


def refused(exit_code: int, *words: object) -> str:
    """What a command says where it refuses: on stderr, as one paragraph without a traceback."""
    done = run(*words)
    assert done.exit_code == exit_code, done.output
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "error of ours" not in done.stderr
    return str(done.stderr)

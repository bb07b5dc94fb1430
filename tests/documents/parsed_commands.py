"""Whether a command that is not run could be: its words are known, and the files that it names are there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import click
from typer.main import get_command

import vitals
from tests.documents.shown_commands import ROOT, Shown


def check(shown: Shown) -> None:
    """Raises where the command is not one that exists, with options that it has."""
    words = [word for word in shown.words if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    program = Path(words[0]).name
    if program == "vitals":
        _known(get_command(vitals.app), words[1:])
    elif program == "make":
        subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, check=True, capture_output=True)
    elif program == "pytest":
        missing = [word for word in words[1:] if not (ROOT / word).exists()]
        assert not missing, f"{shown.document} names tests that are gone: {missing}"
    elif program == "python":
        _started(words[1:])
    else:
        raise AssertionError(f"{shown.document}: nobody knows how to check {shown.line!r}")


def _known(command: click.Command, words: list[str]) -> None:
    """Parses the words as the command line would, and stops before anything is done."""
    name = "vitals"
    while hasattr(command, "commands"):
        assert words, f"{name} is a group"
        name, *words = words
        assert name in command.commands, f"there is no command {name!r}"
        command = command.commands[name]
    command.make_context(name, list(words))


def _started(words: list[str]) -> None:
    """A file or module of the project that answers `--help`, or is there."""
    if words[0] == "-m":
        assert (ROOT / (words[1].replace(".", "/") + ".py")).exists(), words[1]
    elif words[0] != "-c":
        assert (ROOT / words[0]).exists(), words[0]

"""Runs the documents once per test run, all in one folder, and keeps what came of it.

The folder that the quickstart makes (a book, a champion, a score history) is also what the notebooks read.
"""

from __future__ import annotations

import contextlib
import io
import json
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from filelock import FileLock

from tests.command_runs import run
from tests.documents.light_workspace import make_workspace
from tests.documents.not_run import NOT_RUN, OTHER_TESTS
from tests.documents.shown_commands import DOCUMENTS, ROOT, Shown, blocks, commands

FIRST = ("docs/quickstart.md", "README.md")  # the quickstart makes what the others read
PYTHON = ("docs/python.md",)
SHOWN = [
    shown
    for document in dict.fromkeys([*(ROOT / name for name in FIRST), *DOCUMENTS])
    if str(document.relative_to(ROOT)) not in OTHER_TESTS
    for shown in commands(document)
]


@dataclass(frozen=True)
class Done:
    """What a command, or a block of Python, came to."""

    document: str
    shown: str
    exit_code: int
    output: str


@dataclass(frozen=True)
class Documented:
    """The folder, and everything that was run in it, in order."""

    folder: str
    done: list[Done]

    @property
    def book(self) -> str:
        """The simulated book behind the exports, with its truth."""
        return f"{self.folder}/data/book"

    @property
    def registry(self) -> str:
        """The registry with the champion."""
        return f"{self.folder}/mlruns"

    @property
    def store(self) -> str:
        """The score history."""
        return f"sqlite:///{self.folder}/data/vitals.db"


@pytest.fixture(scope="session")
def documented(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Documented:
    """Made by one worker of a run, read by all."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base  # the workers' common parent
    folder, told = shared / "documented", shared / "documented.json"
    with FileLock(shared / "documented.lock"):
        if not told.exists():
            make_workspace(folder)
            with contextlib.chdir(folder):
                done = [asdict(one) for one in (*_commands_run(folder), *_python_run())]
            told.write_text(json.dumps(done), encoding="utf-8")
    return Documented(str(folder), [Done(**one) for one in json.loads(told.read_text(encoding="utf-8"))])


def plain(shown: Shown) -> str:
    """The command without the folder of its program, without comment and options in brackets."""
    return " ".join([shown.program, *shown.words[1:]])


def cannot_run(shown: Shown) -> bool:
    """Whether it is on the list of those that are parsed alone."""
    return any(plain(shown).startswith(first) for first in NOT_RUN)


def _commands_run(folder: Path) -> Iterator[Done]:
    """Each command; one that an earlier document showed already is not repeated."""
    before: dict[str, str] = {}
    for shown in SHOWN:
        if cannot_run(shown) or before.setdefault(plain(shown), shown.document) != shown.document:
            continue
        words = [_meant(word, folder) for word in shown.words[1:]]
        found = run(*words)
        yield Done(shown.document, plain(shown), found.exit_code, found.output)


def _meant(word: str, folder: Path) -> str:
    """A placeholder of the documents as what it stands for: ACCOUNT is the one of the lowest health."""
    if word != "ACCOUNT":
        return {"MAPPING.yaml": "mapping.yaml"}.get(word, word)
    scores = pd.read_csv(folder / "health.csv")
    return str(scores.loc[scores["health"].idxmin(), "account_id"])


def _python_run() -> Iterator[Done]:
    """The blocks of Python, in one namespace per document."""
    for name in PYTHON:
        names: dict[str, Any] = {"__name__": "__main__"}
        for block in blocks(ROOT / name, "python"):
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):
                    exec(compile(block, name, "exec"), names)
                yield Done(name, block, 0, said.getvalue())
            except Exception:
                yield Done(name, block, 1, traceback.format_exc())

"""The commands that documents show: fenced blocks of `sh`, `bash` and `console`, and code in tables."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "bash", "console")
LOOKS_LIKE = re.compile(r"^(\$ )?(\.venv/bin/\w+|vitals|make|pip|docker|curl|systemctl) \S", re.MULTILINE)
IN_TABLE = re.compile(r"`((?:[A-Z_]+=\S+ )?(?:\.venv/bin/\w+|vitals|make) [^`]+)`")


@dataclass(frozen=True)
class Shown:
    """A command as a document shows it, in words; `document` is its path from the root."""

    document: str
    line: str

    @property
    def words(self) -> list[str]:
        """What a shell would make of it: without its comment, without what stands in brackets."""
        return shlex.split(re.sub(r"\[[^\]]*\]", "", self.line), comments=True)

    @property
    def program(self) -> str:
        """The program that it runs, by its own name."""
        return Path(self.words[0]).name


def blocks(document: Path, *languages: str) -> list[str]:
    """The fenced blocks of a document in one of these languages ('' is none)."""
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [text for language, text in found if language in languages]


def commands(document: Path) -> list[Shown]:
    """Every command of the document's shell blocks, in order; a line that ends in a backslash goes on."""
    lines = "".join(blocks(document, *SHELL)).replace("\\\n", " ").splitlines()
    name = str(document.relative_to(ROOT))
    shown = [line.removeprefix("$ ") for line in lines if line.partition("#")[0].strip()]
    return [Shown(name, line) for line in shown]


def in_tables(document: Path) -> list[Shown]:
    """The commands that stand as code in a line of a table."""
    rows = [line for line in document.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    name = str(document.relative_to(ROOT))
    return [Shown(name, code) for row in rows for code in IN_TABLE.findall(row)]

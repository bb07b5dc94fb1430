"""Rules of the house that no linter knows. Run by `make check`: `python -m tests.house_rules`."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REGISTRY_HOSTS = tuple(
    "".join(parts) for parts in (("pypi", ".org"), ("python", "hosted.org"), ("npm", "js.org"))
)
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "base", "manager", "misc"}
PACKAGES = ("features", "training", "serving")


def faults() -> Iterator[str]:
    """Everything that breaks a rule, a line each."""
    for path in _tracked():
        yield from _named_badly(path)
        if path.suffix in (".png", ".parquet"):
            continue
        text = path.read_text(encoding="utf-8")
        yield from (f"{path}: names the registry host {host}" for host in REGISTRY_HOSTS if host in text)
        if path.suffix == ".py" and path.parts[0] in PACKAGES:
            yield from _imports_the_command_line(path, ast.parse(text))


def _tracked() -> list[Path]:
    """Files that git tracks, and those it would: a new file is checked before it is committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in names.splitlines() if (ROOT / name).is_file()]


def _named_badly(path: Path) -> Iterator[str]:
    if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.parts}:
        yield f"{path}: a name that tells nothing"


def _imports_the_command_line(path: Path, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if "vitals" in names:
            yield f"{path}: imports vitals.py, which stands above it"


if __name__ == "__main__":
    found = list(faults())
    print("\n".join(found) or "house rules: kept")
    sys.exit(bool(found))

"""Pages of the site that are written as it is built, so that they cannot fall behind what they tell of.

MkDocs calls `on_config` and `on_files` (see `hooks:` in mkdocs.yml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

DECISIONS = Path(__file__).resolve().parents[1] / "decisions"
INTRODUCTION = """# Decisions

What others may question, and why it was decided so. A file's name *is* the decision; this list is made of the
titles as the site is built.
"""


def on_config(config: Any) -> Any:
    """A page that nobody has placed in the navigation yet is reached under `More`, and breaks no build."""
    if found := unplaced(config.nav, Path(config.docs_dir)):
        config.nav.append({"More": found})
    return config


def unplaced(nav: list[Any], folder: Path) -> list[str]:
    """The pages of the folder itself that the navigation does not name."""
    placed = set(_named(nav))
    return sorted(path.name for path in folder.glob("*.md") if path.name not in placed)


def _named(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _named(part)


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages that have no file of their own."""
    from serving.api.openapi import openapi_document
    from serving.api.openapi_page import api_reference
    from serving.params import ServingParams

    pages = {
        "api-reference.md": api_reference(openapi_document(ServingParams())),
        "decisions/index.md": decisions_page(DECISIONS),
    }
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    return files


def decisions_page(folder: Path) -> str:
    """A line for each decision, by title."""
    found = sorted((title_of(path), path.name) for path in folder.glob("*.md"))
    return "\n".join([INTRODUCTION, *(f"- [{title}]({name})" for title, name in found), ""])


def title_of(path: Path) -> str:
    """The first heading of a page; its name in words where it has none."""
    found = re.search(r"^# (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].strip() if found else path.stem.replace("-", " ")

"""What an import may leave out when it adds to a book, and what it may not do to one that was added to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from features.faults import Fault, WrongUse
from features.imports.several_systems import System
from features.increments import increment_folders


def as_increment(systems: Sequence[System]) -> list[System]:
    """The systems with every file optional: an increment holds what is new, and may hold one table only."""
    return [
        replace(
            system,
            mapping=system.mapping.model_copy(
                update={
                    "sources": {
                        name: source.model_copy(update={"optional": True})
                        for name, source in system.mapping.sources.items()
                    }
                }
            ),
        )
        for system in systems
    ]


def check_no_increments(book: Path, known_at: str | None) -> None:
    """Raises WrongUse where a whole import would go into a book that has increments."""
    faults = []
    if folders := increment_folders(book):
        step = "add --append, or import into a folder that is not there yet"
        faults.append(Fault("--out", str(book), f"a book without increments ({len(folders)} here)", step))
    if known_at is not None:
        faults.append(Fault("--known-at", known_at, "only with --append", "leave it out, or append"))
    if faults:
        raise WrongUse("the import would rewrite what is known", faults)

"""The parts of a book: what was imported first, and the increments appended since.

    book/accounts.parquet, usage.parquet, …              the base: it may lack tables, and may be nothing
    book/increments/base.json                            up to when the base tells
    book/increments/20261101T010000Z-3f2a9c01b7de/       one increment: its tables, and increment.json

A part is never written again. It is `known_at` a moment: its export was taken then. `since`, of a table, is
the moment of the part before it that told the table: a fact older than that, of which nobody says when it was
recorded, was not told then, and so became known with this part.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from features.faults import DataFault, Fault

FOLDER, BASE, MANIFEST = "increments", "base.json", "increment.json"
NAMED = re.compile(r"^\d{8}T\d{6}Z-[0-9a-f]{12}$")
NUMBER, KNOWN, SINCE = "__part", "__part_known_at", "__part_since"
PART_COLUMNS = {NUMBER: "int64", KNOWN: "timestamp('UTC')", SINCE: "timestamp('UTC')"}


@dataclass(frozen=True)
class BookPart:
    """One part of a book. `known_at` is None of a base before which nothing was appended."""

    number: int
    folder: Path
    known_at: dt.datetime | None = None
    since: dt.datetime | None = None

    def file(self, table: str) -> Path:
        """Where its rows of a table are, if it has any."""
        return self.folder / f"{table}.parquet"

    def marked(self, rows: ir.Table) -> ir.Table:
        """Its rows with the PART_COLUMNS, which tell from when what it says was known."""
        moments = {NUMBER: self.number, KNOWN: self.known_at, SINCE: self.since}
        return rows.mutate(
            **{
                name: ibis.null(kind) if moments[name] is None else ibis.literal(moments[name], kind)
                for name, kind in PART_COLUMNS.items()
            }
        )


def parts_of(book: Path) -> tuple[BookPart, ...]:
    """The base and every increment, in the order of when they became known; `since` is not worked out.

    Raises DataFault for folders and manifests that are none, all at once.
    """
    folders = increment_folders(book)
    if not folders:
        return (BookPart(0, book),)
    moments = {folder: _moment(folder / MANIFEST) for folder in folders}
    base = _moment(book / FOLDER / BASE)
    ordered = sorted(folders, key=lambda folder: (moments[folder], folder.name))
    later = (BookPart(number, folder, moments[folder]) for number, folder in enumerate(ordered, start=1))
    return (BookPart(0, book, base), *later)


def telling(parts: Sequence[BookPart], table: str) -> tuple[BookPart, ...]:
    """The parts that have a table, each with its `since`.

    The first of them has none: a table that comes late, with all its history, is not late in every row.
    """
    told = [part for part in parts if part.file(table).is_file()]
    moments = [part.known_at for part in told if part.known_at is not None]
    return tuple(
        replace(
            part,
            since=max((m for m in moments if part.known_at is not None and m < part.known_at), default=None),
        )
        for part in told
    )


def increment_folders(book: Path) -> list[Path]:
    """The folders of the increments, in the order of their names; DataFault for what is none of ours."""
    place = book / FOLDER
    if not place.is_dir():
        return []
    found = sorted(path for path in place.iterdir() if not path.name.startswith("."))
    strange = [path for path in found if path.name != BASE and not (path.is_dir() and NAMED.match(path.name))]
    if strange:
        allowed = f"{BASE} and folders that vitals import --append has written"
        faults = [Fault(FOLDER, path.name, allowed, "move it elsewhere") for path in strange]
        raise DataFault(f"the increments of {book.name} cannot be read", faults)
    return [path for path in found if path.name != BASE]


def _moment(manifest: Path) -> Any:
    """`known_at` of a manifest, or None where it says null (only a base may)."""
    try:
        told = json.loads(manifest.read_text(encoding="utf-8"))["known_at"]
        moment = None if told is None and manifest.name == BASE else dt.datetime.fromisoformat(told)
        if moment is not None and moment.tzinfo is None:
            raise ValueError
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError):
        step = "bring the increment back from a copy, or import the book anew into another folder"
        fault = Fault(f"{FOLDER}/{manifest.parent.name}/{manifest.name}", "unreadable", "its known_at", step)
        raise DataFault("an increment cannot be read", [fault]) from None
    return moment


def moment_text(moment: dt.datetime) -> str:
    """A moment as manifests write it, to the microsecond, in UTC."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def together(rows: list[ir.Table]) -> ir.Table:
    """The rows of several parts as one table: a column that a part lacks is empty there.

    Columns of two types are read as texts, so that no engine's idea of a common type changes a value.
    """
    kinds: dict[str, set[str]] = {}
    for table in rows:
        for name, kind in table.schema().items():
            kinds.setdefault(name, set()).add(str(kind.copy(nullable=True)))
    wanted = {name: found.pop() if len(found) == 1 else "string" for name, found in kinds.items()}
    alike = [
        table.select(
            **{
                name: (table[name].cast(kind) if name in table.columns else ibis.null(kind))
                for name, kind in wanted.items()
            }
        )
        for table in rows
    ]
    return ibis.union(*alike) if len(alike) > 1 else alike[0]


def recorded_at(rows: ir.Table, happens: str) -> ir.Value:
    """When rows with PART_COLUMNS were recorded: as they say, else when a later part told of an old fact."""
    late = rows["recorded_at"].isnull() & (rows[happens] < rows[SINCE]).fill_null(False)
    return ibis.ifelse(late, rows[KNOWN], rows["recorded_at"])

"""The roll-up of use as files beside its rows: one per part of the book, made once, never half.

    book/.rolled/usage-<part>-<stamp>.parquet      the roll-up, by day, so that a night reads its days only
    book/.rolled/owners-… and faulty-…             records by account; the faulty rows as they came

The stamp is of the file it was made of and of the moments of its part. Where one is missing, or is of
something else, the rows themselves are read: the roll-up saves time, and is never needed.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from features.check_examples import MASK
from features.increments import PART_COLUMNS, BookPart, together
from features.row_versions import versions_of
from features.source_files import RawTable, open_book
from features.source_row_checks import CAME, checked_rows
from features.source_tables import USAGE
from features.usage_rollup import KeptUse, roll_up

FOLDER, SHAPE = ".rolled", "2"
KINDS = ("usage", "owners", "faulty")


def kept_use(raw: RawTable | None, connection: Any) -> KeptUse | None:
    """The kept roll-up of the parts of the table `usage`; None where it is not whole and of these parts."""
    if raw is None or not raw.parts:
        return None
    files = [_files(part) for part in raw.parts]
    if not all(path.is_file() for each in files for path in each):
        return None
    rows, owners, faulty = (
        [connection.read_parquet(str(each[place].resolve())) for each in files] for place in range(3)
    )
    wrong = together(faulty)
    missing = {n: ibis.null("string") for n in raw.columns if n not in wrong.columns}
    return KeptUse(ibis.union(*rows) if len(rows) > 1 else rows[0], together(owners), wrong.mutate(**missing))


def keep_use(book: Path, connection: Any) -> int:
    """Makes the roll-ups that are missing, and removes those of nothing any more; how many were made."""
    opened = open_book(book, {USAGE.name: USAGE}, connection)
    raw = opened.raw.get(USAGE.name)
    if raw is None or not raw.parts:
        return 0
    made = 0
    wanted = {path for part in raw.parts for path in _files(part)}
    for part in raw.parts:
        if not all(path.is_file() for path in _files(part)):
            _make(part, connection)
            made += 1
    for path in (book / FOLDER).glob("*.parquet"):
        if path not in wanted:
            path.unlink()
    return made


def _files(part: BookPart) -> tuple[Path, Path, Path]:
    """Where the three files of a part lie: in the book's folder, for an increment's as for the base's."""
    book = part.folder if part.number == 0 else part.folder.parent.parent
    name = part.folder.name if part.number else "base"
    told = part.file(USAGE.name).stat()
    text = f"{SHAPE} {told.st_size} {told.st_mtime_ns} {part.known_at} {part.since}"
    stamp = hashlib.sha256(text.encode()).hexdigest()[:12]
    usage, owners, faulty = (book / FOLDER / f"{kind}-{name}-{stamp}.parquet" for kind in KINDS)
    return usage, owners, faulty


def _make(part: BookPart, connection: Any) -> None:
    usage, owners, faulty = _files(part)
    usage.parent.mkdir(exist_ok=True)
    rows = part.marked(connection.read_parquet(str(part.file(USAGE.name).resolve())))
    raw = RawTable(USAGE, part.file(USAGE.name), rows, (), (part,))
    _, typed = checked_rows(raw, None)
    right = typed.filter(typed[MASK] == 0).drop(MASK, CAME)
    _write(connection, roll_up(versions_of(right, USAGE).now), usage, "occurred_day")
    kept = connection.read_parquet(str(_drawn(usage).resolve()))
    _write(connection, kept.group_by("account_id").agg(records=kept.records.sum()), owners, "account_id")
    wrong = typed.filter(typed[MASK] != 0)
    came = {name: wrong[CAME][place] for place, name in enumerate(raw.columns)}
    marks = {name: wrong[name] for name in PART_COLUMNS}
    _write(connection, wrong.select(**came, **marks), faulty, "account_id")
    for path in (owners, faulty, usage):
        _drawn(path).rename(path)


def _write(connection: Any, rows: ir.Table, path: Path, order: str) -> None:
    """Writes the rows in an order. DuckDB sums in 128 bits, which Parquet lacks: they would become floats."""
    columns = ", ".join(
        f'CAST("{name}" AS BIGINT) AS "{name}"' if kind.is_integer() else f'"{name}"'
        for name, kind in rows.schema().items()
    )
    target = str(_drawn(path).resolve()).replace("'", "''")
    asked = f'SELECT {columns} FROM ({connection.compile(rows)}) ORDER BY "{order}"'  # noqa: S608 (our names)
    connection.raw_sql(f"COPY ({asked}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def _drawn(path: Path) -> Path:
    """Where a file is written before it gets its name: of this process alone, for two may append at once."""
    return path.with_suffix(f".{os.getpid()}.new")

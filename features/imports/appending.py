"""`vitals import … --append`: an increment of a book, beside what was imported before.

The export is imported as ever, into a folder of its own, which then becomes a part of the book by one
renaming: a book never has half an increment, and what it had before is not touched. The same export again
is recognised by its content, as long as no other came between: a segment that goes back to what it was is
news. A row of use, which has no key, is added as often as the export has it and the book does not: exports
may overlap.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import ibis

from features.faults import Fault, WrongUse
from features.imports.import_report import ImportReport, TableImport
from features.imports.known_use import without_known_use
from features.imports.several_systems import FOLDER as IDENTITY
from features.increments import BASE, FOLDER, MANIFEST, BookPart, moment_text, parts_of
from features.source_files import PLACE_FILE
from features.source_tables import SourceTable
from features.usage_files import keep_use

Import = Callable[[Path], ImportReport]


def append_import(
    run: Import,
    book: Path,
    tables: Mapping[str, SourceTable],
    known_at: dt.datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> ImportReport:
    """Appends what `run` imports (into the folder it is given) to `book`, as known at `known_at`.

    Raises WrongUse where the book's base is not Parquet or was changed after increments came, and whatever
    `run` raises; then the book is as it was. An export that the book has already adds nothing.
    """
    _check_base(book, tables)
    with _aside(book) as (place, drawn):
        report = run(drawn)
        if (drawn / IDENTITY).exists():
            _moved(drawn / IDENTITY, book / IDENTITY)
        if (drawn / PLACE_FILE).exists():
            (drawn / PLACE_FILE).rename(book / PLACE_FILE)
        digest, parts = _digest(drawn, tables), parts_of(book)
        name = f"{known_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{digest}"
        keyed = [each for each, table in tables.items() if table.key and (drawn / f"{each}.parquet").exists()]
        if same := _told_last(parts, digest, keyed, known_at):
            return _told(report, book, f"this export is in the book already, as {same}")
        counts = without_known_use(drawn, parts, tables)
        if not any((drawn / f"{name}.parquet").exists() for name in tables):
            return _told(report, book, "the export holds nothing that the book does not have")
        _write_base(book, place, tables, known_at)
        told = {"known_at": moment_text(known_at), "mapping": report.mapping, "rows": counts}
        (drawn / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        drawn.rename(place / name)
    progress("rolling use up by day")
    keep_use(book, ibis.duckdb.connect())
    written = tuple(replace(t, written=counts.get(t.table, 0)) for t in report.tables)
    return replace(report, tables=written, out=str(book / FOLDER / name))


def _told_last(
    parts: Sequence[BookPart], digest: str, keyed: Collection[str], known_at: dt.datetime
) -> str | None:
    """The increment of this content, if none that became known after it, until `known_at`, tells of `keyed`.

    Tables without a key play no role: of them an export adds only what the book lacks.
    """
    alike = [part for part in parts[1:] if part.folder.name.endswith(digest)]
    if not alike:
        return None
    same, moment = alike[-1], known_at.replace(microsecond=0)  # as precise as the names of increments
    between = [part for part in parts[same.number + 1 :] if _second(part) <= moment]
    newer = [part for part in between if any(part.file(name).is_file() for name in keyed)]
    return same.folder.name if _second(same) >= moment or not newer else None


def _second(part: BookPart) -> dt.datetime:
    assert part.known_at is not None  # of every increment
    return part.known_at.replace(microsecond=0)


def _told(report: ImportReport, book: Path, text: str) -> ImportReport:
    nothing = tuple(TableImport(t.table, t.files, t.read, 0) for t in report.tables)
    return replace(report, out=str(book), tables=nothing, statements=(*report.statements, text))


@contextmanager
def _aside(book: Path) -> Iterator[tuple[Path, Path]]:
    """The folder of increments and a hidden one in it to write into, which is gone afterwards."""
    place = book / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    drawn = Path(tempfile.mkdtemp(prefix=".part-", dir=place))
    try:
        yield place, drawn
    finally:
        shutil.rmtree(drawn, ignore_errors=True)
        if not any(place.iterdir()):
            place.rmdir()


def _moved(old: Path, new: Path) -> None:
    shutil.rmtree(new, ignore_errors=True)
    old.rename(new)


def _digest(folder: Path, tables: Mapping[str, SourceTable]) -> str:
    """Of the content: the same export gives the same bytes."""
    whole = hashlib.sha256()
    for name in sorted(tables):
        path = folder / f"{name}.parquet"
        if path.exists():
            whole.update(f"{name} {path.stat().st_size} ".encode())
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


def _base_files(book: Path, tables: Mapping[str, SourceTable]) -> dict[str, int]:
    paths = [book / f"{name}.parquet" for name in tables]
    return {path.name: path.stat().st_size for path in paths if path.is_file()}


def _check_base(book: Path, tables: Mapping[str, SourceTable]) -> None:
    """A base of CSV has no instants to compare with; one that has changed no longer tells what it told."""
    faults = [
        Fault("--out", path.name, "a book of Parquet tables, to append to", "import it anew, or write it so")
        for path in (book / f"{name}.csv" for name in tables)
        if path.exists()
    ]
    told = book / FOLDER / BASE
    if told.exists():
        kept, there = json.loads(told.read_text(encoding="utf-8"))["files"], _base_files(book, tables)
        step = "bring it back, or import the whole into another folder"
        faults += [
            Fault(name, "changed since increments were appended", "the file as it was then", step)
            for name in sorted({*kept, *there})
            if kept.get(name) != there.get(name)
        ]
    if faults:
        raise WrongUse("nothing can be appended to this book", faults)


def _write_base(book: Path, place: Path, tables: Mapping[str, SourceTable], known_at: dt.datetime) -> None:
    """Up to when the base tells: its newest fact, of those before the first increment."""
    if (place / BASE).exists():
        return
    newest = [moment for name in tables if (moment := _newest(book, tables[name], known_at)) is not None]
    told = {"known_at": moment_text(max(newest)) if newest else None, "files": _base_files(book, tables)}
    part = place / f".{BASE}"
    part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    part.rename(place / BASE)


def _newest(book: Path, table: SourceTable, before: dt.datetime) -> dt.datetime | None:
    path = book / f"{table.name}.parquet"
    if table.happens is None or not path.is_file():
        return None
    rows = ibis.duckdb.connect().read_parquet(str(path.resolve()))
    moments = [rows[n] for n in ("recorded_at", table.happens, *table.later) if n in rows.columns]
    instants = [moment.cast("timestamp('UTC')") for moment in moments]
    limit = ibis.literal(before, "timestamp('UTC')")
    found = rows.aggregate(**{str(n): i.max(where=i < limit) for n, i in enumerate(instants)})
    return max(
        (each for each in found.to_pyarrow().to_pylist()[0].values() if each is not None), default=None
    )


def moment_of(text: str | None, now: dt.datetime) -> dt.datetime:
    """What `--known-at` says, an instant with its zone; without it `now`."""
    if text is None:
        return now
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        allowed, step = "an instant such as 2026-11-01T01:00:00Z", "write it with its zone"
        raise WrongUse("the import cannot be dated", [Fault("--known-at", text, allowed, step)])
    if moment > now:
        raise WrongUse(
            "the import cannot be dated",
            [Fault("--known-at", text, "a moment that has passed", "when was the export taken?")],
        )
    return moment

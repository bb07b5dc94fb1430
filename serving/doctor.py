"""Is this installation sound? Every check says what it found, and the next step where something is wrong."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import socket
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from features.faults import VitalsFault
from features.source_checks import check_book
from serving.scores.champion import find_champion
from training.all_params import AllParams
from training.outcome_tables import ALL_TABLES

State = Literal["ok", "warning", "fault"]
LEAST_FREE = 1 << 30  # bytes
PINNED = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """What a check found; `next` is empty where all is well."""

    check: str
    state: State
    found: str
    next: str = ""

    def __str__(self) -> str:
        step = f". Next: {self.next}" if self.next else ""
        return f"{self.state:<8} {self.check}: {self.found}{step}"

    def as_dict(self) -> dict[str, str]:
        """The finding for machines."""
        return asdict(self)


@dataclass(frozen=True)
class Installation:
    """What is looked at. `now` is injected, so that a check of the clock can be tested."""

    params: Path
    registry: Path
    store: str
    book: Path
    port: int
    lock: Path
    secrets: tuple[Path, ...]
    now: dt.datetime


def examine(place: Installation) -> list[Finding]:
    """Every check, in the order in which faults are best mended; none stops the others."""
    return [finding for check in CHECKS for finding in check(place)]


def _python(_: Installation) -> Iterator[Finding]:
    found = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", "ok", found)
    else:
        yield Finding("python", "fault", found, "install Python 3.11 and run make setup")


def _packages(place: Installation) -> Iterator[Finding]:
    """Installed packages against the lock: another version, or none."""
    if not place.lock.is_file():
        step = "run from the project's folder, or name the lock with --lock"
        yield Finding("packages", "warning", f"no lock at {place.lock}", step)
        return
    pinned = PINNED.findall(place.lock.read_text(encoding="utf-8"))
    off = [
        f"{name} {_installed(name)} (locked {wanted})"
        for name, wanted in pinned
        if _installed(name) != wanted
    ]
    if not off:
        yield Finding("packages", "ok", f"{len(pinned)} as locked")
    else:
        more = ", …" if len(off) > 5 else ""
        yield Finding("packages", "fault", f"{len(off)} off: {', '.join(off[:5])}{more}", "run make setup")


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _params(place: Installation) -> Iterator[Finding]:
    try:
        AllParams.read(place.params, ())
    except (VitalsFault, OSError) as error:
        yield Finding("params", "fault", " ".join(str(error).split()), f"correct {place.params}")
    else:
        yield Finding("params", "ok", str(place.params))


def _store(place: Installation) -> Iterator[Finding]:
    """Whether the store answers. A SQLite file that is not there yet is made by the first score."""
    try:
        url = make_url(place.store)
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).is_file():
            yield Finding("store", "warning", f"{url.database} is not there yet", "run vitals score")
            return
        with create_engine(url).connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        step = "start the database, or correct VITALS_STORE (and install its driver)"
        yield Finding("store", "fault", f"does not answer ({type(error).__name__})", step)
    else:
        yield Finding("store", "ok", f"{url.get_backend_name()} answers")


def _registry(place: Installation) -> Iterator[Finding]:
    try:
        champion = find_champion(place.registry)
    except (VitalsFault, sqlite3.Error, OSError, ValueError) as error:
        step = "restore the registry, or train and promote again"
        yield Finding("champion", "fault", f"cannot be read ({type(error).__name__})", step)
        return
    if champion is None:
        step = "run vitals train and vitals promote; until then the rule answers"
        yield Finding("champion", "warning", f"none in {place.registry}", step)
    else:
        yield Finding("champion", "ok", f"version {champion.version}")


def _book(place: Installation) -> Iterator[Finding]:
    if not place.book.is_dir():
        yield Finding("book", "warning", f"{place.book} is not there", "run vitals import or vitals simulate")
        return
    try:
        report = check_book(place.book, ALL_TABLES).report
    except (VitalsFault, OSError) as error:
        yield Finding("book", "fault", " ".join(str(error).split())[:300], f"run vitals check {place.book}")
        return
    if report.fatal:
        yield Finding("book", "fault", f"{len(report.fatal)} fatal faults", f"run vitals check {place.book}")
    else:
        yield Finding("book", "ok", f"{place.book} passes its checks")


def _port(place: Installation) -> Iterator[Finding]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", place.port))
        except OSError as error:
            step = "stop what listens there, or serve with --port (it may be Vitals itself)"
            yield Finding("port", "warning", f"{place.port} is taken ({error.strerror})", step)
        else:
            yield Finding("port", "ok", f"{place.port} is free")


def _disk(place: Installation) -> Iterator[Finding]:
    folder = next(path for path in (place.registry, *place.registry.resolve().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    found = f"{free / (1 << 30):.1f} GB free at {folder}"
    if free < LEAST_FREE:
        yield Finding("disk", "fault", found, "make room: a training run and its history need 1 GB")
    else:
        yield Finding("disk", "ok", found)


def _clock(place: Installation) -> Iterator[Finding]:
    """Deadlines run by this clock: one that lags behind what is on disk already is wrong."""
    known = [path for path in (place.lock, place.params) if path.is_file()]
    newest = max(
        (dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) for path in known), default=place.now
    )
    if newest > place.now + dt.timedelta(minutes=5):
        found = f"{place.now:%Y-%m-%d %H:%M} UTC, but a file is of {newest:%Y-%m-%d %H:%M}"
        yield Finding("clock", "fault", found, "set the clock (NTP): escalations and as-of dates run by it")
    else:
        zone = dt.datetime.now().astimezone().tzname()
        yield Finding("clock", "ok", f"{place.now:%Y-%m-%d %H:%M} UTC, local zone {zone}")


def _secrets(place: Installation) -> Iterator[Finding]:
    for path in (path for path in place.secrets if path.is_file()):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield Finding("secrets", "fault", f"{path} is open to others ({mode:o})", f"chmod 600 {path}")
        else:
            yield Finding("secrets", "ok", f"{path} is its owner's alone")


CHECKS: tuple[Callable[[Installation], Iterator[Finding]], ...] = (
    _python,
    _packages,
    _params,
    _disk,
    _clock,
    _secrets,
    _store,
    _registry,
    _book,
    _port,
)

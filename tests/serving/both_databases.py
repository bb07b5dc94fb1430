"""A store on SQLite and one on PostgreSQL: what is promised of the closed loop holds on both.

PostgreSQL is run where its programs and the driver are installed; elsewhere its half is skipped, and said.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from serving.history.store import ScoreStore

__all__ = ["database_url", "loop_store", "postgres"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this test run, without a database; on a socket, no port."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed here: pip install 'vitals[postgres]'")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: the path of a socket has at most 107 characters
    user = _owner(folder)
    data = folder / "data"
    _run(user, programs / "initdb", "-D", str(data), "-A", "trust", "-U", "vitals", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    _run(user, programs / "pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://vitals@/{{name}}?host={folder}"
    finally:
        _run(user, programs / "pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """The folder of the server's programs: Debian leaves it out of the path."""
    on_path = shutil.which("pg_ctl")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in folders if (place / "initdb").exists()), None)


def _owner(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root; there its own user takes the folder over."""
    if os.getuid() != 0:
        return None
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    os.chown(folder, found.pw_uid, found.pw_gid)
    return "postgres"


def _run(user: str | None, *command: str | Path) -> None:
    prefix = ["runuser", "-u", user, "--"] if user else []
    subprocess.run([*prefix, *command], check=True, capture_output=True, cwd="/")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of this test."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'vitals.db'}"
        return
    pattern, name = request.getfixturevalue("postgres"), f"t{uuid4().hex}"
    engine = create_engine(pattern.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield pattern.format(name=name)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def loop_store(database_url: str) -> Iterator[ScoreStore]:
    """A store with its tables, on either database."""
    made = ScoreStore(database_url)
    made.prepare()
    yield made
    made.close()

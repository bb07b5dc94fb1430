"""The database behind the store: SQLite in WAL mode, or PostgreSQL, with the tables of every topic."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError

from features.faults import Fault, WrongUse
from serving.answers import survey_tables  # noqa: F401  # declared before the tables are made
from serving.closed_loop import (
    alarm_holds,  # noqa: F401  # declared before the tables are made
    case_tables,  # noqa: F401  # declared before the tables are made
    nightly_tables,  # noqa: F401  # declared before the tables are made
    override_tables,  # noqa: F401  # declared before the tables are made
)
from serving.delivery import outbox_tables  # noqa: F401  # declared before the tables are made
from serving.gaming import gaming_tables  # noqa: F401  # declared before the tables are made
from serving.history.folded_text import teach_casefold
from serving.history.snapshots import WrittenJson
from serving.history.store_schema import bring_up_to_date
from serving.lineage import lineage_tables  # noqa: F401  # declared before the tables are made
from serving.retraining import retraining_tables  # noqa: F401  # declared before the tables are made
from serving.review import verdict_tables  # noqa: F401  # declared before the tables are made
from serving.themes import theme_tables  # noqa: F401  # declared before the tables are made
from serving.weights import weight_tables  # noqa: F401  # declared before the tables are made


def engine_at(url: str) -> Engine:
    """The engine of a database URL; no connection is opened. WrongUse for a URL that names no database."""
    try:
        engine = create_engine(url, json_serializer=_written, pool_pre_ping=True)
    except (ArgumentError, ModuleNotFoundError) as error:
        # Of the URL only the part before the first colon is said: the rest may hold a password.
        allowed = "sqlite:///data/vitals.db, or postgresql+psycopg://user@host/name with its driver installed"
        step = f"correct it ({type(error).__name__})"
        fault = Fault("VITALS_STORE", url.partition(":")[0], allowed, step)
        raise WrongUse("the store's URL cannot be used", [fault]) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _use_wal)
        event.listen(engine, "connect", teach_casefold)
    return engine


def _written(value: Any) -> str:
    if isinstance(value, WrittenJson):
        return value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def prepare(engine: Engine) -> None:
    """Makes the tables where they are not there yet, and brings older ones up to date; of a SQLite file
    also its folder. WrongUse for a store of a newer Vitals."""
    url = engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    bring_up_to_date(engine)


def _use_wal(connection: DBAPIConnection, _record: object) -> None:
    """Readers go on reading while a snapshot is written; writers wait for one another up to ten seconds.

    `synchronous=FULL`: what was acknowledged stays, though the machine loses its power a moment later.
    """
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

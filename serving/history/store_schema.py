"""The version of a store's schema: older stores are brought up to date in place, newer ones are refused.

`alembic_version` holds the newest revision of `migrations` that a store has seen. A store that is up
to date is not written to, and needs no import of Alembic, so that a service starts while another publishes.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, Inspector, inspect, text

from features.faults import Fault, WrongUse
from serving.history.score_tables import metadata

VERSIONS = Path(__file__).parent / "migrations" / "versions"
REVISIONS = tuple(sorted(file.stem[1:5] for file in VERSIONS.glob("r[0-9]*.py")))
LOCK = 0x76_69_74_61  # of PostgreSQL's advisory locks: any number that every process of Vitals takes


def bring_up_to_date(engine: Engine) -> None:
    """Makes what is missing, and changes what is older, in one transaction; of several processes one does.

    WrongUse for a store that a newer Vitals has changed: its rows could not be read as they are meant.
    """
    with engine.connect() as connection:
        if _is_up_to_date(connection):
            return
    with engine.begin() as connection:
        _lock(connection)
        if not _is_up_to_date(connection):
            is_new = not inspect(connection).get_table_names()
            metadata.create_all(connection)
            _upgrade(connection, is_new)


def _is_up_to_date(connection: Connection) -> bool:
    found = inspect(connection)
    version = _version(connection, found)
    if version is not None and version not in REVISIONS:
        step = "run the version of Vitals that changed it, or restore a backup from before (docs/operate.md)"
        fault = Fault("schema of the store", version, f"at most {REVISIONS[-1]}", step)
        raise WrongUse("the store is newer than this Vitals", [fault])
    return version == REVISIONS[-1] and set(metadata.tables) <= set(found.get_table_names())


def _version(connection: Connection, found: Inspector) -> str | None:
    if not found.has_table("alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _lock(connection: Connection) -> None:
    """Until the transaction ends: others wait, and then find that everything is done."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _upgrade(connection: Connection, is_new: bool) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    steps = {"fn": lambda seen, _: scripts._upgrade_revs("head", seen)}
    context = MigrationContext.configure(connection, opts=steps)
    if is_new:  # its tables are made as they are today
        context.stamp(scripts, "head")
        return
    with Operations.context(context):
        context.run_migrations()

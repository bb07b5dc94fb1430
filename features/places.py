"""Warehouses that are read in place: PostgreSQL, DuckDB, and Parquet in folders or on object storage.

A place is named by an environment variable, VITALS_WAREHOUSE or VITALS_WAREHOUSE_…, that holds its URL:

    postgres://reader:secret@db.example.com/analytics      a database, read through Ibis and psycopg
    duckdb:///srv/warehouse.duckdb                         a DuckDB file, opened for reading only
    file:///srv/lake                                       a folder of <table>.parquet files or folders
    s3://bucket/lake                                       the same on object storage (AWS_… variables)

So no mapping and no book ever holds an address or a secret, and a mapping from somebody else can reach
nothing but what whoever runs it has named for this purpose. Messages hold the variable, never the URL.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.common.exceptions import IbisError

from features.faults import DataFault, Fault, WrongUse, nearest
from features.source_files import check_header

VARIABLE = re.compile(r"^VITALS_WAREHOUSE(_[A-Z0-9_]+)?$")
SCHEMES = ("postgres", "postgresql", "duckdb", "file", "s3")
EXAMPLE = "a URL that begins with postgres://, duckdb:///, file:/// or s3://"


def variable_fault(where: str, name: str) -> Fault | None:
    """What is wrong with the name of a place's variable; None where nothing is."""
    if VARIABLE.match(name):
        return None
    step = "name the variable so, and put the URL into it: a mapping never holds one"
    return Fault(where, name, "VITALS_WAREHOUSE or VITALS_WAREHOUSE_…", step)


@contextmanager
def place_table(variable: str, name: str) -> Iterator[ir.Table]:
    """The table `name` (`schema.table`, or `table`) of a place, on its engine, while it is open.

    Raises WrongUse where the variable is not set or holds no such URL, DataFault where the place does not
    answer or has no such table; nothing of the URL stands in them.
    """
    url = _url(variable)
    scheme = urlsplit(url).scheme
    with asking(variable):
        if scheme in ("file", "s3"):
            yield _parquet(variable, url, name)
            return
        if scheme == "duckdb":
            connection = ibis.duckdb.connect(unquote(urlsplit(url).path), read_only=True)
            connection.raw_sql("SET TimeZone = 'UTC'")
        else:
            connection = ibis.connect(url)  # it sets the session's time zone to UTC
        try:
            yield _found(connection, variable, name)
        finally:
            connection.disconnect()


def _found(connection: Any, variable: str, name: str) -> ir.Table:
    schema, _, table = name.rpartition(".")
    there = _tables(connection, schema)
    if table not in there:
        fault = Fault(variable, name, "a table that is there and may be read", nearest(table, there))
        raise DataFault("a warehouse lacks a table", [fault])
    found: ir.Table = connection.table(table, database=schema or None)
    return found


def _tables(connection: Any, schema: str) -> list[str]:
    if connection.name != "duckdb":
        return list(connection.list_tables(database=schema or None))
    # Ibis asks DuckDB by a function that DuckDB is about to drop, and warns of.
    asked = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
    return [row[0] for row in connection.con.execute(asked, [schema or "main"]).fetchall()]


def _url(variable: str) -> str:
    url = os.environ.get(variable, "")
    if urlsplit(url).scheme not in SCHEMES:
        state = "not set" if not url else "a value that is no such URL"
        step = f"export {variable}=postgres://… in the shell or the service that runs this"
        raise WrongUse("a warehouse cannot be reached", [Fault(variable, state, EXAMPLE, step)])
    return url


def _parquet(variable: str, url: str, name: str) -> ir.Table:
    """A file `<name>.parquet`, or a folder of that name or without the ending, that holds Parquet files.

    Read by pyarrow, which brings object storage with it; DuckDB passes columns and conditions down to it.
    """
    from pyarrow import dataset, fs

    system, root = _file_system(url)
    tried = [f"{root}/{name.replace('.', '/')}.parquet", f"{root}/{name.replace('.', '/')}"]
    kinds = [info.type for info in system.get_file_info(tried)]
    found = next((p for p, kind in zip(tried, kinds, strict=True) if kind != fs.FileType.NotFound), None)
    if found is None:
        step = "write it so, or correct the table's name in the mapping"
        raise DataFault(
            "a warehouse lacks a table", [Fault(variable, name, f"{name}.parquet or a folder {name}", step)]
        )
    files = dataset.dataset(found, filesystem=system, format="parquet")
    check_header(name, files.schema.names)
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET TimeZone = 'UTC'")
    connection.con.register("place", files)
    return connection.table("place")


def _file_system(url: str) -> tuple[Any, str]:
    from pyarrow import fs

    if urlsplit(url).scheme == "file":
        return fs.LocalFileSystem(), unquote(urlsplit(url).path).rstrip("/")
    # The region and the keys come from the usual AWS_… variables, files or the machine's role.
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    options = {"endpoint_override": endpoint} if endpoint else {}
    system = fs.S3FileSystem(**options, connect_timeout=10, request_timeout=60)
    return system, url.removeprefix("s3://").rstrip("/")


def _complaints() -> tuple[type[Exception], ...]:
    """How the drivers complain; psycopg is there only where the extra is."""
    known: tuple[type[Exception], ...] = (OSError, duckdb.Error, pa.ArrowException, IbisError)
    try:
        import psycopg
    except ModuleNotFoundError:
        return known
    return (*known, psycopg.Error)


@contextmanager
def asking(variable: str) -> Iterator[None]:
    """Turns a driver's complaint into a fault without its words: they may hold an address or a row."""
    try:
        yield
    except (DataFault, WrongUse):
        raise
    except ModuleNotFoundError as error:
        step = "pip install 'vitals[postgres]'"
        raise WrongUse(
            "a warehouse cannot be read", [Fault(variable, f"needs {error.name}", "its driver", step)]
        ) from None
    except _complaints() as error:
        step = "is the server up, may this user read the table, is the URL right? try it with its own client"
        fault = Fault(variable, f"does not answer ({type(error).__name__})", "a warehouse that answers", step)
        raise DataFault("a warehouse cannot be read", [fault]) from None

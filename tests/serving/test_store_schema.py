"""The schema of a store, on SQLite and on a PostgreSQL server that the tests start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from features.faults import WrongUse
from serving.access.access import KNOWN_FOR
from serving.access.api_keys import create_key, revoke_keys
from serving.history.opened_store import opened_store
from serving.history.score_tables import metadata
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.history.store_schema import REVISIONS, VERSIONS
from tests.serving.both_databases import database_url, postgres
from tests.serving.conftest import scored_book
from tests.serving.fake_scorer import MODEL
from tests.serving.test_service_process import free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS

__all__ = ["database_url", "postgres"]
ROOT = Path(__file__).resolve().parents[2]


def run(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def columns(url: str, table: str) -> set[str]:
    engine = create_engine(url)
    found = {column["name"] for column in inspect(engine).get_columns(table)}
    engine.dispose()
    return found


def version(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        [(found,)] = connection.execute(text("SELECT version_num FROM alembic_version")).all()
    engine.dispose()
    return str(found)


def prepared(url: str) -> None:
    store = ScoreStore(url)
    store.prepare()
    store.close()


def test_a_new_store_has_every_table_and_the_newest_version(database_url: str) -> None:
    prepared(database_url)
    prepared(database_url)
    engine = create_engine(database_url)
    assert set(inspect(engine).get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()
    assert version(database_url) == REVISIONS[-1]


def test_a_store_from_before_versions_is_brought_up_to_date_with_its_rows(database_url: str) -> None:
    prepared(database_url)
    now = "2026-11-01T00:00:00Z"
    key = f"'0', 'crm', 'x', '[]', '{now}', NULL, NULL"
    run(
        database_url,
        "INSERT INTO api_keys (key_id, name, hash, scopes, created_at, expires_at, revoked_at) "
        f"VALUES ({key})",
        "ALTER TABLE api_keys DROP COLUMN owner",  # as it was before keys had owners
        "DROP TABLE alembic_version",
    )
    prepared(database_url)
    assert columns(database_url, "api_keys") == set(metadata.tables["api_keys"].columns.keys())
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT name, owner FROM api_keys")).all() == [("crm", None)]
    engine.dispose()
    assert version(database_url) == REVISIONS[-1]


def test_a_table_that_came_later_is_made(database_url: str) -> None:
    prepared(database_url)
    run(database_url, "DROP TABLE api_keys")
    prepared(database_url)
    assert "key_id" in columns(database_url, "api_keys")


def test_a_newer_store_is_refused_with_the_version_and_left_alone(database_url: str) -> None:
    prepared(database_url)
    run(database_url, "UPDATE alembic_version SET version_num = '9999'", "DROP TABLE api_keys")
    with (
        pytest.raises(WrongUse, match=rf"'9999'; allowed: at most {REVISIONS[-1]}.*restore a backup"),
        opened_store(database_url),
    ):
        pass
    assert version(database_url) == "9999"
    engine = create_engine(database_url)
    assert "api_keys" not in inspect(engine).get_table_names()
    engine.dispose()


@pytest.mark.long
def test_processes_that_start_at_once_make_one_schema(database_url: str) -> None:
    script = "import sys; from serving.history.store import ScoreStore; ScoreStore(sys.argv[1]).prepare()"
    command = [sys.executable, "-c", script, database_url]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert version(database_url) == REVISIONS[-1]


def test_a_store_that_is_up_to_date_is_prepared_while_another_writes(tmp_path: Path) -> None:
    store = ScoreStore(f"sqlite:///{tmp_path / 'vitals.db'}")
    store.prepare()
    with store.writing():
        prepared(f"sqlite:///{tmp_path / 'vitals.db'}")
    store.close()
    assert version(f"sqlite:///{tmp_path / 'vitals.db'}") == REVISIONS[-1]


def test_scores_are_published_and_read_on_both(database_url: str) -> None:
    with opened_store(database_url) as store:
        published = publish(store)
    with opened_store(database_url) as store:
        assert store.newest_snapshot() == published
        assert [a.payload for a in store.all_scores_of(published)] == [a.payload for a in scored_book(5)]


def publish(store: ScoreStore) -> Snapshot:
    when = datetime(2026, 11, 1, tzinfo=UTC)
    return store.publish_snapshot(
        scored_book(5), as_of=when, published_at=when, model=MODEL, data_fingerprint="sha256:0"
    )


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_services_that_start_at_once_serve_one_store(database_url: str, tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    own = {**os.environ, "BENTOML_HOME": str(tmp_path), "VITALS_STORE": database_url, "PYTHONPATH": str(ROOT)}
    places = ["--params", str(PARAMS), "--registry", str(tmp_path)]
    command = [sys.executable, "-m", "vitals", "serve", *places, "--port"]
    services = [
        subprocess.Popen([*command, str(port)], cwd=tmp_path, env=own, stdout=subprocess.DEVNULL)
        for port in ports
    ]
    try:
        for port, service in zip(ports, services, strict=True):
            wait_until_ready(f"http://127.0.0.1:{port}", service)
        with opened_store(database_url) as store:
            _, key = create_key(store, "tests", ["admin"], datetime.now(UTC))
            publish(store)
        headers = {"Authorization": f"Bearer {key}"}
        urls = [f"http://127.0.0.1:{port}/v1/accounts" for port in ports]
        first, second = (httpx.get(url, headers=headers, timeout=30).json() for url in urls)
        assert first == second
        assert len(first["accounts"]) == 5
        with opened_store(database_url) as store:
            revoke_keys(store, "tests", datetime.now(UTC))
        time.sleep(KNOWN_FOR + 0.5)
        assert [httpx.get(url, headers=headers, timeout=30).status_code for url in urls] == [401, 401]
    finally:
        for service in services:
            service.send_signal(signal.SIGTERM)
        codes = [service.wait(timeout=60) for service in services]
    assert codes == [0, 0]


def test_revisions_are_one_chain_in_the_order_of_their_names() -> None:
    scripts = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    chain = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(chain)) == REVISIONS

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from serving.history.store import ScoreStore
from tests.serving.both_databases import database_url, postgres
from tests.serving.kill_runs import LOST, run
from tests.serving.test_case_routes import ANSWER, loop, post

__all__ = ["database_url", "loop", "postgres"]


@pytest.mark.long
@pytest.mark.slow
def test_processes_that_are_killed_lose_no_answer_and_no_alarm(database_url: str) -> None:
    counts = run(database_url, kills=5, seed=3, pause=0.3)
    assert {what: counts[what] for what in LOST} == dict.fromkeys(LOST, 0)
    assert counts["alarms"] == counts["acknowledged"] or counts["alarms"] > counts["acknowledged"] > 10


def refused(client: TestClient, key: str) -> Any:
    answered = client.post("/v1/survey-responses", json=ANSWER, headers={"Idempotency-Key": key})
    assert (answered.status_code, answered.headers["retry-after"]) == (503, "5")
    assert ANSWER["comment"] not in answered.text
    return json.loads(answered.text)


def test_an_answer_that_finds_the_disk_full_is_not_acknowledged_and_may_be_sent_again(
    loop: TestClient, store: ScoreStore
) -> None:
    def full(connection: Any, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(store._engine, "connect", full)
    store.close()  # so that every connection is a new one
    long = ANSWER | {"comment": "x" * 20_000}
    headers = {"Idempotency-Key": "key-1"}
    answered = loop.post("/v1/survey-responses", json=long, headers=headers)
    assert answered.status_code == 503
    assert loop.get("/v1/cases").json()["cases"] == []
    event.remove(store._engine, "connect", full)
    store.close()
    assert post(loop, "survey-responses", long, "key-1")["case_id"] == "C-000001"


def test_an_answer_that_finds_the_database_locked_is_not_acknowledged_and_may_be_sent_again(
    loop: TestClient, store: ScoreStore, tmp_path: Path
) -> None:
    def impatient(connection: Any, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(store._engine, "connect", impatient)
    store.close()
    other = sqlite3.connect(tmp_path / "vitals.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused(loop, "key-1")
    other.execute("ROLLBACK")
    other.close()
    assert post(loop, "survey-responses", ANSWER, "key-1")["case_id"] == "C-000001"

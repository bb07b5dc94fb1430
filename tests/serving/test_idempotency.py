from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, func, select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from serving.api import idempotency
from serving.api.answering import posting
from serving.api.idempotency import Reply, WriteCall, write_call_of, written_once
from serving.api.idempotency_tables import write_calls
from serving.api.problems import INVALID, Problem
from serving.history.store import ScoreStore

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
CALL = WriteCall("a" * 64, "b" * 64, "key-1")
OTHER_BODY = replace(CALL, body_hash="c" * 64)

remarks = Table("remarks", MetaData(), Column("id", Integer, primary_key=True), Column("said", String(50)))


@pytest.fixture
def remarked(store: ScoreStore) -> ScoreStore:
    """A store with a table to write to."""
    with store.begin() as connection:
        remarks.create(connection)
    return store


def remark(connection: Connection) -> Reply:
    connection.execute(remarks.insert().values(said="hello"))
    return Reply(201, {"remarks": connection.scalar(select(func.count()).select_from(remarks))})


def refuse(connection: Connection) -> Reply:
    remark(connection)
    raise Problem(INVALID)


def count(store: ScoreStore, table: Table = remarks) -> Any:
    with store.begin() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def problem_of(store: ScoreStore, call: WriteCall, now: datetime = NOW, effect: Any = remark) -> Problem:
    with pytest.raises(Problem) as caught:
        written_once(store, call, now, effect)
    return caught.value


def test_a_call_that_is_repeated_is_done_once_and_answered_alike(remarked: ScoreStore) -> None:
    first = written_once(remarked, CALL, NOW, remark)
    again = written_once(remarked, CALL, NOW + timedelta(hours=23), remark)
    assert (first.status_code, first.body) == (again.status_code, again.body) == (201, b'{"remarks":1}')
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert count(remarked) == 1


def test_another_body_under_the_same_key_is_refused(remarked: ScoreStore) -> None:
    written_once(remarked, CALL, NOW, remark)
    refused = problem_of(remarked, OTHER_BODY)
    assert refused.kind.status == 422
    assert refused.faults[0].next == "send a new key for a new action, or the first body again"
    assert count(remarked) == 1


def test_a_refusal_undoes_what_was_written_and_frees_the_key(remarked: ScoreStore) -> None:
    assert problem_of(remarked, CALL, effect=refuse).kind is INVALID
    assert (count(remarked), count(remarked, write_calls)) == (0, 0)
    assert written_once(remarked, OTHER_BODY, NOW, remark).status_code == 201


def test_an_answer_that_is_no_json_undoes_the_effect_too(remarked: ScoreStore) -> None:
    def not_a_number(connection: Connection) -> Reply:
        remark(connection)
        return Reply(200, {"health": float("nan")})

    with pytest.raises(ValueError, match="JSON compliant"):
        written_once(remarked, CALL, NOW, not_a_number)
    assert count(remarked) == 0


def test_a_call_that_comes_while_the_first_still_runs_is_told_to_wait(remarked: ScoreStore) -> None:
    begun, go_on = threading.Event(), threading.Event()
    answers: list[Response] = []

    def wait(connection: Connection) -> Reply:
        begun.set()
        assert go_on.wait(30)
        return remark(connection)

    first = threading.Thread(target=lambda: answers.append(written_once(remarked, CALL, NOW, wait)))
    first.start()
    assert begun.wait(30)
    refused = problem_of(remarked, CALL)
    other_body = problem_of(remarked, OTHER_BODY)
    go_on.set()
    first.join(30)
    assert (refused.kind.status, refused.response().headers["retry-after"]) == (409, "1")
    assert other_body.kind.status == 422
    assert [answer.status_code for answer in answers] == [201]
    assert count(remarked) == 1


def test_of_many_attempts_at_once_one_is_done(remarked: ScoreStore) -> None:
    at_once, statuses = threading.Barrier(8), []

    def attempt() -> None:
        at_once.wait(30)
        try:
            statuses.append(written_once(remarked, CALL, NOW, remark).status_code)
        except Problem as refused:
            statuses.append(refused.kind.status)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(statuses) == 8
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert count(remarked) == 1


def test_what_a_dead_attempt_left_is_taken_over_after_its_lease(
    remarked: ScoreStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Connection) -> Reply:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:  # a process that is killed releases nothing
        killed.setattr(idempotency, "_release", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            written_once(remarked, CALL, NOW, die)
    assert problem_of(remarked, CALL, NOW + timedelta(seconds=59)).kind.status == 409
    assert written_once(remarked, CALL, NOW + timedelta(seconds=61), remark).status_code == 201
    assert count(remarked) == 1


def test_an_attempt_that_was_taken_for_dead_writes_nothing(remarked: ScoreStore) -> None:
    def late(connection: Connection) -> Reply:
        connection.execute(write_calls.update().values(token="of another"))
        return remark(connection)

    assert problem_of(remarked, CALL, effect=late).kind.status == 409
    assert count(remarked) == 0


def test_after_a_day_the_key_is_free_again_and_forgotten(remarked: ScoreStore) -> None:
    written_once(remarked, CALL, NOW, remark)
    written_once(remarked, replace(CALL, call_id="d" * 64), NOW + timedelta(hours=25), remark)
    assert count(remarked, write_calls) == 1
    assert written_once(remarked, OTHER_BODY, NOW + timedelta(hours=25), remark).status_code == 201


def called(keys: list[str], path: str = "/v1/cases/1/comment") -> Any:
    """The answer of an endpoint that tells the identity of the call."""

    def identity(request: Request, body: bytes) -> dict[str, Any]:
        call = write_call_of(request, body)
        return {"call_id": call.call_id, "body": body.decode()}

    app = Starlette(routes=[Route("/{path:path}", posting(identity), methods=["POST"])])
    sent = [(idempotency.HEADER, key.encode("latin-1")) for key in keys]
    return TestClient(app).post(path, content=b"{}", headers=sent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([], None),
        ([""], ""),
        (["a", "a"], "2 headers"),
        (["k" * 201], "k" * 99 + "…"),
        (["a b"], "a b"),
        (["key\x7f"], "key\x7f"),
    ],
)
def test_a_key_that_is_missing_or_odd_is_refused(keys: list[str], said: str | None) -> None:
    refused = called(keys)
    assert refused.status_code == 400
    [error] = refused.json()["errors"]
    assert (error["field"], error["value"]) == ("Idempotency-Key", said)
    assert error["next"].startswith("send a new UUID per action")


def test_a_key_belongs_to_one_path_and_one_text() -> None:
    first = called(["k" * 200]).json()
    assert first["body"] == "{}"
    assert called(["k" * 200]).json() == first
    assert called(["k" * 200], "/v1/cases/2/comment").json()["call_id"] != first["call_id"]
    assert called(["k" * 199]).json()["call_id"] != first["call_id"]

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from serving.api.json_logs import JsonLines, log_as_json
from serving.api.request_log import access, request_id
from tests.serving.conftest import NewKey, Publish

HOSTILE = 'Müller & Söhne\n{"level": "ERROR"} 阿尔法公司'
JSON = {"content-type": "application/json"}


class Kept(logging.Handler):
    """Keeps what is logged, as the lines that a worker writes."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(JsonLines().format(record))


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Everything that is logged anywhere, from INFO on."""
    handler, root = Kept(), logging.getLogger()
    ours = logging.getLogger("vitals")
    root.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield handler
    root.removeHandler(handler)
    ours.setLevel(logging.NOTSET)


def calls(kept: Kept) -> list[dict[str, Any]]:
    return [line for text in kept.lines if (line := json.loads(text))["logger"] == access.name]


def test_a_call_is_one_line_with_its_id_key_route_status_time_and_model(
    client: TestClient, publish: Publish, kept: Kept
) -> None:
    publish()
    answered = client.get("/v1/accounts/A-000001")
    [line] = calls(kept)
    assert line.pop("ms") >= 0
    assert line.pop("time").endswith("Z")
    assert line.pop("request_id") == answered.headers["x-request-id"]
    assert line == {
        "level": "INFO",
        "logger": "vitals.access",
        "key": "tests",
        "method": "GET",
        "route": "/v1/accounts/{account_id}",
        "status": 200,
        "model": "rule-1",
    }


ACCOUNT: list[tuple[str, Callable[[TestClient], Any]]] = [
    ("path", lambda c: c.get(f"/v1/accounts/{quote(HOSTILE, safe='')}")),
    ("unknown path", lambda c: c.get(f"/{quote(HOSTILE, safe='')}")),
    ("query", lambda c: c.get("/v1/accounts", params={"q": HOSTILE, HOSTILE: "1"})),
    ("body", lambda c: c.post("/v1/health", json={"account_ids": [HOSTILE]})),
    ("no JSON", lambda c: c.post("/v1/predict", content=HOSTILE.encode(), headers=JSON)),
    (
        "feature",
        lambda c: c.post("/v1/predict", json={"rows": [{"account_id": HOSTILE, "features": {HOSTILE: 1}}]}),
    ),
    ("comment", lambda c: c.post("/v1/survey-responses", json={"comment": HOSTILE, "account_id": HOSTILE})),
    ("key", lambda c: c.get("/v1/model", headers={"Authorization": f"Bearer {quote(HOSTILE)}"})),
    ("id", lambda c: c.get("/v1/model", headers={"X-Request-ID": quote(HOSTILE)})),
    ("method", lambda c: c.request("MUELLER", "/v1/model")),
]


@pytest.mark.parametrize("call", [call for _, call in ACCOUNT], ids=[name for name, _ in ACCOUNT])
def test_no_word_of_a_call_is_logged_wherever_it_stands(
    client: TestClient, publish: Publish, kept: Kept, call: Callable[[TestClient], Any]
) -> None:
    publish()
    assert 400 <= call(client).status_code < 500 or call is ACCOUNT[8][1]
    assert len(calls(kept)) == 1
    told = "\n".join(
        text for text in kept.lines if json.loads(text)["logger"].startswith(("vitals", "bentoml"))
    )
    for word in ("ller", "hne", "阿尔法", json.dumps("阿尔法")[1:-1], "%E9", "%C3", "ERROR\\"):
        assert word not in told


def test_an_unexpected_fault_is_logged_with_its_places_and_without_its_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, kept: Kept
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(f"could not convert {HOSTILE}")

    monkeypatch.setattr("serving.access.key_door.needed_scope", broken)
    answered = client.get("/v1/catalog")
    assert answered.status_code == 500
    faults = [json.loads(text) for text in kept.lines if '"traceback"' in text]
    assert faults, "the fault has to be told"
    assert faults[0]["error"] == "ValueError"
    assert faults[0]["traceback"][-1].endswith(" broken")
    assert faults[0]["request_id"] == answered.headers["x-request-id"]
    assert "ller" not in "".join(kept.lines)


def test_a_refused_caller_is_logged_without_a_key(client: TestClient, kept: Kept) -> None:
    del client.headers["Authorization"]
    assert client.get("/v1/model").status_code == 401
    [line] = calls(kept)
    assert (line["status"], line["key"], line["route"]) == (401, None, "/v1/model")


def test_probes_are_not_logged(client: TestClient, kept: Kept) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        client.get(path)
    assert calls(kept) == []


@pytest.mark.parametrize("own", ["5f0c6a4e-9f5e-4a55-8b0e-6c2f40a3d1aa", "deadbeef"])
def test_the_callers_own_id_is_kept_where_it_can_be_no_word(client: TestClient, own: str) -> None:
    assert client.get("/v1/model", headers={"X-Request-ID": own}).headers["x-request-id"] == own


@pytest.mark.parametrize("own", ["acme corp", "beef", "f" * 65, "dead\tbeef0"])
def test_any_other_id_is_replaced(client: TestClient, own: str) -> None:
    given = client.get("/v1/model", headers={"X-Request-ID": own}).headers["x-request-id"]
    assert len(given) == 16
    assert given != own


def test_of_other_packages_the_first_line_is_kept() -> None:
    said = logging.LogRecord("asyncio", logging.ERROR, "", 0, "never retrieved\nfuture: Acme", (), None)
    assert json.loads(JsonLines().format(said))["message"] == "never retrieved"


def test_a_line_in_a_call_names_the_call() -> None:
    token = request_id.set("abc")
    try:
        said = logging.LogRecord("vitals.serving", logging.INFO, "", 0, "said", (), None)
        assert json.loads(JsonLines().format(said))["request_id"] == "abc"
    finally:
        request_id.reset(token)


def test_only_the_handlers_of_a_worker_are_turned_to_json() -> None:
    class OfAWorker(logging.Filter):
        pass

    logger, plain, workers = logging.getLogger("circus"), logging.StreamHandler(), logging.StreamHandler()
    workers.addFilter(OfAWorker())
    level = logging.getLogger("vitals").level
    for handler in (plain, workers):
        logger.addHandler(handler)
    try:
        log_as_json(OfAWorker)
        assert isinstance(workers.formatter, JsonLines)
        assert plain.formatter is None
    finally:
        for handler in (plain, workers):
            logger.removeHandler(handler)
        logging.getLogger("vitals").setLevel(level)


def test_a_key_with_a_name_is_told_by_it(client: TestClient, new_key: NewKey, kept: Kept) -> None:
    client.get("/v1/model", headers={"Authorization": f"Bearer {new_key('score:read', name='nightly')}"})
    assert [line["key"] for line in calls(kept)] == ["nightly"]

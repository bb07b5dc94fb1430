from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from serving import service
from serving.access import access, api_keys
from serving.access.api_keys import revoke_keys, rotate_key
from serving.access.scopes import SCOPES, needed_scope
from serving.api.openapi import openapi_document
from serving.history.store import ScoreStore
from serving.params import ServingParams
from tests.serving.conftest import Clock, NewKey, Publish
from tests.serving.test_service import problem

OF_THE_FRAMEWORK = [
    "/docs.json",
    "/schema.json",
    "/healthz",
    "/metrics",
    "/",
    "/assets/x",
    "/nothing",
    "/livez/",
]
CALLS = sorted(
    (method.upper(), path.format(account_id="A-000001", case_id="C-000001"))
    for path, item in openapi_document(ServingParams())["paths"].items()
    for method in item
    if path not in ("/livez", "/readyz")
)


def ask(
    client: TestClient, key: str | None, method: str = "GET", path: str = "/v1/model", **rest: Any
) -> Any:
    """The answer to a call with this key, or with none."""
    kept = client.headers.pop("Authorization")
    try:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return client.request(method, path, headers=headers | rest.pop("headers", {}), **rest)
    finally:
        client.headers["Authorization"] = kept


@pytest.mark.parametrize(
    ("method", "path"), CALLS + [(m, p) for p in OF_THE_FRAMEWORK for m in ("GET", "POST")]
)
def test_no_call_is_answered_without_a_key(client: TestClient, method: str, path: str) -> None:
    refused = ask(client, None, method, path, follow_redirects=False)
    body = problem(refused, 401)
    assert body["type"] == "urn:vitals:problem:unknown-caller"
    assert refused.headers["www-authenticate"] == 'Bearer realm="vitals"'
    assert "vitals keys create" in body["errors"][0]["next"]


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "DELETE", "PUT", "PATCH", "TRACE", "FOO"])
def test_no_method_comes_past_the_door(client: TestClient, method: str) -> None:
    assert ask(client, None, method, "/v1/accounts").status_code == 401


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/sign-in"])
def test_what_must_answer_without_a_key_does(client: TestClient, path: str) -> None:
    assert ask(client, None, "GET", path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/livez%2F..%2Fv1%2Fmodel", "/sign-in/../v1/model", "//sign-in", "/SIGN-IN", "/sign-in/"]
)
def test_a_path_that_only_looks_open_is_not(client: TestClient, path: str) -> None:
    assert ask(client, None, "GET", path, follow_redirects=False).status_code == 401


def test_a_key_opens_the_calls_of_its_scopes_and_no_other(
    client: TestClient, new_key: NewKey, publish: Publish
) -> None:
    publish()
    reader = new_key("score:read")
    assert ask(client, reader, path="/v1/accounts").status_code == 200
    rows = {"rows": [{"account_id": "A", "features": {}}]}
    [error] = problem(ask(client, reader, "POST", "/v1/predict", json=rows), 403)["errors"]
    assert error == {
        "field": "scope",
        "value": "score:read",
        "allowed": "score:write",
        "next": "make a key with it: vitals keys create --scope score:write",
    }
    assert ask(client, new_key("score:write", name="w"), "POST", "/v1/predict", json=rows).status_code == 200
    assert ask(client, reader, path="/docs.json").status_code == 200
    assert ask(client, reader, path="/metrics").status_code == 403


@pytest.mark.parametrize("scope", sorted(SCOPES))
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_each_call_asks_for_its_scope(
    client: TestClient, new_key: NewKey, scope: str, method: str, path: str
) -> None:
    needed = needed_scope(method, path)
    status = ask(client, new_key(scope), method, path, json={}).status_code
    assert (status == 403) == (needed is not None and scope not in (needed, "admin"))


def test_a_call_that_nobody_thought_of_asks_for_everything() -> None:
    assert needed_scope("POST", "/v1/new-thing") == "admin"
    assert needed_scope("PUT", "/v1/cases/C-1") == "cases:write"
    assert needed_scope("GET", "/v1/new-thing") == "score:read"
    assert needed_scope("POST", "/v1/healthy") == "admin"


@pytest.mark.parametrize(
    "sent",
    [
        ["Bearer"],
        ["Bearer "],
        ["Basic dXNlcjpwYXNz"],
        ["Bearer vk_000000000000_" + "x" * 43],
        ["Bearer vk_" + "0" * 200_000],
        ["Bearer " + "é" * 50],
        ["Bearer vk_00000000000०_" + "x" * 43],
        ["Bearer vk_000000000000_" + "x" * 42 + "ｘ"],
        ["Bearer \x00\xff"],
        ["Bearer ' OR 1=1 --"],
        ["", ""],
    ],
)
def test_what_is_no_known_key_is_refused_and_never_said_back(client: TestClient, sent: list[str]) -> None:
    kept = client.headers.pop("Authorization")
    headers = [(b"authorization", text.encode("utf-8")) for text in sent]
    refused = client.get("/v1/model", headers=headers)  # type: ignore[arg-type]
    client.headers["Authorization"] = kept
    problem(refused, 401)
    assert not any(text.partition(" ")[2] in refused.text for text in sent if len(text) > 8)


def test_two_authorization_headers_are_refused_even_where_one_is_good(
    client: TestClient, new_key: NewKey
) -> None:
    good = f"Bearer {new_key('score:read')}".encode()
    kept = client.headers.pop("Authorization")
    sent = [(b"authorization", good), (b"authorization", good)]
    refused = client.get("/v1/model", headers=sent)  # type: ignore[arg-type]
    client.headers["Authorization"] = kept
    assert problem(refused, 401)["errors"][0]["value"] == "2 headers"


def test_the_secret_of_one_key_does_not_open_with_the_id_of_another(
    client: TestClient, new_key: NewKey
) -> None:
    one, two = new_key("score:read", name="one"), new_key("score:read", name="two")
    mixed = one[:16] + two[16:]
    assert ask(client, one).status_code == ask(client, two).status_code == 200
    problem(ask(client, mixed), 401)


def test_the_scheme_is_read_in_any_case(client: TestClient, new_key: NewKey) -> None:
    key = new_key("score:read")
    for scheme in ("bearer", "BEARER"):
        kept = client.headers.pop("Authorization")
        assert client.get("/v1/model", headers={"Authorization": f"{scheme} {key}"}).status_code == 200
        client.headers["Authorization"] = kept


def test_a_key_that_has_expired_or_was_revoked_is_refused(
    client: TestClient, new_key: NewKey, store: ScoreStore, clock: Clock
) -> None:
    short, long = new_key("score:read", expires_in=timedelta(days=1)), new_key("score:read", name="long")
    assert ask(client, short).status_code == ask(client, long).status_code == 200
    clock.goes_on(86_400)
    assert problem(ask(client, short), 401)["errors"][0]["value"] == "a key that is expired"
    revoke_keys(store, "long", clock.now)
    clock.goes_on(access.KNOWN_FOR)
    assert problem(ask(client, long), 401)["errors"][0]["value"] == "a key that is revoked"


def test_after_a_rotation_both_keys_work(
    client: TestClient, new_key: NewKey, store: ScoreStore, clock: Clock
) -> None:
    old = new_key("score:read")
    _, new = rotate_key(store, "crm", clock.now, timedelta(days=7))
    assert ask(client, old).status_code == ask(client, new).status_code == 200
    clock.goes_on(7 * 86_400)
    assert [ask(client, old).status_code, ask(client, new).status_code] == [401, 200]


def test_a_key_that_calls_too_often_is_told_how_long_to_wait_and_others_are_not(
    client: TestClient, new_key: NewKey, clock: Clock, store: ScoreStore
) -> None:
    few = ServingParams(calls_per_second=0.5, calls_at_once=2)
    service.mounted.state.access = access.Access(
        store, b"s" * 32, few, lambda: clock.now, lambda: clock.ticks
    )
    eager, other = new_key("score:read"), new_key("score:read", name="other")
    assert [ask(client, eager).status_code for _ in range(3)] == [200, 200, 429]
    refused = ask(client, eager)
    assert problem(refused, 429)["type"] == "urn:vitals:problem:too-many-calls"
    assert refused.headers["retry-after"] == "2"
    assert ask(client, other).status_code == 200
    clock.goes_on(2)
    assert [ask(client, eager).status_code for _ in range(2)] == [200, 429]


def test_whoever_guesses_is_slowed_down_and_a_known_key_is_not(client: TestClient, new_key: NewKey) -> None:
    guesses = [ask(client, "vk_" + "0" * 12 + "_" + "x" * 43).status_code for _ in range(70)]
    assert guesses[:60] == [401] * 60
    assert guesses[60:] == [429] * 10
    assert ask(client, new_key("score:read")).status_code == 200


def test_a_key_that_was_known_lives_through_a_short_loss_of_the_store(
    client: TestClient, new_key: NewKey, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, unseen = new_key("score:read"), new_key("score:read", name="unseen")
    assert ask(client, key).status_code == 200

    def lost(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(access, "key_of", lost)
    clock.goes_on(60)
    assert ask(client, key).status_code == 200
    assert problem(ask(client, unseen), 503)["type"] == "urn:vitals:problem:store-unavailable"
    clock.goes_on(600)
    refused = ask(client, key)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


def test_every_key_is_compared_once_and_in_constant_time(
    client: TestClient, new_key: NewKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known id or not, right secret or not: one comparison, of two hashes of one length."""
    lengths: list[tuple[int, int]] = []

    def compared(one: str, other: str) -> bool:
        lengths.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr(api_keys.hmac, "compare_digest", compared)
    right = new_key("score:read")
    for key in (right, right[:-1] + ("A" if right[-1] != "A" else "B"), "vk_" + "0" * 12 + "_" + "x" * 43):
        ask(client, key)
    assert lengths == [(64, 64)] * 3


def test_a_websocket_is_turned_away(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/v1/model"):
        pass

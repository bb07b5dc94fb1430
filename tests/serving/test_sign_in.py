from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from serving.access.access import KNOWN_FOR
from serving.access.api_keys import revoke_keys
from serving.access.session_cookie import Session, session_of
from serving.history.store import ScoreStore
from tests.serving.conftest import Clock, NewKey
from tests.serving.test_service import problem

FORM = {"content-type": "application/x-www-form-urlencoded"}
SECRET = b"s" * 32


@pytest.fixture
def browser(client: TestClient) -> TestClient:
    """A client without a key, which keeps cookies."""
    del client.headers["Authorization"]
    return client


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def send(browser: TestClient, path: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
    return browser.post(
        path, content=urlencode(fields), headers=FORM | (headers or {}), follow_redirects=False
    )


def sign_in(browser: TestClient, key: str, wanted: str = "/", **headers: str) -> Any:
    token = token_of(browser.get("/sign-in").text)
    return send(browser, "/sign-in", headers, key=key, token=token, next=wanted)


def test_a_person_signs_in_with_a_key_and_calls_with_the_cookie(browser: TestClient, new_key: NewKey) -> None:
    done = sign_in(browser, new_key("score:read"), "/v1/model")
    assert (done.status_code, done.headers["location"]) == (303, "/v1/model")
    cookie = done.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Max-Age=43200", "Path=/"))
    assert browser.get("/v1/model").status_code == 200
    assert "Signed in as crm." in browser.get("/sign-in").text


def test_the_cookie_of_a_secure_connection_goes_over_no_other(client: TestClient, new_key: NewKey) -> None:
    del client.headers["Authorization"]
    token = token_of(client.get("https://testserver/sign-in").text)
    done = client.post(
        "https://testserver/sign-in",
        content=urlencode({"key": new_key("score:read"), "token": token}),
        headers=FORM,
        follow_redirects=False,
    )
    assert "Secure" in done.headers["set-cookie"]


def test_the_session_has_the_scopes_and_the_owner_of_its_key(browser: TestClient, new_key: NewKey) -> None:
    sign_in(browser, new_key("cases:read", owner="csm-1"))
    problem(browser.get("/v1/accounts"), 403)
    assert "with the accounts of csm-1" in browser.get("/sign-in").text


def test_a_session_ends_with_its_time(browser: TestClient, new_key: NewKey, clock: Clock) -> None:
    sign_in(browser, new_key("score:read"))
    clock.goes_on(12 * 3600 - 1)
    assert browser.get("/v1/model").status_code == 200
    clock.goes_on(2)
    problem(browser.get("/v1/model"), 401)


def test_a_session_ends_with_its_key(
    browser: TestClient, new_key: NewKey, clock: Clock, store: ScoreStore
) -> None:
    sign_in(browser, new_key("score:read"))
    revoke_keys(store, "crm", clock.now)
    clock.goes_on(KNOWN_FOR)
    problem(browser.get("/v1/model"), 401)
    assert "Your key" in browser.get("/sign-in").text


def test_who_signs_out_is_out(browser: TestClient, new_key: NewKey) -> None:
    sign_in(browser, new_key("score:read"))
    problem(send(browser, "/sign-out"), 403)
    assert browser.get("/v1/model").status_code == 200
    done = send(browser, "/sign-out", token=token_of(browser.get("/sign-in").text))
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    problem(browser.get("/v1/model"), 401)


@pytest.mark.parametrize("key", ["", "x", "vk_" + "0" * 12 + "_" + "x" * 43, "<script>alert(1)</script>"])
def test_a_key_that_is_not_known_is_refused_on_a_page_that_does_not_show_it(
    browser: TestClient, key: str
) -> None:
    refused = sign_in(browser, key)
    assert refused.status_code == 401
    assert refused.headers["content-type"].startswith("text/html")
    assert "not known" in refused.text
    assert len(key) < 2 or key not in refused.text
    assert "vitals_session" not in refused.headers.get("set-cookie", "")


def test_an_expired_key_does_not_sign_in(browser: TestClient, new_key: NewKey, clock: Clock) -> None:
    key = new_key("score:read", expires_in=timedelta(days=1))
    clock.goes_on(86_401)
    assert sign_in(browser, key).status_code == 401


def test_a_form_without_the_token_of_this_browser_is_refused(browser: TestClient, new_key: NewKey) -> None:
    key = new_key("score:read")
    assert send(browser, "/sign-in", key=key).status_code == 403
    token = token_of(browser.get("/sign-in").text)
    browser.cookies.clear()  # the token of another browser
    assert send(browser, "/sign-in", key=key, token=token).status_code == 403
    browser.get("/sign-in")
    assert send(browser, "/sign-in", key=key, token="0" * 64).status_code == 403
    assert send(browser, "/sign-in", key=key, token="é").status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        *({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}),
        *({"Origin": text} for text in ("http://[", "http://[::1", "http://]", "http://[x]", "", "\t")),
    ],
)
def test_another_sites_page_can_neither_sign_in_nor_write(
    browser: TestClient, new_key: NewKey, headers: dict[str, str]
) -> None:
    key = new_key("score:read", "score:write")
    assert sign_in(browser, key, **headers).status_code == 403
    sign_in(browser, key)
    rows = {"rows": [{"account_id": "A", "features": {}}]}
    assert problem(browser.post("/v1/predict", json=rows, headers=headers), 403)["type"].endswith(
        "other-site"
    )
    assert send(browser, "/sign-out", headers).status_code == 403
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
    assert browser.post("/v1/predict", json=rows, headers=own).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "/\t/evil"],
)
def test_after_signing_in_nobody_is_sent_to_another_site(
    browser: TestClient, new_key: NewKey, wanted: str
) -> None:
    assert sign_in(browser, new_key("score:read"), wanted).headers["location"] == "/"


def test_a_person_without_a_session_is_sent_to_sign_in_and_a_program_is_not(browser: TestClient) -> None:
    html = {"accept": "text/html,application/xhtml+xml"}
    sent = browser.get("/portfolio?band=red&q=a b", headers=html, follow_redirects=False)
    assert sent.status_code == 303
    assert sent.headers["location"] == "/sign-in?next=%2Fportfolio%3Fband%3Dred%26q%3Da%2520b"
    problem(browser.get("/portfolio"), 401)
    problem(browser.get("/v1/model", headers=html), 401)


def test_the_page_escapes_what_it_is_told_and_loads_nothing(browser: TestClient) -> None:
    page = browser.get('/sign-in?next=/"><script>alert(1)</script>')
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert "http" not in re.sub(r"<!doctype.*?>", "", page.text)


def test_nothing_of_a_cookie_can_be_changed(browser: TestClient, new_key: NewKey, clock: Clock) -> None:
    sign_in(browser, new_key("score:read"))
    cookie = browser.cookies["vitals_session"]
    session = session_of(cookie, SECRET, clock.now)
    assert session is not None
    forged = Session(session.key_id, session.expires + 10**6, session.nonce).cookie(b"x" * 32)
    longer = cookie.replace(str(session.expires), str(session.expires + 1))
    for odd in (
        forged,
        longer,
        cookie[:-1],
        cookie + "0",
        cookie.upper(),
        "",
        "a.b.c.d",
        "é" * 100,
        "0" * 10**5,
    ):
        assert session_of(odd, SECRET, clock.now) is None
    for place in range(len(cookie)):
        other = cookie[:place] + ("0" if cookie[place] != "0" else "1") + cookie[place + 1 :]
        assert session_of(other, SECRET, clock.now) is None


def test_a_large_form_is_refused_before_it_is_read(browser: TestClient) -> None:
    refused = browser.post("/sign-in", content=b"key=" + b"x" * 70_000, headers=FORM)
    assert problem(refused, 413)["errors"][0]["allowed"] == "at most 65536 bytes"


def test_the_api_takes_no_forms(client: TestClient) -> None:
    refused = client.post("/v1/health", content=b"account_ids=A", headers=FORM)
    assert "application/json" in str(problem(refused, 415)["errors"])

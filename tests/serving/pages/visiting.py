"""A person with a session, for the tests of the pages; and customers who call themselves hostile things."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from starlette.testclient import TestClient

from serving import service
from tests.serving.conftest import Clock, NewKey
from tests.serving.test_sign_in import send, sign_in

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|'/c calc'!A1",
    "\u202eevil\u202c \u2066x",
    "{{ 7 * 7 }} {% raw %}",
    "阿尔法&amp;有限公司",
)


class Person:
    """Who signed in with a key, and sees pages."""

    def __init__(self, client: TestClient, key: str) -> None:
        self.client = client
        client.headers.pop("Authorization", None)
        client.cookies.clear()
        done = sign_in(client, key)
        assert done.status_code == 303, done.text

    def sees(self, path: str, status: int = 200) -> str:
        """The page's HTML."""
        found = self.client.get(path, headers={"accept": "text/html"})
        assert found.status_code == status, found.text[:500]
        assert found.headers["content-type"].startswith("text/html")
        return found.text

    def sends(self, page: str, path: str, **fields: str) -> Any:
        """The answer to the form of a page that was seen, with the form's own hidden fields."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', form_of(page, path)))
        return send(self.client, path, **{**hidden, **fields})


def form_of(page: str, path: str) -> str:
    """The HTML of the form that is sent to a path."""
    found = re.search(rf'<form[^>]*action="{re.escape(path)}".*?</form>', page, re.DOTALL)
    assert found, f"no form for {path}"
    return found[0]


def on_the_clock(clock: Clock) -> None:
    """Lets the service, and not only its door, go by the clock of the test."""
    state = service.mounted.state
    state.resources = replace(state.resources, now=lambda: clock.now)


def person(
    client: TestClient, new_key: NewKey, *scopes: str, owner: str | None = None, name: str = "maria"
) -> Person:
    """Somebody who may read and write, or only what is named."""
    given = scopes or ("score:read", "cases:read", "cases:write")
    return Person(client, new_key(*given, name=name, owner=owner))

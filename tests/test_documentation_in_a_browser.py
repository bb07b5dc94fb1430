"""The documentation site in a real browser: it is read and searched, and asks its own server alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.serving.pages.chromium import browser, why_not
from tests.test_documentation_site import site

__all__ = ["site"]
pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.long
def test_pages_are_read_and_searched_and_ask_their_own_server_alone(address: str) -> None:
    asked, errors = list[str](), list[str]()
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1300, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
        for name in ("index.html", "method.html", "zh/quickstart.html", "api-reference.html"):
            page.goto(f"{address}/{name}", wait_until="networkidle")
            assert page.locator("h1").first.is_visible()
        page.locator(".md-search__input").click()
        page.keyboard.type("calibration")
        page.locator(".md-search-result__link").first.wait_for(state="visible")
    assert errors == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []

"""A reviewer's morning in Debian's Chromium; left out, with the reason, where it is not installed."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from serving.access.access import Access
from serving.access.api_keys import create_key
from serving.access.key_door import KeyDoor
from serving.api.answering import Resources
from serving.api.front_door import BodyGate
from serving.api.mounted_app import mounted_app
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.cases import Opening, open_case
from serving.history.store import ScoreStore
from serving.params import ServingParams
from serving.scores.champion import load_scorer
from tests.serving.pages.chromium import browser, why_not
from tests.serving.pages.pictures import DRIVERS, pages_of, sign_in
from tests.serving.trained_workspace import PARAMS, TrainedWorkspace, workspace  # noqa: F401

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@dataclass
class Served:
    """The pages on a port of this machine, at a time that the test sets on, and the key to sign in with."""

    url: str
    key: str
    now: datetime
    worst: str


@pytest.fixture(scope="module")
def served(
    workspace: TrainedWorkspace,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The book of the trained workspace, whose worst account has a case that waits for a call."""
    copied = tmp_path_factory.mktemp("pages") / "vitals.db"
    shutil.copy(workspace.store.removeprefix("sqlite:///"), copied)
    store = ScoreStore(f"sqlite:///{copied}")
    told = Served("", "", datetime(2026, 11, 2, 9, tzinfo=UTC), "")
    told.key = create_key(
        store, "maria", ["score:read", "cases:read", "cases:write", "weights:adopt"], told.now
    )[1]
    told.worst = _with_a_case(store, told.now)
    limits = ServingParams()
    app = mounted_app(limits)
    app.state.access = Access(store, b"s" * 32, limits, lambda: told.now)
    scorer = load_scorer(Path(workspace.registry), PARAMS)
    app.state.resources = Resources(
        scorer, store, limits, now=lambda: told.now, registry=Path(workspace.registry), rule=scorer.rule
    )
    door = KeyDoor(app, lambda: app.state.access)
    server = uvicorn.Server(uvicorn.Config(BodyGate(door, 65_536), "127.0.0.1", 0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    told.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield told
    server.should_exit = True
    thread.join()
    store.close()


def _with_a_case(store: ScoreStore, now: datetime) -> str:
    snapshot = store.newest_snapshot()
    assert snapshot
    order = {"red": 0, "yellow": 1, "green": 2}
    worst = min(store.all_scores_of(snapshot), key=lambda each: (order[each.payload["band"]], _risk(each)))
    account_id = worst.payload["account_id"]
    opened = Opening(
        account_id, "p0", "entered red", "of the test", name=worst.details["name"], owner="csm-1"
    )
    with store.writing() as connection:
        open_case(connection, opened, CaseParams(), now - timedelta(hours=1))
    return str(account_id)


def _risk(account: Any) -> float:
    return -float(account.details["mrr"] or 0) * (100 - account.payload["health"])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    """A window of somebody who has signed in; no script of the page may fail, and nothing be refused."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB")
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    sign_in(opened, served.url, served.key)
    yield opened
    context.close()
    assert said == []


def test_a_morning_of_a_reviewer(page: Page, served: Served) -> None:
    """The worst account, the records of a driver, a call that stops the clock, other weights in the workshop,
    kept as a draft and adopted; and all of it in Chinese."""
    page.locator("#table tbody th a").first.click()
    assert served.worst in page.locator("main").inner_text()
    page.locator(DRIVERS).first.click()
    assert page.locator("h2").first.inner_text().startswith("Records behind")
    page.go_back()
    clock = page.locator("dd.clock")
    assert "in 3 h" in clock.first.inner_text()
    served.now += timedelta(minutes=30)
    page.get_by_label("What was said (may stay empty)").first.fill("They will renew; budget is approved.")
    page.get_by_role("button", name="Log a call").click()
    assert "clock stopped: called 2026-11-02 09:30 UTC" in page.locator("dd.clock").first.inner_text()
    assert "They will renew; budget is approved." in page.locator(".log").first.inner_text()
    account = page.url
    page.get_by_role("link", name="Weights").click()
    assert "These are the weights in force" in page.locator("#effect").inner_text()
    page.locator("#w-usage").focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    page.locator(
        "#effect [role=status]", has_text=re.compile("changes? band")
    ).wait_for()  # at once, without a button
    assert "usage=70" in page.url
    assert "On past outcomes" in page.locator("#effect").inner_text()
    page.get_by_label("Reason").first.fill("Use foretells best.")
    page.get_by_role("button", name="Save the draft").click()
    versions = page.locator("section[aria-labelledby=versions]")
    assert "Use foretells best." in versions.inner_text()
    versions.locator("summary", has_text="Adopt").first.click()
    versions.get_by_label("Reason").first.fill("Agreed in the team.")
    versions.get_by_role("button", name="Adopt").first.click()
    page.get_by_text("The last snapshot was scored by other weights").wait_for()
    page.goto(account)
    page.get_by_role("link", name="中文").click()
    assert "计时已停" in page.locator("dd.clock").first.inner_text()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("link", name="权重").click()
    assert "最近的快照使用的是其他权重" in page.locator("main").inner_text()


def test_the_keyboard_alone_suffices(page: Page, served: Served) -> None:
    """From the top of the portfolio to an account, and to a comment that is kept, without a mouse."""
    page.goto(served.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    _tab_to(page, "document.activeElement.closest('#table tbody th') !== null")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")
    _tab_to(
        page, "document.activeElement.innerText === 'Comment' && document.activeElement.tagName === 'SUMMARY'"
    )
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("by the keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("by the keyboard").first.wait_for()


def _tab_to(page: Page, there: str, most: int = 400) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(there):
            return
    raise AssertionError(f"no focus where {there}")


@pytest.mark.long
@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh")])
def test_axe_finds_no_serious_fault_on_any_page(
    page: Page, served: Served, theme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for name, path in pages_of(page, served.url).items():
        page.goto(f"{served.url}{path}{'&' if '?' in path else '?'}theme={theme}&lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found = Axe().run(page).response["violations"]
        serious = [f for f in found if f["impact"] in ("serious", "critical")]
        told = [(f["id"], [node["html"][:200] for node in f["nodes"][:3]]) for f in serious]
        assert told == [], name


@pytest.mark.long
def test_every_page_fits_on_a_phone(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for language in ("en", "zh"):
        for name, path in pages_of(page, served.url).items():
            page.goto(f"{served.url}{path}{'&' if '?' in path else '?'}lang={language}")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, f"{name} in {language} is {wide} pixels wide"


def test_the_brief_prints_on_one_page(page: Page, served: Served) -> None:
    for language in ("en", "zh"):
        page.goto(f"{served.url}/accounts/{served.worst}/brief?lang={language}")
        printed = page.pdf(format="A4", prefer_css_page_size=True)
        assert printed.count(b"/Type /Page\n") == 1


def test_words_of_customers_run_nothing(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/accounts/{served.worst}")
    page.get_by_text("Is a reason missing?").click()
    hostile = "<img src=x onerror=document.title='ours'><script>document.title='ours'</script>"
    page.locator("#missing-because").fill(hostile)
    page.locator("form[action='/verdicts'] button").last.click()
    page.get_by_text(hostile).first.wait_for()
    assert "ours" not in page.title()


def test_the_workshop_works_without_its_script(chromium: Browser, served: Served) -> None:
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, served.url, served.key)
    page.goto(f"{served.url}/weights")
    slider = page.locator("#w-voice")
    start = int(slider.input_value())
    slider.focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Try").click()
    assert f"voice={start + 30}" in page.url
    assert re.search("changes? band", page.locator("#effect [role=status]").inner_text())
    context.close()


def test_every_chart_stands_beside_its_numbers_as_a_table(page: Page, served: Served) -> None:
    """Of every picture that says something; what is drawn within a table is its own."""
    for name, path in pages_of(page, served.url).items():
        page.goto(f"{served.url}{path}")
        alone = page.evaluate(
            "[...document.querySelectorAll('svg[role=img]')].filter(each => "
            "!each.closest('section')?.querySelector('table, dl.facts')"
            " && !each.closest('section')?.parentElement.querySelector('table')).length"
        )
        assert alone == 0, name

"""A person's visit of a page, what it is answered with, and how faults become pages too."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from features.faults import VitalsFault
from serving.access.principal import Principal
from serving.access.sign_in_routes import access_of, read_form, session_of
from serving.api.answering import Resources, caller_of, resources_of
from serving.api.idempotency import Reply, write_call_named, written_once
from serving.api.problems import INVALID, NO_SNAPSHOT, Problem, store_down
from serving.pages.preferences import Preferences, preferences_of, switched
from serving.pages.templating import rendered

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@dataclass(frozen=True)
class Visit:
    """Who visits which page. `held` shows what the caller may see, and nothing else."""

    request: Request
    held: Resources
    caller: Principal
    preferences: Preferences
    form_token: str | None  # None without a session: a program that reads pages has no forms

    @property
    def who(self) -> str:
        """The name under which the visitor's steps are written down."""
        return self.caller.owner or self.caller.name


@dataclass(frozen=True)
class Page:
    """A template and what it is filled with; `topic` is its place in the navigation."""

    template: str
    topic: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Download:
    """A file that the browser is to keep: its name, its media type and its text."""

    name: str
    kind: str
    text: str


def page(view: Callable[[Visit], Page]) -> Callable[[Request], Response]:
    """The endpoint of a page: run on a worker thread; what is refused becomes a page that says so."""

    def endpoint(request: Request) -> Response:
        if (back := switched(request)) is not None:
            return back
        visit = visit_of(request)
        return _shown(visit, _seen(visit, partial(view, visit)))

    return endpoint


def download(view: Callable[[Visit], Download]) -> Callable[[Request], Response]:
    """The endpoint of a file; what is refused becomes a page that says so."""

    def endpoint(request: Request) -> Response:
        visit, made = visit_of(request), list[Download]()

        def work() -> Page:
            made.append(view(visit))
            return Page("", "")

        refused = _seen(visit, work)
        if not made:
            return _shown(visit, refused)
        named = {"Content-Disposition": f'attachment; filename="{made[0].name}"'}
        return Response(made[0].text, headers=HEADERS | named, media_type=f"{made[0].kind}; charset=utf-8")

    return endpoint


def form(
    effect: Callable[[Visit, Mapping[str, str], Connection], str],
) -> Callable[[Request], Any]:
    """The endpoint of a form: `effect` writes within one transaction and names the path to go to then.

    A form carries the session's token, and a word of its own by which it is done once however often it is
    sent.
    """

    async def endpoint(request: Request) -> Response:
        try:
            fields = await read_form(request)
        except Problem as problem:
            return _shown(visit_of(request), _refusal(problem))
        return await run_in_threadpool(_done, request, fields)

    def _done(request: Request, fields: Mapping[str, str]) -> Response:
        visit, path = visit_of(request), ""

        def written(connection: Connection) -> Reply:
            return Reply(200, effect(visit, fields, connection))

        def work() -> Page:
            nonlocal path
            told = {name: value for name, value in fields.items() if name != "token"}
            write = write_call_named(request, fields.get("once", ""), repr(sorted(told.items())).encode())
            answer = written_once(visit.held.store, write, visit.held.now(), written)
            path = str(json.loads(bytes(answer.body)))
            return Page("", "")

        found = _seen(visit, work)
        return RedirectResponse(path, 303, HEADERS) if path else _shown(visit, found)

    return endpoint


def visit_of(request: Request) -> Visit:
    """The visit of a request that the door has let in."""
    session = session_of(request)
    token = None if session is None else session.form_token(access_of(request).secret)
    return Visit(request, resources_of(request), caller_of(request), preferences_of(request), token)


def _seen(visit: Visit, work: Callable[[], Page]) -> Page:
    try:
        return work()
    except Problem as problem:
        return _refusal(problem)
    except VitalsFault as fault:
        return _refusal(Problem(INVALID, fault.faults, detail=fault.title))
    except SQLAlchemyError as error:
        return _refusal(store_down(error))


def _refusal(problem: Problem) -> Page:
    if problem.kind is NO_SNAPSHOT and not any(fault.value for fault in problem.faults):
        return Page("nothing_yet.html", "portfolio", status=404)
    return Page(
        "refused.html", "", {"problem": problem.body(), "code": problem.kind.type}, problem.kind.status
    )


def _shown(visit: Visit, found: Page) -> Response:
    shell = {
        "visit": visit,
        "topic": found.topic,
        "token": visit.form_token,
        "once": partial(secrets.token_urlsafe, 12),
        "here": partial(_here, visit.request),
    }
    html = rendered(found.template, visit.preferences, shell | found.values)
    return HTMLResponse(html, found.status, HEADERS)


def _here(request: Request, switch: str, value: str) -> str:
    """The address of the same page with a switch pressed; of a refused form, of the first page."""
    if request.method != "GET":
        return f"/?{switch}={value}"
    pressed = request.url.include_query_params(**{switch: value})
    return f"{pressed.path}?{pressed.query}"

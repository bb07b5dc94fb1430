"""The door: no call passes without a key or a session, whichever route it is for, native or mounted.

It stands inside the framework's access log and outside `BodyGate`, so a call that is refused is logged
and its body is not read. What passes carries its `Principal` in the ASGI scope (`principal_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from features.faults import Fault
from serving.access.access import Access, key_id_shown, refused_caller, shown_key
from serving.access.api_keys import ApiKey
from serving.access.principal import Principal
from serving.access.scopes import READING, needed_scope
from serving.access.session_cookie import COOKIE
from serving.access.sign_in_page import HEADERS as PAGE_HEADERS
from serving.api.problems import Kind, Problem, store_down
from serving.api.request_log import name_caller
from serving.pages.preferences import preferences_of
from serving.pages.static_files import static_files
from serving.pages.templating import rendered

SIGN_IN = "/sign-in"
OPEN = frozenset({"/livez", "/readyz", SIGN_IN, *static_files()})
NOT_ALLOWED = Kind("urn:vitals:problem:scope", 403, "The key does not allow this call")
OTHER_SITE = Kind("urn:vitals:problem:other-site", 403, "The call was made by another site's page")


class KeyDoor:
    """Refuses what has no key (401), not the scope (403), or comes too often (429)."""

    def __init__(self, app: ASGIApp, access: Callable[[], Access]) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http" or scope["path"] in OPEN:
            return await self.app(scope, receive, send)
        try:
            principal = await self._admitted(scope)
        except Problem as problem:
            return await _refusal(problem, scope)(scope, receive, send)
        except SQLAlchemyError as error:
            return await store_down(error).response({"Retry-After": "5"})(scope, receive, send)
        admitted = {**scope, "state": {**scope.get("state", {}), "principal": principal}}
        return await self.app(admitted, receive, send)

    async def _admitted(self, scope: Scope) -> Principal:
        access, headers = self.access(), Headers(scope=scope)
        try:
            principal = await self._caller(access, headers, scope)
        except Problem:
            access.count_refusal(scope["client"][0] if scope.get("client") else "")
            raise
        name_caller(scope, principal.name)
        access.count_call(principal.key_id)
        needed = needed_scope(scope["method"], scope["path"])
        if needed is not None and not principal.may(needed):
            step = f"make a key with it: vitals keys create --scope {needed}"
            fault = Fault("scope", " ".join(sorted(principal.scopes)), needed, step)
            raise Problem(NOT_ALLOWED, [fault])
        return principal

    async def _caller(self, access: Access, headers: Headers, scope: Scope) -> Principal:
        text = shown_key(headers.getlist("authorization"))
        if text is not None:
            return access.holder_of(text, await _key(access, key_id_shown(text)))
        cookie = cookie_parser("; ".join(headers.getlist("cookie"))).get(COOKIE, "")
        session = access.session(cookie)
        if session is None:
            step = "send Authorization: Bearer with a key of: vitals keys create; people sign in at /sign-in"
            raise refused_caller("Authorization", None, "a key, or a session that runs", step)
        principal = access.live(await _key(access, session.key_id))
        if scope["method"] not in READING:
            check_same_site(headers)
        return principal


def check_same_site(headers: Headers) -> None:
    """Raises Problem (403) where a browser says that another site's page made the call.

    A cookie goes along whoever makes a call; `SameSite=Strict` stops that in browsers that know it.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
    here = origin is None or _host(origin) == headers.get("host", "")
    if site not in ("same-origin", "none") or not here:
        fault = Fault("Origin", origin, "a page of this service", "send the form from the page itself")
        raise Problem(OTHER_SITE, [fault])


def _host(origin: str) -> str | None:
    """Host and port of an origin; None where it is none that a browser sends, such as `http://[`."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


async def _key(access: Access, key_id: str) -> ApiKey | None:
    """The key of an id; a worker thread asks the store, where it has to be asked."""
    if access.is_known(key_id):
        return access.look_up(key_id)
    return await run_in_threadpool(access.look_up, key_id)


def _refusal(problem: Problem, scope: Scope) -> Response:
    """The problem; of a person's page without a session, the way to the sign-in page."""
    is_page = "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith("/v1/")
    if problem.kind.status == 401 and is_page and scope["method"] == "GET":
        query = scope.get("query_string", b"").decode("latin-1")
        asked = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"{SIGN_IN}?next={quote(asked, safe='')}", 303)
    # The body of a refused call is not read, so its connection cannot be used again.
    headers = {} if scope["method"] in READING else {"Connection": "close"}
    if is_page:
        html = rendered("turned_away.html", preferences_of(Request(scope)), {"said": _said(problem)})
        return HTMLResponse(html, problem.kind.status, PAGE_HEADERS | problem.headers | headers)
    return problem.response(headers)


def _said(problem: Problem) -> str:
    """The message of the pages that says why somebody is turned away."""
    by_kind = {OTHER_SITE: "other_site", NOT_ALLOWED: "scope"}
    by_status = {401: "signed_out", 429: "too_many"}
    return f"refused.{by_kind.get(problem.kind) or by_status.get(problem.kind.status, 'other')}"

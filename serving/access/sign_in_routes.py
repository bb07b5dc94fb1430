"""People sign in with a key and get a session: `GET` and `POST /sign-in`, `POST /sign-out`.

The form carries a token that only this service can make, bound to a cookie of the same browser, so that
no other site can sign a person in or out.
"""

from __future__ import annotations

import secrets
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from features.faults import Fault
from serving.access.access import Access, key_id_shown
from serving.access.key_door import OTHER_SITE, SIGN_IN, check_same_site
from serving.access.principal import Principal
from serving.access.session_cookie import COOKIE, Session, form_token, is_form_token
from serving.access.sign_in_page import HEADERS, sign_in_page, signed_in_page
from serving.api.problems import Problem, store_down
from serving.pages.preferences import preferences_of, switched

VISIT = "vitals_visit"  # the cookie of who has not signed in yet: a nonce
NOT_KNOWN, TOO_OLD = "sign_in.not_known", "sign_in.too_old"  # messages of the pages


def access_of(request: Request) -> Access:
    """The keys of the service that was asked."""
    access: Access = request.app.state.access
    return access


def session_of(request: Request) -> Session | None:
    """The session of the person who asks."""
    return access_of(request).session(request.cookies.get(COOKIE, ""))


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form of a signed-in person. Raises Problem (403) without the session's token."""
    fields = await _fields(request)
    session = session_of(request)
    if session is None:
        raise _without_token()
    _check_token(fields, access_of(request), session.nonce)
    return fields


async def _shown(request: Request) -> Response:
    if (back := switched(request)) is not None:
        return back
    session, access = session_of(request), access_of(request)
    if session is not None:
        try:
            who = access.live(await run_in_threadpool(access.look_up, session.key_id))
            token = session.form_token(access.secret)
            return _page(signed_in_page(preferences_of(request), who.name, who.owner, token))
        except Problem:
            pass  # its key has ended: sign in with another
    return _form(request, _wanted(request.query_params.get("next", "/")))


async def _signed_in(request: Request) -> Response:
    fields, access = await _fields(request), access_of(request)
    wanted = _wanted(fields.get("next", "/"))
    try:
        check_same_site(request.headers)
        _check_token(fields, access, request.cookies.get(VISIT, ""))
        who = await _holder(access, fields.get("key", "").strip())
    except SQLAlchemyError as error:
        return store_down(error).response({"Retry-After": "5"})
    except Problem as problem:
        return _refused(request, problem, wanted)
    session = access.sign_in(who.key_id)
    response = RedirectResponse(wanted, 303, HEADERS)
    seconds = int(access.lasts.total_seconds())
    _set_cookie(response, request, COOKIE, session.cookie(access.secret), seconds)
    response.delete_cookie(VISIT, path=SIGN_IN, httponly=True, samesite="strict")
    return response


async def _holder(access: Access, text: str) -> Principal:
    key_id = key_id_shown(text)
    return access.holder_of(text, await run_in_threadpool(access.look_up, key_id))


def _refused(request: Request, problem: Problem, wanted: str) -> Response:
    try:
        access_of(request).count_refusal(request.client.host if request.client else "")
    except Problem as too_many:
        return too_many.response()
    if problem.kind is OTHER_SITE:
        return _form(request, wanted, TOO_OLD, 403)
    return _form(request, wanted, NOT_KNOWN, 401)


async def _signed_out(request: Request) -> Response:
    try:
        await read_form(request)
    except Problem as problem:
        return problem.response()
    response = RedirectResponse(SIGN_IN, 303, HEADERS)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return response


async def _fields(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=50))
    except ValueError:
        return {}


def _check_token(fields: dict[str, str], access: Access, nonce: str) -> None:
    if not nonce or not is_form_token(fields.get("token", ""), access.secret, nonce):
        raise _without_token()


def _without_token() -> Problem:
    step = "load the page again, and send its form"
    return Problem(OTHER_SITE, [Fault("token", "…", "the token of the page's form", step)])


def _form(request: Request, wanted: str, fault: str = "", status: int = 200) -> Response:
    nonce = secrets.token_hex(16)
    token = form_token(access_of(request).secret, nonce)
    response = _page(sign_in_page(preferences_of(request), token, wanted, fault), status)
    _set_cookie(response, request, VISIT, nonce, 3600, SIGN_IN)
    return response


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, HEADERS)


def _set_cookie(
    response: Response, request: Request, name: str, value: str, lasts: int, path: str = "/"
) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, lasts, path=path, secure=secure, httponly=True, samesite="strict")


def _wanted(path: str) -> str:
    """A path of this service to go to; the first page for what a browser could take for another site."""
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if plain and path.isprintable() and path.isascii() and len(path) <= 1000 else "/"


SIGN_IN_ROUTES = (
    Route(SIGN_IN, _shown, methods=["GET"]),
    Route(SIGN_IN, _signed_in, methods=["POST"]),
    Route("/sign-out", _signed_out, methods=["POST"]),
)

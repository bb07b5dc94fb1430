"""`ETag` and `If-None-Match` (RFC 9110): a caller that has the answer already is told so, in a few bytes."""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

# `private`: an answer is for whoever holds the key; `no-cache`: to be asked for again before each use.
HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


def tag_of(content: bytes) -> str:
    """The strong tag of these bytes.

    >>> tag_of(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def has_it(request: Request, tag: str) -> bool:
    """Whether the caller says that it has the answer of this tag."""
    given = ",".join(request.headers.getlist("if-none-match"))
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in given.split(","))


def not_modified(tag: str) -> Response:
    """The answer to a caller that has it already."""
    return Response(status_code=304, headers={"ETag": tag, **HEADERS})


def with_etag(request: Request, response: Response) -> Response:
    """The answer to a GET with its tag, or 304 without it; any other answer as it is."""
    if request.method not in ("GET", "HEAD") or response.status_code != 200 or "etag" in response.headers:
        return response
    tag = tag_of(bytes(response.body))
    if has_it(request, tag):
        return not_modified(tag)
    response.headers.update({"ETag": tag, **HEADERS})
    return response

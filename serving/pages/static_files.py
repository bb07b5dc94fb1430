"""What a page loads beside itself: files of this package, read once, with their ETags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.api.etags import has_it, tag_of

KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
PLACE = "/static/"


@dataclass(frozen=True)
class StaticFile:
    """A file's bytes, what kind it is, and the tag of its content."""

    content: bytes
    kind: str
    tag: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file by its path, as `/static/vitals.css`."""
    found = {}
    for file in files("serving.pages").joinpath("static").iterdir():
        kind = KINDS.get(file.name[file.name.rfind(".") :])
        if kind is not None:
            content = file.read_bytes()
            found[PLACE + file.name] = StaticFile(content, kind, tag_of(content))
    return found


def static_address(name: str) -> str:
    """A file's address with its version, so that a browser may keep it for good."""
    return f"{PLACE}{name}?v={static_files()[PLACE + name].tag[1:9]}"


def _sent(request: Request) -> Response:
    file = static_files()[request.url.path]
    headers = {
        "ETag": file.tag,
        "Cache-Control": "public, max-age=86400",
        "X-Content-Type-Options": "nosniff",
    }
    if has_it(request, file.tag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.kind)


STATIC_ROUTES = tuple(Route(path, _sent) for path in sorted(static_files()))

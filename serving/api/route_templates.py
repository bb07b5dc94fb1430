"""The template of a path (`/v1/accounts/{account_id}`), for logs and metrics, which hold no account's id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from starlette.routing import BaseRoute

OTHER = "other"  # a path that is none of ours: callers make up any number of them


class RouteTemplates:
    """Names the route of a path: one of few texts, whatever the path is.

    >>> from starlette.routing import Route
    >>> templates = RouteTemplates(["/livez"], [Route("/v1/cases/{case_id}", lambda request: None)])
    >>> [templates.of(path) for path in ("/livez", "/v1/cases/C-1", "/v1/cases/C-1/x", "/wp-admin")]
    ['/livez', '/v1/cases/{case_id}', 'other', 'other']
    """

    def __init__(self, plain: Iterable[str], routes: Sequence[BaseRoute]) -> None:
        formats = [
            (getattr(route, "path_format", ""), getattr(route, "path_regex", None)) for route in routes
        ]
        self._plain = {*plain, *(text for text, _ in formats if text and "{" not in text)}
        self._patterns: list[tuple[re.Pattern[str], str]] = [
            (regex, text) for text, regex in formats if regex is not None and "{" in text
        ]

    def of(self, path: str) -> str:
        """The template of the first route that takes the path in, or `other`."""
        if path in self._plain:
            return path
        return next((text for regex, text in self._patterns if regex.match(path)), OTHER)

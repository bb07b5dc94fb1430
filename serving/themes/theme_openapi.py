"""The OpenAPI paths of `theme_routes.py`."""

from __future__ import annotations

from typing import Any

from features.source_tables import ROLES
from features.text.themes import THEMES
from serving.api.openapi_parts import GOES_ON, as_of_query, cursor, operation, query, text
from serving.params import ServingParams
from serving.themes.theme_queries import LONGEST, SHORTEST, USUAL

ERRORS = (404, 422, 503)


def theme_paths(limits: ServingParams) -> dict[str, Any]:
    """The calls of the macro loop."""
    themes = operation("Themes by the revenue at risk behind them", "ThemesResponse", ERRORS)
    themes["parameters"] = _filters()
    sentences = operation("The very sentences behind the themes", "ThemeSentencesResponse", ERRORS)
    limit = {"type": "integer", "minimum": 1, "maximum": limits.max_page, "default": limits.default_page}
    sentences["parameters"] = [
        query("theme", {"type": "string", "enum": list(THEMES)}, "Only sentences of this theme"),
        query("account_id", text(), "Only sentences of this account"),
        *_filters(),
        query("limit", limit, "Sentences on a page"),
        cursor(GOES_ON),
    ]
    return {"/v1/themes": {"get": themes}, "/v1/themes/sentences": {"get": sentences}}


def _filters() -> list[dict[str, Any]]:
    days = {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST, "default": USUAL}
    return [
        query("period", days, "Days before the as-of date; as many before them are the period before"),
        query("segment", text(), "Only words of accounts of this segment"),
        query("role", {"type": "string", "enum": list(ROLES)}, "Only words of people in this role"),
        query("owner", text(), "Only words of accounts of this CSM"),
        as_of_query(),
    ]

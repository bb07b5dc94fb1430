"""The GET calls of the macro loop: the themes, and the very sentences behind them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from serving.api.answering import answering, resources_of
from serving.themes.theme_answers import sentences_answer, themes_answer
from serving.themes.theme_queries import read_sentences_query, read_themes_query


def _themes(request: Request) -> dict[str, Any]:
    return themes_answer(resources_of(request).store, read_themes_query(request.query_params))


def _sentences(request: Request) -> dict[str, Any]:
    held = resources_of(request)
    return sentences_answer(held.store, read_sentences_query(request.query_params, held.limits))


THEME_ROUTES = (
    Route("/v1/themes", answering(_themes)),
    Route("/v1/themes/sentences", answering(_sentences)),
)

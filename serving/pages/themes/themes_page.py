"""What customers speak of, by the revenue at risk behind it; every theme opens the sentences behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.datastructures import QueryParams

from features.source_tables import ROLES
from features.text.themes import THEMES
from serving.api.page_cursors import Place
from serving.history.history_answers import snapshot_for
from serving.pages.book_glance import glance_of
from serving.pages.horizontal_bars import horizontal_bars
from serving.pages.visits import Download, Page, Visit
from serving.themes.theme_answers import sentences_answer, themes_answer
from serving.themes.theme_exports import as_csv, as_markdown
from serving.themes.theme_queries import (
    SentencesAsked,
    ThemesAsked,
    read_sentences_query,
    read_themes_query,
)

PERIODS = (30, 90, 182)
IN_THE_PAGE = 5  # sentences under each theme of the exported page
MOST_EXPORTED = 1_000


def themes(visit: Visit) -> Page:
    """The page at `/themes`. Raises Problem where no mentions are kept, or the query cannot be read."""
    asked = read_themes_query(_filled_in(visit))
    answer = themes_answer(visit.held.store, asked)
    said = [each for each in answer["themes"] if each["accounts"]]
    drawn = [(each["theme"], each["revenue_at_risk"], *each["interval"]) for each in said]
    values = {"answer": answer, "said": said, "bars": horizontal_bars(drawn)}
    return Page("themes/themes.html", "themes", values | _form(visit, asked))


def sentences(visit: Visit) -> Page:
    """The page at `/themes/sentences`: the sentences behind a theme, most revenue at risk first."""
    asked = read_sentences_query(_filled_in(visit), visit.held.limits)
    answer = sentences_answer(visit.held.store, asked)
    cursor = answer["next_cursor"]
    shown = {"first": asked.start + 1, "last": asked.start + len(answer["sentences"])}
    values = {"answer": answer, "of_theme": asked.theme, "titles": THEMES, "next": cursor, "shown": shown}
    values |= {"later": None if cursor is None else _later(visit, cursor)}
    return Page("themes/sentences.html", "themes", values | _form(visit, asked.themes))


def ranking_csv(visit: Visit) -> Download:
    """`/themes/ranking.csv`: a line per theme."""
    answer = themes_answer(visit.held.store, read_themes_query(_filled_in(visit)))
    return Download(f"themes-{answer['period']['until']}.csv", "text/csv", as_csv(answer))


def ranking_markdown(visit: Visit) -> Download:
    """`/themes/ranking.md`: a page for a roadmap, with some sentences under each theme."""
    store, asked = visit.held.store, read_themes_query(_filled_in(visit))
    answer = themes_answer(store, asked)
    first = Place(answer["snapshot"]["id"], 0)  # of the snapshot that was ranked
    said = {
        each["theme"]: sentences_answer(
            store, SentencesAsked(asked, each["theme"], limit=IN_THE_PAGE, place=first)
        )["sentences"]
        for each in answer["themes"]
        if each["accounts"]
    }
    text = as_markdown(answer, said, visit.preferences.language)
    return Download(f"themes-{answer['period']['until']}.md", "text/markdown", text)


def sentences_csv(visit: Visit) -> Download:
    """`/themes/sentences.csv`: a line per sentence, up to a thousand."""
    asked = replace(read_sentences_query(_filled_in(visit), visit.held.limits), limit=MOST_EXPORTED)
    answer = sentences_answer(visit.held.store, asked)
    name = f"sentences-{asked.theme or 'all'}-{answer['period']['until']}.csv"
    return Download(name, "text/csv", as_csv(answer))


def _filled_in(visit: Visit) -> QueryParams:
    """The query as the API's, without the fields of the form that were left empty.

    A theme is `about` here: `theme` is the switch of the colours.
    """
    given = [(key, value) for key, value in visit.request.query_params.multi_items() if value]
    return QueryParams([("theme" if key == "about" else key, value) for key, value in given])


def _form(visit: Visit, asked: ThemesAsked) -> dict[str, Any]:
    glance = glance_of(visit.held.store, snapshot_for(visit.held.store, asked.as_of))
    query = {"period": asked.days, "segment": asked.segment, "role": asked.role, "owner": asked.owner}
    query |= {"as_of": asked.as_of and asked.as_of[:10]}
    choices = {"segments": glance.segments, "owners": glance.owners, "roles": ROLES}
    return {"query": query, "asked": asked, "periods": sorted({*PERIODS, asked.days}), **choices}


def _later(visit: Visit, cursor: str) -> str:
    url = visit.request.url.include_query_params(cursor=cursor)
    return f"{url.path}?{url.query}"

"""What is asked of the themes: which period, whose words, which accounts."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from features.faults import nearest
from features.source_tables import ROLES
from features.text.themes import THEMES
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, as_of_text, is_short_text
from serving.api.request_queries import closed_query, page_limit
from serving.disagreement.disagreement_answers import cursor_of
from serving.params import ServingParams

SHORTEST, LONGEST, USUAL = 7, 182, 90  # days; twice the longest is within the texts that are kept
FILTERS = ("segment", "role", "owner")
THEME_KEYS = ("period", *FILTERS, "as_of")
SENTENCE_KEYS = ("theme", "account_id", *THEME_KEYS, "limit", "cursor")


@dataclass(frozen=True)
class ThemesAsked:
    """A period of so many `days` before the as-of date; the filters None for all."""

    days: int = USUAL
    segment: str | None = None
    role: str | None = None
    owner: str | None = None
    as_of: str | None = None


@dataclass(frozen=True)
class SentencesAsked:
    """A page of the sentences behind a theme (None: all themes), or of one account."""

    themes: ThemesAsked
    theme: str | None = None
    account_id: str | None = None
    limit: int = 50
    snapshot_id: int | None = None
    start: int = 0


def read_themes_query(query: QueryParams) -> ThemesAsked:
    """The query of `GET /v1/themes`. Raises Problem with every fault in it.

    >>> read_themes_query(QueryParams("period=30&role=user")).days
    30
    """
    faults = Faults()
    asked = themes_asked(closed_query(query, THEME_KEYS, faults), faults)
    faults.raise_any()
    return asked


def read_sentences_query(query: QueryParams, limits: ServingParams) -> SentencesAsked:
    """The query of `GET /v1/themes/sentences`. Raises Problem with every fault in it."""
    faults = Faults()
    given = closed_query(query, SENTENCE_KEYS, faults)
    themes = themes_asked(given, faults)
    check_theme(given.get("theme"), faults)
    if "account_id" in given and not is_short_text(given["account_id"]):
        faults.add("account_id", given["account_id"], TEXT_ALLOWED, "leave account_id out for all")
    limit = page_limit(given.get("limit"), limits, faults)
    place = cursor_of(given["cursor"]) if "cursor" in given else None
    if "cursor" in given and place is None:
        faults.add("cursor", given["cursor"], "the next_cursor of an earlier page", "start again without")
    faults.raise_any()
    return SentencesAsked(themes, given.get("theme"), given.get("account_id"), limit, *(place or (None, 0)))


def check_theme(theme: str | None, faults: Faults) -> None:
    """A fault where it is no theme of the catalogue."""
    if theme is not None and theme not in THEMES:
        faults.add("theme", theme, f"one of {', '.join(THEMES)}", nearest(clip(theme), list(THEMES)))


def themes_asked(given: dict[str, str], faults: Faults) -> ThemesAsked:
    """The period and the filters of a query; every fault is added to `faults`."""
    days, role = given.get("period", str(USUAL)), given.get("role")
    fits = days.isascii() and days.isdecimal() and len(days) < 5 and SHORTEST <= int(days) <= LONGEST
    if not fits:
        faults.add("period", days, f"days from {SHORTEST} to {LONGEST}", f"leave it out for {USUAL}")
    if role is not None and role not in ROLES:
        faults.add("role", role, f"one of {', '.join(ROLES)}", nearest(clip(role), list(ROLES)))
    for name in ("segment", "owner"):
        if name in given and not is_short_text(given[name]):
            faults.add(name, given[name], TEXT_ALLOWED, f"leave {name} out for all")
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    return ThemesAsked(int(days) if fits else USUAL, given.get("segment"), role, given.get("owner"), as_of)

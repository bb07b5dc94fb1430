"""What is asked of the themes: which period, whose words, which accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from features.faults import nearest
from features.source_tables import ROLES
from features.text.themes import THEMES
from serving.api.page_cursors import Place, check_cursor
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, as_of_text, is_short_text
from serving.api.request_queries import closed_query, page_limit
from serving.params import ServingParams

SHORTEST, LONGEST, USUAL = 7, 182, 90  # days; twice the longest is within the texts that are kept
FILTERS = ("segment", "role", "owner")
THEME_KEYS = ("period", *FILTERS, "as_of")
BEGUN_WITH = ("theme", "account_id", "period", *FILTERS)
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
    place: Place | None = None

    @property
    def start(self) -> int:
        """How many sentences were shown before."""
        return 0 if self.place is None else self.place.start

    @property
    def filters(self) -> dict[str, str]:
        """What its pages are of, by the names of a query."""
        own = {"theme": self.theme, "account_id": self.account_id, "period": str(self.themes.days)}
        told = own | {name: getattr(self.themes, name) for name in FILTERS}
        return {name: text for name, text in told.items() if text is not None}


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
    place = Place.decode(given["cursor"], BEGUN_WITH) if "cursor" in given else None
    begun = None if place is None else place.filters
    asked = given if begun is None else {**begun, **_date(given)}
    themes, theme, account_id = themes_asked(asked, faults), asked.get("theme"), asked.get("account_id")
    check_theme(theme, faults)
    if account_id is not None and not is_short_text(account_id):
        faults.add("account_id", account_id, TEXT_ALLOWED, "leave account_id out for all")
    limit = page_limit(given.get("limit"), limits, faults)
    check_cursor(given, begun, BEGUN_WITH, faults)
    faults.raise_any()
    return SentencesAsked(themes, theme, account_id, limit, place)


def _date(given: Mapping[str, str]) -> dict[str, str]:
    """The date is no filter that a cursor carries: it is checked against the cursor's snapshot."""
    return {"as_of": given["as_of"]} if "as_of" in given else {}


def check_theme(theme: str | None, faults: Faults) -> None:
    """A fault where it is no theme of the catalogue."""
    if theme is not None and theme not in THEMES:
        faults.add("theme", theme, f"one of {', '.join(THEMES)}", nearest(clip(theme), list(THEMES)))


def themes_asked(given: Mapping[str, str], faults: Faults) -> ThemesAsked:
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

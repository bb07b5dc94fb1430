"""Reads the query of a GET call, all faults at once; and a page's cursor."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import QueryParams

from features.faults import nearest
from serving.api.page_cursors import are_filters, check_cursor, decoded, encoded, is_place
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, as_of_text, is_short_text
from serving.params import ServingParams

BANDS = ("green", "yellow", "red")
SORTS = ("health", "-health", "name", "-name", "account_id", "-account_id")
FILTERS = ("band", "owner", "segment", "q", "band_in_force")
EXPORT_KEYS = (*FILTERS, "sort", "as_of")
PORTFOLIO_KEYS = (*EXPORT_KEYS, "limit", "cursor", "fields")
# The fields of `payloads.AccountSummary`, which commands do not import: it comes with the framework.
SUMMARY_FIELDS = (
    "account_id",
    "name",
    "owner",
    "segment",
    "health",
    "interval",
    "band",
    "coverage",
    "main_driver",
    "band_in_force",
    "override",
)


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: on which snapshot, in which order, after which account, of which `filters`.

    It holds its snapshot, so that pages that follow one another stay on it while newer ones are published.
    """

    snapshot_id: int
    sort: str
    value: str | float
    account_id: str
    filters: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> str:
        """The cursor as the opaque text that the API gives out.

        >>> Cursor.decode(Cursor(7, "health", 58.3, "A-1", {"band": "red"}).encode())
        Cursor(snapshot_id=7, sort='health', value=58.3, account_id='A-1', filters={'band': 'red'})
        """
        return encoded([self.snapshot_id, self.sort, self.value, self.account_id, self.filters])

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """The cursor of a text, or None where the API cannot have given it out."""
        parts = decoded(text, 5)
        if parts is None:
            return None
        snapshot_id, sort, value, account_id, filters = parts
        if not is_place(snapshot_id) or sort not in SORTS or not are_filters(filters, FILTERS):
            return None
        is_value = _is_finite(value) if sort.endswith("health") else isinstance(value, str)
        return cls(*parts) if is_value and isinstance(account_id, str) else None


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


@dataclass(frozen=True)
class PortfolioQuery:
    """One page of the portfolio: which accounts, in which order, how many, from where on."""

    band: str | None = None
    owner: str | None = None
    segment: str | None = None
    q: str | None = None
    band_in_force: str | None = None
    sort: str = "health"
    limit: int = 50
    cursor: Cursor | None = None
    as_of: str | None = None
    fields: tuple[str, ...] | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are asked for, by name."""
        return {name: text for name in FILTERS if (text := getattr(self, name)) is not None}


def read_portfolio_query(
    query: QueryParams, limits: ServingParams, known: Collection[str] = PORTFOLIO_KEYS
) -> PortfolioQuery:
    """The query of `GET /v1/accounts`. Raises Problem with every fault in it.

    >>> query = read_portfolio_query(QueryParams("band=red&limit=2"), ServingParams())
    >>> query.band, query.limit, query.sort
    ('red', 2, 'health')
    """
    faults = Faults()
    given = closed_query(query, known, faults)
    cursor = Cursor.decode(given["cursor"]) if "cursor" in given else None
    begun = None if cursor is None else {**cursor.filters, "sort": cursor.sort}
    asked = given if begun is None else begun
    filters = _filters(asked, faults)
    _check_choice("sort", asked.get("sort"), SORTS, faults)
    limit = page_limit(given.get("limit"), limits, faults)
    check_cursor(given, begun, (*FILTERS, "sort"), faults)
    as_of = as_of_text(given["as_of"], "as_of", faults) if "as_of" in given else None
    fields = read_fields(given.get("fields"), SUMMARY_FIELDS, faults)
    faults.raise_any()
    sort = asked.get("sort", "health")
    return PortfolioQuery(**filters, sort=sort, limit=limit, cursor=cursor, as_of=as_of, fields=fields)


def _filters(asked: Mapping[str, str], faults: Faults) -> dict[str, str | None]:
    for name in ("band", "band_in_force"):
        _check_choice(name, asked.get(name), BANDS, faults)
    for name in ("owner", "segment", "q"):
        if name in asked and not is_short_text(asked[name]):
            faults.add(name, asked[name], TEXT_ALLOWED, f"leave {name} out for all")
    return {name: asked.get(name) for name in FILTERS}


def read_fields(text: str | None, known: Collection[str], faults: Faults) -> tuple[str, ...] | None:
    """The fields of `?fields=health,band`, the account's id always among them; None for all.

    >>> read_fields("band,health", SUMMARY_FIELDS, Faults())
    ('account_id', 'band', 'health')
    """
    if text is None:
        return None
    asked = text.split(",")[: len(known) + 1]
    for name in asked:
        if name not in known:
            faults.add(
                "fields", name, f"names of {', '.join(known)}, with commas", nearest(clip(name), known)
            )
    return ("account_id", *(name for name in dict.fromkeys(asked) if name != "account_id"))


def closed_query(query: QueryParams, known: Collection[str], faults: Faults) -> dict[str, str]:
    """The parameters of a query, each known and given once; the rest become faults."""
    given: dict[str, str] = {}
    for key, value in query.multi_items():
        if key not in known:
            allowed = f"one of {', '.join(known)}" if known else "no query parameter"
            advice = nearest(clip(key), known) if known else "leave it out"
            faults.add(clip(key), value, allowed, advice)
        elif key in given:
            faults.add(key, value, "one value", "send the parameter once")
        given[key] = value
    return given


def _check_choice(key: str, value: str | None, choices: Collection[str], faults: Faults) -> None:
    if value is not None and value not in choices:
        faults.add(key, value, f"one of {', '.join(choices)}", nearest(clip(value), choices))


def page_limit(text: str | None, limits: ServingParams, faults: Faults) -> int:
    """How many lines a page has; a fault where it is none that a page may have."""
    if text is None:
        return limits.default_page
    if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= limits.max_page:
        return int(text)
    advice = f"leave it out for {limits.default_page}, and page with the cursor for more"
    faults.add("limit", text, f"an integer from 1 to {limits.max_page}", advice)
    return limits.default_page

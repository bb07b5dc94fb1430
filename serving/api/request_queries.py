"""Reads the query of a GET call, all faults at once; and a page's cursor."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Collection
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from features.faults import nearest
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, as_of_text, is_short_text
from serving.params import ServingParams

BANDS = ("green", "yellow", "red")
SORTS = ("health", "-health", "name", "-name", "account_id", "-account_id")
EXPORT_KEYS = ("band", "owner", "segment", "q", "band_in_force", "sort", "as_of")
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
    """Where a page ended: on which snapshot, in which order, after which account.

    It holds its snapshot, so that pages that follow one another stay on it while newer ones are published.
    """

    snapshot_id: int
    sort: str
    value: str | float
    account_id: str

    def encode(self) -> str:
        """The cursor as the opaque text that the API gives out (base64url of JSON).

        >>> Cursor.decode(Cursor(7, "health", 58.3, "A-1").encode())
        Cursor(snapshot_id=7, sort='health', value=58.3, account_id='A-1')
        """
        parts = [self.snapshot_id, self.sort, self.value, self.account_id]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor | None:
        """The cursor of a text, or None where the API cannot have given it out."""
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            snapshot_id, sort, value, account_id = json.loads(raw)
            f"{value}{account_id}".encode()  # half a surrogate pair cannot be asked of a database
        except (binascii.Error, ValueError, TypeError, RecursionError):
            return None
        if type(snapshot_id) is not int or not 0 < snapshot_id < 2**31 or sort not in SORTS:
            return None
        is_value = _is_finite(value) if sort.endswith("health") else isinstance(value, str)
        if not is_value or not isinstance(account_id, str):
            return None
        cursor = cls(snapshot_id, sort, value, account_id)
        return cursor if cursor.encode() == text else None


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
    band, sort, as_of = given.get("band"), given.get("sort"), given.get("as_of")
    _check_choice("band", band, BANDS, faults)
    _check_choice("band_in_force", given.get("band_in_force"), BANDS, faults)
    _check_choice("sort", sort, SORTS, faults)
    texts = {key: given.get(key) for key in ("owner", "segment", "q")}
    for key, text in texts.items():
        if text is not None and not is_short_text(text):
            faults.add(key, text, TEXT_ALLOWED, f"leave {key} out for all")
    limit = page_limit(given.get("limit"), limits, faults)
    cursor = _cursor(given.get("cursor"), sort, faults)
    as_of = None if as_of is None else as_of_text(as_of, "as_of", faults)
    fields = read_fields(given.get("fields"), SUMMARY_FIELDS, faults)
    faults.raise_any()
    order = cursor.sort if cursor else sort or "health"
    return PortfolioQuery(
        band=band,
        band_in_force=given.get("band_in_force"),
        sort=order,
        limit=limit,
        cursor=cursor,
        as_of=as_of,
        fields=fields,
        **texts,
    )


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


def _cursor(text: str | None, sort: str | None, faults: Faults) -> Cursor | None:
    if text is None:
        return None
    cursor = Cursor.decode(text)
    if cursor is None:
        faults.add("cursor", text, "the next_cursor of an earlier page", "start again without a cursor")
    elif sort is not None and sort != cursor.sort:
        faults.add("sort", sort, f"{cursor.sort}, as the cursor's pages", "start again without the cursor")
    return cursor

"""Checks of single values that bodies and queries share: names, account ids, as-of dates."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from features.faults import nearest
from serving.api.problems import Faults, clip

MAX_TEXT = 200
NO_CONTROLS = (
    r"^[^\x00-\x1f\x7f-\x9f]+$"  # the same for the OpenAPI document, as a regular expression of ECMA 262
)
TEXT_ALLOWED = f"a text of 1 to {MAX_TEXT} characters, no control characters"


def utc_text(moment: datetime) -> str:
    """A moment as the API and the store write it. Raises ValueError where it has no time zone.

    >>> utc_text(datetime(2026, 10, 31, tzinfo=UTC))
    '2026-10-31T00:00:00Z'
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; allowed: a moment with one, such as UTC")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def as_of_text(value: object, field: str, faults: Faults) -> str | None:
    """An as-of date as it stands in the store: a date means its midnight in UTC.

    >>> as_of_text("2026-10-31", "as_of", Faults())
    '2026-10-31T00:00:00Z'
    >>> as_of_text("2026-10-31T02:00:00+02:00", "as_of", Faults())
    '2026-10-31T00:00:00Z'
    """
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        is_date = isinstance(value, str) and len(value) == len("2026-10-31")
        return utc_text(moment.replace(tzinfo=UTC) if is_date else moment)
    except (ValueError, OverflowError):
        allowed = "a date (2026-10-31), or a time with its zone (2026-10-31T00:00:00Z)"
        faults.add(field, value, allowed, "leave it out for the newest snapshot")
        return None


def is_short_text(value: object) -> bool:
    """Whether it is a text of 1 to 200 characters, none of them a control character or half a surrogate
    pair, which not every database can hold.

    >>> is_short_text("阿尔法\u3000有限公司"), is_short_text("a\\x00b"), is_short_text(""), is_short_text(7)
    (True, False, False, False)
    """
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        return False
    return not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value)


def check_account_id(value: object, field: str, faults: Faults) -> None:
    """An account id is a text of 1 to 200 characters; anything else is a fault."""
    if is_short_text(value):
        return
    is_number = isinstance(value, int) and not isinstance(value, bool)
    advice = "send it as a text, in quotes" if is_number else "send the account's id as it is in the book"
    faults.add(field, value, TEXT_ALLOWED, advice)


def closed_object(
    value: object, field: str, known: Collection[str], required: Collection[str], faults: Faults
) -> Mapping[str, Any] | None:
    """`value` as an object with only known and all required keys; None where it is no object at all."""
    if not isinstance(value, dict):
        faults.add(field or "body", value, f"an object with the keys {', '.join(known)}", "see /docs.json")
        return None
    for key in value:
        if key not in known:
            faults.add(
                _joined(field, key), value[key], f"one of the keys {', '.join(known)}", _meant(key, known)
            )
    for key in required:
        if key not in value:
            faults.add(_joined(field, key), None, "required", f"add {key!r}")
    return value


def _meant(key: str, known: Collection[str]) -> Callable[[], str]:
    """Advice on a misspelt name, worked out only when it is asked for."""
    return lambda: nearest(clip(key), known)


def feature_advice(name: str, known: Collection[str]) -> str:
    """The feature most like `name`, or where all of them are listed.

    >>> feature_advice("seat_utilizaton", ["seat_utilisation", "tenure_days"])
    "did you mean 'seat_utilisation'?"
    >>> feature_advice("x", ["seat_utilisation"])
    'GET /v1/catalog lists every feature'
    """
    match = difflib.get_close_matches(clip(name), known, n=1)
    return f"did you mean {match[0]!r}?" if match else "GET /v1/catalog lists every feature"


def _joined(field: str, key: str) -> str:
    return clip(f"{field}.{key}" if field else key)

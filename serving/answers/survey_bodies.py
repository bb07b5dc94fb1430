"""Reads the body of `POST /v1/survey-responses`, as strictly as a book's `surveys`, all faults at once."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from features.source_tables import ROLES, SURVEY_KINDS, TOUCHPOINTS
from serving.api.problems import Faults
from serving.api.request_bodies import read_json
from serving.api.request_fields import TEXT_ALLOWED, check_account_id, closed_object, is_short_text
from serving.closed_loop.moments import moment_text

REQUIRED = ("account_id", "kind", "touchpoint", "score", "scale_min", "scale_max")
MAY = ("response_id", "contact_id", "role", "is_key", "comment", "sent_at", "responded_at")
MAX_COMMENT = 20_000
LARGEST_SCORE = 1e9
SKEW = timedelta(minutes=5)  # a clock of the caller's may be so far ahead


@dataclass(frozen=True)
class Answer:
    """An answer as it was given: a row of `surveys`, and the role of who gave it where that was sent."""

    row: dict[str, Any]
    role: str | None
    is_key: bool | None

    @property
    def out_of_ten(self) -> float:
        """The score on a scale from 0 to 10."""
        low, high = self.row["scale_min"], self.row["scale_max"]
        return float(10 * (self.row["score"] - low) / (high - low))

    @property
    def is_detractor(self) -> bool:
        """An NPS answer of 0 to 6 on a scale to ten (Reichheld 2003)."""
        return self.row["kind"] == "nps" and self.out_of_ten < 7


def read_answer(body: bytes, now: datetime) -> Answer:
    """The answer of a body. Raises Problem with every fault in it.

    >>> body = b'{"account_id": "A-1", "kind": "nps", "touchpoint": "relational", "score": 6, ' \\
    ...     b'"scale_min": 0, "scale_max": 10}'
    >>> read_answer(body, datetime(2026, 11, 1, tzinfo=UTC)).is_detractor
    True
    """
    faults = Faults()
    given = closed_object(read_json(body), "", (*REQUIRED, *MAY), REQUIRED, faults) or {}
    if "account_id" in given:
        check_account_id(given["account_id"], "account_id", faults)
    for name, allowed in (("kind", SURVEY_KINDS), ("touchpoint", TOUCHPOINTS), ("role", (*ROLES, None))):
        if name in given and given[name] not in allowed:
            faults.add(name, given[name], f"one of {', '.join(map(str, allowed))}", "send one of these")
    for name in ("response_id", "contact_id"):
        if given.get(name) is not None and not is_short_text(given[name]):
            faults.add(name, given[name], TEXT_ALLOWED, "send the id as your survey tool has it")
    if given.get("is_key") is not None and not isinstance(given["is_key"], bool):
        faults.add("is_key", given["is_key"], "true, false or null", "leave it out where you do not know")
    _check_score(given, faults)
    _check_comment(given.get("comment"), faults)
    times = _times(given, now, faults)
    faults.raise_any()
    row = {name: given.get(name) for name in (*REQUIRED, "response_id", "contact_id", "comment")}
    row |= {name: float(given[name]) for name in ("score", "scale_min", "scale_max")}
    return Answer({**row, **times}, given.get("role"), given.get("is_key"))


def _check_score(given: Any, faults: Faults) -> None:
    names = ("score", "scale_min", "scale_max")
    bad = [name for name in names if name in given and not _is_number(given[name])]
    for name in bad:
        faults.add(name, given[name], "a finite number", "send what was answered, and the ends of its scale")
    if bad or any(name not in given for name in names):
        return
    score, low, high = (given[name] for name in names)
    if low >= high:
        faults.add("scale_min", low, "below scale_max", "send the ends of the scale, lowest first")
    elif not low <= score <= high:
        faults.add("score", score, f"{low:g} to {high:g}, as the scale", "mend the score or the scale")


def _is_number(value: object) -> bool:
    if type(value) not in (int, float):
        return False
    return abs(value) <= LARGEST_SCORE and math.isfinite(value)  # type: ignore[arg-type]


def _check_comment(comment: object, faults: Faults) -> None:
    if comment is None:
        return
    if not isinstance(comment, str) or len(comment) > MAX_COMMENT or unstorable(comment):
        allowed = f"a text of at most {MAX_COMMENT:,} characters, without NUL or half a surrogate pair"
        shown = f"{len(comment)} characters" if isinstance(comment, str) else comment
        faults.add("comment", shown, allowed, "leave it out or cut it")


def unstorable(text: str) -> bool:
    """Whether a text holds what not every database can: NUL, or half a surrogate pair."""
    return "\x00" in text or any(unicodedata.category(letter) == "Cs" for letter in text)


def _times(given: Any, now: datetime, faults: Faults) -> dict[str, str]:
    """When it was asked, answered and recorded; an answer without a time was given now."""
    responded = _moment(given.get("responded_at"), "responded_at", now, faults)
    sent = _moment(given.get("sent_at"), "sent_at", responded, faults)
    if sent > responded:
        faults.add("sent_at", given.get("sent_at"), "at or before responded_at", "mend the one that is wrong")
    if responded > now + SKEW:
        step = "leave it out for now, or set the clock (or time zone) of the caller right"
        faults.add("responded_at", given["responded_at"], "a time that is past", step)
    times = {"sent_at": min(sent, now), "responded_at": min(responded, now), "recorded_at": now}
    return {name: moment_text(moment) for name, moment in times.items()}


def _moment(value: object, field: str, otherwise: datetime, faults: Faults) -> datetime:
    if value is None:
        return otherwise
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is not None and moment.year > 1970:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    faults.add(field, value, "a time with its zone, such as 2026-10-31T09:30:00Z", "add the zone")
    return otherwise

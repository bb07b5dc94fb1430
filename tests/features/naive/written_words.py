"""Naively: themes and tone of notes, QBR minutes, tickets and comments (T1–T3).

What a single text says is read by the one reader there is (its own tests hold it to labelled
sentences); here is which texts count, how much, and from when on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from features.params import FeatureParams
from features.text.readers import readers
from features.text.themes import THEMES
from tests.features.naive.known_facts import Facts, Row, in_window, whole_days
from tests.features.naive.numbers import difference, mean, share, total
from tests.features.naive.voice import role_on

Features = dict[str, float | None]
Said = tuple[dt.datetime, str | None]  # the instant a text is about, and the text
Weighted = list[tuple[float, str]]  # how much a text counts, and the text
IN_TICKETS = ("missing_capability", "quality", "service")
FRIENDLY = ("expansion", "praise")


def _weighted(
    texts: Iterable[Said], as_of: dt.datetime, newest: int, oldest: int, params: FeatureParams
) -> Weighted:
    """The texts of `[as_of - oldest, as_of - newest)`; one as old as the half-life counts half."""
    return [
        (2.0 ** (-whole_days(as_of, about) / params.text_half_life), text)
        for about, text in texts
        if text is not None and in_window(about, as_of, newest, oldest)
    ]


@cache
def _raised(text: str, lexicons: tuple[Path, ...]) -> set[str]:
    """The themes that a text plainly raises."""
    return {m.theme for m in readers(lexicons).themes.read(text) if m.polarity == 1}


@cache
def _tone_of(text: str, lexicons: tuple[Path, ...]) -> float | None:
    """The mean over its tonal words; None where it has none."""
    return mean([word.value for word in readers(lexicons).tone.read(text)])


def _theme(texts: Weighted, theme: str, params: FeatureParams) -> float:
    return (
        total((weight for weight, text in texts if theme in _raised(text, params.lexicons)), 1_000_000) or 0.0
    )


def _tone(texts: Weighted, params: FeatureParams) -> float | None:
    told = [(weight, _tone_of(text, params.lexicons)) for weight, text in texts]
    heard = [(weight, tone) for weight, tone in told if tone is not None]
    whole = total((weight for weight, _ in heard), 1_000_000)
    return share(total((weight * tone for weight, tone in heard), 1_000_000), whole)


def notes(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    half_year, quarter = params.windows.half_year, params.windows.quarter
    minutes = [(row["happened_at"], row["text"]) for row in facts["notes"] if row["kind"] == "qbr"]
    others = [(row["happened_at"], row["text"]) for row in facts["notes"] if row["kind"] != "qbr"]
    everything = _weighted(minutes + others, as_of, 0, half_year, params)
    now, before = (
        _tone(_weighted(others, as_of, newest, newest + quarter, params), params) for newest in (0, quarter)
    )
    return {
        **{f"note_{theme}_{half_year}d": _theme(everything, theme, params) for theme in THEMES},
        f"note_tone_{half_year}d": _tone(_weighted(others, as_of, 0, half_year, params), params),
        f"note_tone_change_{quarter}d": difference(now, before),
        f"qbr_tone_{half_year}d": _tone(_weighted(minutes, as_of, 0, half_year, params), params),
    }


def ticket_texts(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    half_year = params.windows.half_year
    said = [(row["opened_at"], row["text"]) for row in facts["tickets"]]
    texts = _weighted(said, as_of, 0, half_year, params)
    return {
        **{f"ticket_{theme}_{half_year}d": _theme(texts, theme, params) for theme in IN_TICKETS},
        f"ticket_tone_{half_year}d": _tone(texts, params),
    }


def comments(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """A comment is said, and known, with the answer: without an answer there is none."""
    year, said = params.windows.year, [(row["responded_at"], row["comment"]) for row in facts["surveys"]]
    return {f"comment_tone_{year}d": _tone(_weighted(said, as_of, 0, year, params), params)}


def decision_makers(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """Notes of talks with decision makers, and their own tickets and comments.

    None where no table says who spoke: notes do, and the others where the contacts are known.
    """
    half_year = params.windows.half_year
    said = [
        (row["happened_at"], row["text"]) for row in facts.get("notes", []) if row["role"] == "decision_maker"
    ]
    said += _of_contacts(facts, "tickets", "opened_at", "text") + _of_contacts(
        facts, "surveys", "responded_at", "comment"
    )
    texts = _weighted(said, as_of, 0, half_year, params)
    told = "notes" in facts or ("contacts" in facts and ("tickets" in facts or "surveys" in facts))
    unfriendly = total(
        (weight * len(_raised(text, params.lexicons) - set(FRIENDLY)) for weight, text in texts), 1_000_000
    )
    return {
        f"decision_maker_tone_{half_year}d": _tone(texts, params),
        f"decision_maker_negative_themes_{half_year}d": (unfriendly or 0.0) if told else None,
    }


def _of_contacts(facts: Facts, table: str, about: str, text: str) -> list[Said]:
    """What contacts wrote who were decision makers on that day."""

    def decides(row: Row) -> bool:
        return (
            row[about] is not None
            and role_on(facts, row["contact_id"], row[about].date()) == "decision_maker"
        )

    return [(row[about], row[text]) for row in facts.get(table, []) if decides(row)]

"""Naively: themes and tone of notes, QBR minutes, tickets and comments (T1–T3).

What a single text says is read by the one reader there is (its own tests hold it to labelled
sentences); here is which texts count, how much, and from when on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from features.params import FeatureParams
from features.text.themes import THEMES, shipped_theme_reader
from features.text.tone import shipped_tone_reader
from tests.features.naive.known_facts import Facts, in_window, whole_days
from tests.features.naive.numbers import share, total

Features = dict[str, float | None]
Weighted = list[tuple[float, str]]  # how much a text counts, and the text
IN_TICKETS = ("missing_capability", "quality", "service")


def _weighted(
    texts: Iterable[tuple[dt.datetime, str | None]], as_of: dt.datetime, longest: int, params: FeatureParams
) -> Weighted:
    """The texts of the window; one as old as the half-life counts half."""
    return [
        (2.0 ** (-whole_days(as_of, about) / params.text_half_life), text)
        for about, text in texts
        if text is not None and in_window(about, as_of, 0, longest)
    ]


def _theme(texts: Weighted, theme: str) -> float:
    said = (
        weight
        for weight, text in texts
        if any(m.theme == theme and m.polarity == 1 for m in shipped_theme_reader().read(text))
    )
    return total(said, 1_000_000) or 0.0


def _tone(texts: Weighted) -> float | None:
    heard = []
    for weight, text in texts:
        words = [word.value for word in shipped_tone_reader().read(text)]
        if words:
            heard.append((weight, sum(words) / len(words)))
    whole = total((weight for weight, _ in heard), 1_000_000)
    return share(total((weight * tone for weight, tone in heard), 1_000_000), whole)


def notes(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    half_year = params.windows.half_year

    def of(rows: Iterable[dict]) -> Weighted:
        return _weighted(((row["happened_at"], row["text"]) for row in rows), as_of, half_year, params)

    minutes = [row for row in facts["notes"] if row["kind"] == "qbr"]
    others = [row for row in facts["notes"] if row["kind"] != "qbr"]
    everything = of(facts["notes"])
    return {
        **{f"note_{theme}_{half_year}d": _theme(everything, theme) for theme in THEMES},
        f"note_tone_{half_year}d": _tone(of(others)),
        f"qbr_tone_{half_year}d": _tone(of(minutes)),
    }


def ticket_texts(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    half_year = params.windows.half_year
    texts = _weighted(((row["opened_at"], row["text"]) for row in facts["tickets"]), as_of, half_year, params)
    return {
        **{f"ticket_{theme}_{half_year}d": _theme(texts, theme) for theme in IN_TICKETS},
        f"ticket_tone_{half_year}d": _tone(texts),
    }


def comments(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> Features:
    """A comment is said, and known, with the answer: without an answer there is none."""
    year = params.windows.year
    given = [
        (row["responded_at"], row["comment"]) for row in facts["surveys"] if row["responded_at"] is not None
    ]
    return {f"comment_tone_{year}d": _tone(_weighted(given, as_of, year, params))}

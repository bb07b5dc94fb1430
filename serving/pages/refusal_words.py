"""What a refusal says is allowed and what to do next, in the reader's language.

A refusal is worded once, in English, where it is found. Each wording that a person can meet in the pages
stands in `refusal_patterns.yaml` with its Chinese; a test sends every kind of wrong form and query, and finds
none left in English.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import yaml

from features.catalog import Language

PLACE = re.compile(r"\{(\w+)\}")


def refusal_in(language: Language, text: str) -> str | None:
    """The text in that language; None where nobody has said it in it yet.

    >>> refusal_in("zh", "one of red, yellow"), refusal_in("en", "one of red"), refusal_in("zh", "what else")
    ('以下之一：red, yellow', 'one of red', None)
    """
    if language == "en":
        return text
    for pattern, said in _patterns():
        if found := pattern.fullmatch(text):
            return PLACE.sub(lambda place: found[place[1]], said)
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """In their order: of two that fit, the first holds. ValueError where a place is in one language only."""
    file = files("serving.pages").joinpath("refusal_patterns.yaml")
    told = yaml.safe_load(file.read_text(encoding="utf-8"))
    made = []
    for each in told:
        if not set(PLACE.findall(each["zh"])) <= set(PLACE.findall(each["en"])):
            raise ValueError(f"refusal_patterns.yaml: {each['zh']} has a place that the English has not")
        parts = PLACE.split(each["en"])
        spelled = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.+)" for n, part in enumerate(parts)]
        made.append((re.compile("".join(spelled), re.DOTALL), each["zh"]))
    return made

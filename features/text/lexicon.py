"""Lexicons: what Vitals reads for, in files that a customer success manager can extend.

The format is told at the top of `lexicons/en.yaml`. All languages are read as one lexicon, since one
note may mix them: a Chinese sentence with an English negation is read like any other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from features.faults import DataFault, Fault
from features.text.phrases import Finder, choices_of, find_phrases
from features.yaml_files import read_yaml

Theme = Literal[
    "competitor",
    "price_budget",
    "missing_capability",
    "quality",
    "service",
    "sponsor_left",
    "reorganisation",
    "expansion",
    "praise",
]
THEMES: dict[Theme, dict[str, str]] = {
    "competitor": {"en": "Competitor", "zh": "竞争对手"},
    "price_budget": {"en": "Price or budget", "zh": "价格或预算"},
    "missing_capability": {"en": "Missing capability", "zh": "功能缺失"},
    "quality": {"en": "Quality", "zh": "产品质量"},
    "service": {"en": "Service", "zh": "服务"},
    "sponsor_left": {"en": "Sponsor left", "zh": "关键人离开"},
    "reorganisation": {"en": "Reorganisation", "zh": "组织调整"},
    "expansion": {"en": "Expansion", "zh": "扩展使用"},
    "praise": {"en": "Praise", "zh": "好评"},
}
"""The nine themes with their English and Chinese names, in the order in which they are shown."""

SHIPPED = tuple(sorted((Path(__file__).parent / "lexicons").glob("*.yaml")))


def _well_formed(phrase: str) -> str:
    choices_of(phrase)
    return phrase


Phrase = Annotated[str, AfterValidator(_well_formed)]


class Strict(BaseModel):
    """Frozen, and no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class PhraseList(Strict):
    """Phrases that count, and longer phrases (`except`) that only look like them."""

    phrases: tuple[Phrase, ...] = ()
    exceptions: tuple[Phrase, ...] = Field(default=(), alias="except")


class Clauses(Strict):
    """What turns a phrase round within its clause, whose it may be, and what ends a clause."""

    negators: PhraseList = PhraseList()
    denials_after: PhraseList = PhraseList()
    conditions: PhraseList = PhraseList()
    strangers: PhraseList = PhraseList()
    breaks: PhraseList = PhraseList()


class Tone(Strict):
    """Words that carry feeling, by strength, and the words before them that change it."""

    very_good: PhraseList = PhraseList()
    good: PhraseList = PhraseList()
    bad: PhraseList = PhraseList()
    very_bad: PhraseList = PhraseList()
    stronger: PhraseList = PhraseList()
    weaker: PhraseList = PhraseList()
    exceptions: tuple[Phrase, ...] = Field(default=(), alias="except")


class Lexicon(Strict):
    """One language's phrases."""

    language: str
    themes: dict[Theme, PhraseList] = {}
    clauses: Clauses = Clauses()
    tone: Tone = Tone()


def finder(lists: Iterable[PhraseList]) -> Finder:
    """What finds the phrases of the same list in several languages."""
    lists = list(lists)
    return find_phrases(
        (phrase for one in lists for phrase in one.phrases),
        (phrase for one in lists for phrase in one.exceptions),
    )


def load_lexicons(paths: Iterable[Path]) -> tuple[Lexicon, ...]:
    """The lexicons in these files. DataFault names every fault of every file at once."""
    lexicons, faults = [], []
    for path in paths:
        try:
            lexicons.append(Lexicon.model_validate(read_yaml(path.read_text("utf-8"))))
        except ValidationError as error:
            faults += [_fault(path, one["loc"], one["input"], one["msg"]) for one in error.errors()]
        except (OSError, UnicodeError, yaml.YAMLError) as error:
            faults.append(_fault(path, (), " ".join(str(error).split()), "a readable YAML file in UTF-8"))
    if faults:
        raise DataFault("The lexicons cannot be read.", faults)
    return tuple(lexicons)


def _fault(path: Path, place: tuple[int | str, ...], value: object, allowed: str) -> Fault:
    field = ".".join([path.name, *map(str, place)])
    return Fault(field, value, allowed.removeprefix("Value error, "), "mend it as told at the top of en.yaml")


@cache
def shipped_lexicons() -> tuple[Lexicon, ...]:
    """The lexicons that come with Vitals, read once."""
    return load_lexicons(SHIPPED)

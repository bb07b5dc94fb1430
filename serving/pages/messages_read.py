"""The words of the pages: one file per topic, every message in both languages side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from features.catalog import Language
from serving.wording.words import LANGUAGES

Messages = dict[str, dict[str, str]]


@cache
def all_messages() -> Messages:
    """Every message by its key, `topic.name`, in every language. Raises ValueError naming what is incomplete.

    >>> all_messages()["navigation.portfolio"]["zh"]
    '客户组合'
    """
    found: Messages = {}
    for file in sorted(files("serving.pages").joinpath("messages").iterdir(), key=lambda each: each.name):
        topic = file.name.removesuffix(".yaml")
        for name, said in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            if not isinstance(said, dict) or set(said) != set(LANGUAGES):
                raise ValueError(f"messages/{file.name}: {name} needs exactly {', '.join(LANGUAGES)}")
            found[f"{topic}.{name}"] = said
    return found


@dataclass(frozen=True)
class Words:
    """The messages in one language: what templates call as `t("topic.name", n=3)`."""

    language: Language

    def __call__(self, key: str, /, **values: Any) -> str:
        """The message, its places filled in. Raises KeyError for a key that no file has.

        >>> Words("en")("shell.as_of", date="2026-11-01")
        'as of 2026-11-01'
        """
        return all_messages()[key][self.language].format(**values)

    def of(self, topic: str, name: object) -> str:
        """The message of a value from a closed list (a band, a role); of one that is not listed its name.

        >>> Words("zh").of("bands", "red"), Words("en").of("bands", "blue")
        ('红色', 'blue')
        """
        said = all_messages().get(f"{topic}.{name}")
        return str(name) if said is None else said[self.language]

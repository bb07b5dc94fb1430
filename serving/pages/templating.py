"""The templates' environment: what they are given is text, and is escaped whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from serving.pages.addresses import account_address, with_query
from serving.pages.cut_text import cut
from serving.pages.messages_read import Words
from serving.pages.navigation import NAVIGATION
from serving.pages.preferences import THEMES, Preferences
from serving.pages.refusal_words import refusal_in
from serving.pages.shown_values import (
    ago,
    day,
    feature_value,
    group_title,
    moment,
    money,
    points,
    share,
    tenth,
    whole_points,
)
from serving.pages.static_files import static_address
from serving.wording.words import LANGUAGES


@cache
def templates() -> Environment:
    """The environment. A name that a template uses and is not given is an error, never an empty text."""
    made = Environment(
        loader=PackageLoader("serving.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "day": day,
        "moment": moment,
        "money": money,
        "points": points,
        "share": share,
        "tenth": tenth,
        "whole_points": whole_points,
        "ago": ago,
        "feature_value": feature_value,
        "cut": cut,
    }
    made.globals |= {
        "account_address": account_address,
        "with_query": with_query,
        "static": static_address,
        "navigation": NAVIGATION,
        "languages": LANGUAGES,
        "themes": THEMES,
    }
    return made


def rendered(template: str, preferences: Preferences, values: Mapping[str, Any]) -> str:
    """The page's HTML, in the reader's language."""
    language = preferences.language
    shell: dict[str, Any] = {"t": Words(language), "lang": language, "theme": preferences.theme}
    shell |= {"group": partial(group_title, language=language), "refusal": partial(refusal_in, language)}
    return templates().get_template(template).render(**shell, **values)

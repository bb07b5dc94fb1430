"""In which language and on which ground a person reads: by the switch, else as their browser asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from features.catalog import Language
from serving.wording.words import LANGUAGES

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
SWITCHES = {"lang": LANGUAGES, "theme": THEMES}
COOKIES = {"lang": "vitals_lang", "theme": "vitals_theme"}
A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Preferences:
    """`theme` is `auto` where the browser's own setting is followed."""

    language: Language
    theme: Theme


def preferences_of(request: Request) -> Preferences:
    """By the cookies of the switches; else the language of `Accept-Language` (RFC 9110), or English."""
    kept = {switch: request.cookies.get(cookie) for switch, cookie in COOKIES.items()}
    language = next((each for each in LANGUAGES if each == kept["lang"]), None)
    theme: Theme = next((each for each in THEMES if each == kept["theme"]), THEMES[0])
    return Preferences(language or _asked_for(request.headers.get("accept-language", "")), theme)


def switched(request: Request) -> Response | None:
    """Where a switch was pressed (`?lang=zh`, `?theme=dark`): the same page again, the choice in a cookie.

    None where none was. A value that is not on the list changes nothing.
    """
    pressed = {name: request.query_params[name] for name in SWITCHES if name in request.query_params}
    if not pressed:
        return None
    rest = request.url.remove_query_params(list(SWITCHES))
    back = RedirectResponse(rest.path + (f"?{rest.query}" if rest.query else ""), 303)
    for name, value in pressed.items():
        if value in SWITCHES[name]:
            secure = request.url.scheme == "https"
            back.set_cookie(COOKIES[name], value, A_YEAR, secure=secure, httponly=True, samesite="strict")
    return back


def _asked_for(header: str) -> Language:
    """The first of our languages that the header names; the browser lists the preferred one first."""
    for named in header[:200].split(","):
        short = named.strip().lower()[:2]
        for language in LANGUAGES:
            if short == language:
                return language
    return "en"

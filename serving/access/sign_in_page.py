"""The HTML of the sign-in page, in the look and the languages of the pages behind it."""

from __future__ import annotations

from serving.pages.preferences import Preferences
from serving.pages.templating import rendered

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Not `no-referrer`: browsers then send their forms with `Origin: null`, as from another site.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def sign_in_page(preferences: Preferences, token: str, wanted: str, fault: str = "") -> str:
    """The form that takes a key; `wanted` is the path to go to afterwards, `fault` the message of a fault."""
    return rendered("sign_in.html", preferences, {"token": token, "wanted": wanted, "fault": fault})


def signed_in_page(preferences: Preferences, name: str, owner: str | None, token: str) -> str:
    """Who is signed in, and the way out."""
    return rendered("signed_in.html", preferences, {"token": token, "name": name, "owner": owner})

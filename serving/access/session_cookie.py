"""Signed sessions of people: what the cookie holds, and the tokens of forms.

The cookie is `key id.expiry.nonce.signature`: it says which key signed in and until when, and nothing
can be changed in it without the secret (HMAC-SHA256, RFC 2104). The key is looked up at every call, so
one that is revoked ends its sessions.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

COOKIE = "vitals_session"
FORM = re.compile(r"([0-9a-f]{12})\.(\d{1,12})\.([0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True)
class Session:
    """A person who signed in with the key of `key_id`."""

    key_id: str
    expires: int
    nonce: str

    def cookie(self, secret: bytes) -> str:
        """The signed text."""
        said = f"{self.key_id}.{self.expires}.{self.nonce}"
        return f"{said}.{_signature(secret, 'session', said)}"

    def form_token(self, secret: bytes) -> str:
        """The token that every form of this session carries, so that no other site can send one."""
        return form_token(secret, self.nonce)


def new_session(key_id: str, now: datetime, lasts: timedelta) -> Session:
    """A session that begins now."""
    return Session(key_id, int((now + lasts).timestamp()), secrets.token_hex(16))


def session_of(cookie: str, secret: bytes, now: datetime) -> Session | None:
    """The session of a cookie's text; None where it was not signed by us or has run out.

    >>> from datetime import UTC
    >>> then, key = datetime(2026, 11, 1, tzinfo=UTC), b"k" * 32
    >>> made = new_session("00112233aabb", then, timedelta(hours=1))
    >>> session_of(made.cookie(key), key, then) == made, session_of(made.cookie(key), b"x" * 32, then)
    (True, None)
    """
    match = FORM.fullmatch(cookie)
    if match is None:
        return None
    session = Session(match[1], int(match[2]), match[3])
    if not hmac.compare_digest(session.cookie(secret), cookie):
        return None
    return session if now.timestamp() < session.expires else None


def form_token(secret: bytes, nonce: str) -> str:
    """The token of the forms that are shown to the holder of a nonce."""
    return _signature(secret, "form", nonce)


def is_form_token(token: str, secret: bytes, nonce: str) -> bool:
    """Whether a form carries the token of the nonce."""
    return hmac.compare_digest(token.encode(), form_token(secret, nonce).encode())


def _signature(secret: bytes, purpose: str, text: str) -> str:
    return hmac.new(secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()

"""API keys: 256 random bits, shown once and kept as a hash; found by a prefix, compared in constant time.

A key reads `vk_<key id>_<secret>`. The id finds it and names it in lists; the secret is 32 bytes of
the system's randomness as base64url. Rotation makes a second key under the same name and lets the first
one run out, so that a caller changes over without a moment in which neither works.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from features.faults import Fault, WrongUse, nearest
from serving.access.key_tables import api_keys
from serving.access.scopes import OF_ALL_ACCOUNTS, SCOPES
from serving.api.request_fields import TEXT_ALLOWED, is_short_text, utc_text
from serving.history.store import ScoreStore

KEY = re.compile(r"vk_([0-9a-f]{12})_[A-Za-z0-9_-]{43}", re.ASCII)
NOBODYS_HASH = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept; times are texts in UTC, None where there is no such time."""

    key_id: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    owner: str | None
    created_at: str
    expires_at: str | None
    revoked_at: str | None

    def state(self, now: datetime) -> str:
        """`live`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now:
            return "expired"
        return "live"

    def as_dict(self, now: datetime) -> dict[str, Any]:
        """What a list shows of the key: all but its hash, and its state."""
        shown = {name: value for name, value in asdict(self).items() if name != "hash"}
        return {**shown, "scopes": list(self.scopes), "state": self.state(now)}


def key_id_of(text: str) -> str | None:
    """The id of a text that has the form of a key.

    >>> key_id_of("vk_00112233aabb_" + "x" * 43), key_id_of("vk_00112233AABB_" + "x" * 43)
    ('00112233aabb', None)
    """
    match = KEY.fullmatch(text)
    return match[1] if match else None


def is_the_key(text: str, kept: ApiKey | None) -> bool:
    """Whether `text` is the key that is kept; as long in the comparing where there is none."""
    shown = hashlib.sha256(text.encode()).hexdigest()
    same = hmac.compare_digest(shown, kept.hash if kept else NOBODYS_HASH)
    return same and kept is not None


def create_key(
    store: ScoreStore,
    name: str,
    scopes: Collection[str],
    now: datetime,
    owner: str | None = None,
    expires_in: timedelta | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere. Raises WrongUse, also where the name has a live key."""
    _check(name, scopes, owner, expires_in)
    live = [key.key_id for key in keys_named(store, name) if key.state(now) == "live"]
    if live:
        step = f"take another name, or run: vitals keys rotate {name}"
        fault = Fault("--name", name, "a name without a live key", step)
        raise WrongUse("there is a key of this name", [fault])
    return _kept(store, name, tuple(s for s in SCOPES if s in scopes), now, owner, expires_in)


def rotate_key(
    store: ScoreStore, name: str, now: datetime, grace: timedelta, expires_in: timedelta | None = None
) -> tuple[ApiKey, str]:
    """A second key with the name, scopes and owner of the live one, which goes on for `grace` at most.

    Raises WrongUse where the name has no live key, or two already.
    """
    live = [key for key in keys_named(store, name) if key.state(now) == "live"]
    if len(live) != 1:
        step = f"run: vitals keys revoke {live[0].key_id}" if live else "vitals keys list shows them"
        raise WrongUse(
            "only a name with one live key is rotated",
            [Fault("NAME", name, f"a name with one live key, and not {len(live)}", step)],
        )
    [old] = live
    made = _kept(store, name, old.scopes, now, old.owner, expires_in)
    end = min(utc_text(now + grace), old.expires_at or "9999")
    with store.begin() as connection:
        connection.execute(api_keys.update().where(api_keys.c.key_id == old.key_id).values(expires_at=end))
    return made


def revoke_keys(store: ScoreStore, name_or_id: str, now: datetime) -> list[ApiKey]:
    """Ends the key of an id, or every live one of a name. Raises WrongUse where there is none."""
    keys = [k for k in all_keys(store) if name_or_id in (k.key_id, k.name) and k.state(now) == "live"]
    if not keys:
        names = {word for k in all_keys(store) if k.state(now) == "live" for word in (k.key_id, k.name)}
        step = nearest(name_or_id, names) if names else "vitals keys list shows them"
        fault = Fault("KEY", name_or_id, "the name or id of a live key", step)
        raise WrongUse("there is no such live key", [fault])
    ids = [key.key_id for key in keys]
    with store.begin() as connection:
        ended = api_keys.update().where(api_keys.c.key_id.in_(ids)).values(revoked_at=utc_text(now))
        connection.execute(ended)
    return [key for key in all_keys(store) if key.key_id in ids]


def all_keys(store: ScoreStore) -> list[ApiKey]:
    """Every key there ever was, oldest first."""
    return _found(store, select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id))


def keys_named(store: ScoreStore, name: str) -> list[ApiKey]:
    """The keys of a name, live or not."""
    return _found(store, select(api_keys).where(api_keys.c.name == name))


def key_of(store: ScoreStore, key_id: str) -> ApiKey | None:
    """The key of an id."""
    return next(iter(_found(store, select(api_keys).where(api_keys.c.key_id == key_id))), None)


def _found(store: ScoreStore, query: Any) -> list[ApiKey]:
    with store.begin() as connection:
        rows = connection.execute(query).all()
    return [ApiKey(**{**row._asdict(), "scopes": tuple(row.scopes)}) for row in rows]


def _kept(
    store: ScoreStore,
    name: str,
    scopes: Sequence[str],
    now: datetime,
    owner: str | None,
    expires_in: timedelta | None,
) -> tuple[ApiKey, str]:
    key_id = secrets.token_hex(6)
    text = f"vk_{key_id}_{secrets.token_urlsafe(32)}"
    end = None if expires_in is None else utc_text(now + expires_in)
    hashed = hashlib.sha256(text.encode()).hexdigest()
    key = ApiKey(key_id, name, hashed, tuple(scopes), owner, utc_text(now), end, None)
    with store.begin() as connection:
        connection.execute(api_keys.insert().values({**asdict(key), "scopes": list(scopes)}))
    return key, text


def _check(name: str, scopes: Collection[str], owner: str | None, expires_in: timedelta | None) -> None:
    faults = [
        Fault(option, text, TEXT_ALLOWED, f"correct {option}")
        for option, text in (("--name", name), ("--owner", owner))
        if text is not None and not is_short_text(text)
    ]
    faults += [
        Fault("--scope", s, "one of the scopes", nearest(s, SCOPES)) for s in scopes if s not in SCOPES
    ]
    if not scopes:
        faults.append(Fault("--scope", None, f"one or more of {', '.join(SCOPES)}", "add --scope score:read"))
    if owner is not None and (whole := [each for each in OF_ALL_ACCOUNTS if each in scopes]):
        allowed = f"no owner for a key with {' and '.join(whole)}, which reaches every account"
        step = "name the scopes it needs, or leave --owner out"
        faults.append(Fault("--owner", owner, allowed, step))
    if expires_in is not None and not timedelta(0) < expires_in <= timedelta(days=36_500):
        faults.append(Fault("--expires", f"{expires_in.days}d", "1d to 36500d", "give it as 90d"))
    if faults:
        raise WrongUse("the key cannot be made", faults)

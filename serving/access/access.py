"""Who a request is from: its key or its session, checked against the store, and how often it may call."""

from __future__ import annotations

import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from features.faults import Fault
from serving.access.api_keys import ApiKey, is_the_key, key_id_of, key_of
from serving.access.principal import Principal
from serving.access.rate_limits import TokenBuckets
from serving.access.server_secret import server_secret
from serving.access.session_cookie import Session, new_session, session_of
from serving.api.problems import Kind, Problem
from serving.history.store import ScoreStore
from serving.params import ServingParams

logger = logging.getLogger("vitals.serving")
UNKNOWN_CALLER = Kind("urn:vitals:problem:unknown-caller", 401, "The call needs a key that is known")
TOO_MANY = Kind("urn:vitals:problem:too-many-calls", 429, "Too many calls")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="vitals"'}
NEXT = "send Authorization: Bearer with a key of: vitals keys create"
KNOWN_FOR = 2.0  # seconds for which a key is not looked up again: a revoked one lives on so long at most
KNOWN_WITHOUT_STORE = 600.0  # … and so long where the store cannot be asked
MOST_KNOWN = 10_000
REFUSALS_PER_MINUTE = 60


class Known(NamedTuple):
    """A key as it was found in the store (None: there was none), and when."""

    key: ApiKey | None
    at: float


class Access:
    """The keys of a store as the service knows them. All methods but `look_up` return at once."""

    def __init__(
        self,
        store: ScoreStore,
        secret: bytes,
        limits: ServingParams,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store, self.secret, self.now, self._ticks = store, secret, now, ticks
        self.lasts = timedelta(hours=limits.session)
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._calls = TokenBuckets(limits.calls_per_second, limits.calls_at_once, ticks)
        self._refusals = TokenBuckets(REFUSALS_PER_MINUTE / 60, REFUSALS_PER_MINUTE, ticks)

    def is_known(self, key_id: str) -> bool:
        """Whether `look_up` would answer without asking the store."""
        known = self._known.get(key_id)
        return known is not None and self._ticks() - known.at < KNOWN_FOR

    def look_up(self, key_id: str) -> ApiKey | None:
        """The key of an id. Where the store does not answer, what it said in the last ten minutes."""
        known = self._known.get(key_id)
        if known is not None and self._ticks() - known.at < KNOWN_FOR:
            return known.key
        try:
            found = key_of(self.store, key_id)
        except SQLAlchemyError:
            if known is None or self._ticks() - known.at > KNOWN_WITHOUT_STORE:
                raise
            return known.key
        if found is not None:  # what is not there is not remembered: anybody can make up ids
            self._remember(key_id, Known(found, self._ticks()))
        else:
            self._known.pop(key_id, None)
        return found

    def _remember(self, key_id: str, known: Known) -> None:
        self._known[key_id] = known
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

    def holder_of(self, text: str, key: ApiKey | None) -> Principal:
        """The holder of the key that was shown. Raises Problem (401) where it is not `key`, or no more."""
        if not is_the_key(text, key):
            raise refused_caller("Authorization", "…", "a key that is known", NEXT)
        return self.live(key)

    def live(self, key: ApiKey | None) -> Principal:
        """The holder of a key that was proved to be held. Raises Problem (401) where it has ended."""
        state = "unknown" if key is None else key.state(self.now())
        if key is None or state != "live":
            raise refused_caller("Authorization", f"a key that is {state}", "a live key", NEXT)
        return Principal(key.key_id, key.name, frozenset(key.scopes), key.owner)

    def session(self, cookie: str) -> Session | None:
        """The session of a cookie, where it is one of ours that still runs."""
        return session_of(cookie, self.secret, self.now())

    def sign_in(self, key_id: str) -> Session:
        """A session of the holder of a key."""
        return new_session(key_id, self.now(), self.lasts)

    def count_call(self, key_id: str) -> None:
        """Raises Problem (429) where the key calls too often."""
        _refuse_after(self._calls.wait(key_id), key_id)

    def count_refusal(self, address: str) -> None:
        """Raises Problem (429) where too many calls without a known key come from an address."""
        _refuse_after(self._refusals.wait(address), address)


def access_to(store: ScoreStore, url: str, limits: ServingParams) -> Access:
    """The access of a service on the store at `url`."""
    return Access(store, server_secret(url), limits)


def refused_caller(field: str, value: str | None, allowed: str, step: str) -> Problem:
    """The problem of a caller that is not known. The key itself is never said back."""
    return Problem(UNKNOWN_CALLER, [Fault(field, value, allowed, step)], headers=CHALLENGE)


def shown_key(headers: list[str]) -> str | None:
    """The text of a key in the Authorization headers; None without one. Raises Problem (401).

    >>> shown_key(["Bearer vk_0"]), shown_key([])
    ('vk_0', None)
    """
    if not headers:
        return None
    scheme, _, text = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "bearer":
        said = f"{len(headers)} headers" if len(headers) > 1 else "another scheme"
        raise refused_caller("Authorization", said, "one header: Bearer and a key", NEXT)
    return text.strip(" ")


def key_id_shown(text: str) -> str:
    """The id in a key's text. Raises Problem (401) where it has not the form of one."""
    key_id = key_id_of(text)
    if key_id is None:
        raise refused_caller("Authorization", "…", "a key as it was shown: vk_…", NEXT)
    return key_id


def _refuse_after(wait: float, name: str) -> None:
    if wait > 0:
        seconds = str(max(1, math.ceil(wait)))
        fault = Fault("calls", name, "the rate of serving.calls_per_second", f"wait {seconds} s")
        raise Problem(TOO_MANY, [fault], headers={"Retry-After": seconds})

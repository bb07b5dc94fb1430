"""The first key of a service on this machine: made where there is none, and told once."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from features.faults import WrongUse
from serving.access.api_keys import all_keys, create_key
from serving.history.store import ScoreStore


def first_key(store: ScoreStore, host: str, now: datetime) -> str | None:
    """What to tell who starts the service: the first key, or how to make one; None where one lives.

    Only a service that nobody but this machine can reach is given one.
    """
    if any(key.state(now) == "live" for key in all_keys(store)):
        return None
    if not is_loopback(host):
        return "No API key lives yet. Make one: vitals keys create --name crm --scope score:read"
    name = f"first-{now:%Y%m%d}"
    try:
        _, text = create_key(store, name, ["admin"], now)
    except WrongUse:  # another service that starts on this store has made it in between, and told it
        return None
    return (
        f"The first API key, shown once ({name}; it may do everything: vitals keys create makes others):\n"
        f"  export VITALS_KEY={text}\n"
        'Every call needs one: -H "Authorization: Bearer $VITALS_KEY"; people sign in with it at /sign-in'
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Addresses of pages, with ids and queries that hold whatever customers call themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode


def account_address(account_id: str, part: str = "", **query: Any) -> str:
    """The path of an account's page, or of a part of it.

    >>> account_address("A/1 北", "records", driver="mrr")
    '/accounts/A%2F1%20%E5%8C%97/records?driver=mrr'
    """
    path = f"/accounts/{quote(account_id, safe='')}" + (f"/{part}" if part else "")
    return with_query(path, **query)


def with_query(path: str, **query: Any) -> str:
    """The path with those of the parameters that have a value.

    >>> with_query("/", band="red", owner=None, page=2)
    '/?band=red&page=2'
    """
    given = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(given)}" if given else path

"""The names a package offers at its top, each imported when it is first asked for (PEP 562).

A package whose `__init__` imported all it offers would load pandas, Ibis and a learner for
`vitals --help`, and for every service that wants one module of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def lazy_names(
    package: str, places: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package: `places` says in which of its modules each name stands.

    >>> get, names = lazy_names("features", {"as_of_date": "time_windows", "score": "rule_score:rule_score"})
    >>> get("as_of_date")("2026-10-31")
    Timestamp('2026-10-31 00:00:00+0000', tz='UTC')
    >>> get("score").__name__, "score" in names()
    ('rule_score', True)
    >>> get("as_of_dates")
    Traceback (most recent call last):
    ...
    AttributeError: features has no 'as_of_dates'; it offers as_of_date, score
    """

    def get(name: str) -> object:
        if name not in places:
            raise AttributeError(f"{package} has no {name!r}; it offers {', '.join(sorted(places))}")
        module, _, there = places[name].partition(":")
        return getattr(import_module(f"{package}.{module}"), there or name)

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return get, names

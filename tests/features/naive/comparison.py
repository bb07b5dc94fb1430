"""Whether two engines say the same: any two of DuckDB, Spark and the naive implementation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tests.features.naive.known_facts import is_nothing

CLOSE = 1e-9  # relative, and absolute below 1: room for another order of additions, not for another count


def differences_of(rows: Any, other_rows: Any) -> list[str]:
    """What is not the same in two snapshots, a line each; [] where nothing is.

    Both are data frames or lists of dicts with `account_id` and `as_of`; their order does not matter.
    The same: rows for the same accounts and dates, the same features, nothing known where nothing is
    known, whole numbers equal, and other numbers within 1e-9.
    """
    one, other = _by_key(rows), _by_key(other_rows)
    said = [f"{account} at {date}: only in the first" for account, date in sorted(one.keys() - other.keys())]
    said += [
        f"{account} at {date}: only in the second" for account, date in sorted(other.keys() - one.keys())
    ]
    names = dict.fromkeys(_names(one)), dict.fromkeys(_names(other))
    said += [f"{name}: only in the first" for name in names[0] if name not in names[1]]
    said += [f"{name}: only in the second" for name in names[1] if name not in names[0]]
    for account, date in sorted(one.keys() & other.keys()):
        a, b = one[account, date], other[account, date]
        said += [
            f"{account} at {date}: {name} is {a[name]} and {b[name]}"
            for name in names[0]
            if name in names[1] and not same(a[name], b[name])
        ]
    return said


def same(value: Any, other: Any) -> bool:
    """Whether two values of a feature are the same for every purpose."""
    if is_nothing(value) or is_nothing(other):
        return is_nothing(value) and is_nothing(other)
    if float(value).is_integer() and float(other).is_integer():
        return bool(value == other)
    return math.isclose(value, other, rel_tol=CLOSE, abs_tol=CLOSE)


def _by_key(rows: Any) -> dict[tuple[str, str], Mapping[str, Any]]:
    listed = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    found = {(row["account_id"], f"{row['as_of']:%Y-%m-%d}"): row for row in listed}
    if len(found) < len(listed):
        raise ValueError("an account has two rows for one date")
    return found


def _names(rows: Mapping[Any, Mapping[str, Any]]) -> Iterable[str]:
    first = next(iter(rows.values()), {})
    return [name for name in first if name not in ("account_id", "as_of")]

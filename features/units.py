"""Values that carry their unit in `params.yaml`: `365d`, `4h`, a share between 0 and 1.

A bare number where a duration belongs is refused: `365` could be days or hours, and nobody would
notice which was meant.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

MOST = {"d": 36_500, "h": 876_000}


def days(value: object) -> int:
    """`"365d"` as 365.

    >>> days("60d")
    60
    >>> days("4h")
    Traceback (most recent call last):
    ...
    ValueError: must be a whole number of days such as '365d'
    """
    return _amount(value, "d", "days", "365d")


def hours(value: object) -> int:
    """`"4h"` as 4."""
    return _amount(value, "h", "hours", "4h")


def _amount(value: object, unit: str, name: str, example: str) -> int:
    match = re.fullmatch(rf"(\d+){unit}", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"must be a whole number of {name} such as {example!r}")
    if int(match[1]) > MOST[unit]:
        raise ValueError(f"must be at most {MOST[unit]} {name}, a hundred years")
    return int(match[1])


Days = Annotated[int, BeforeValidator(days), PlainSerializer(lambda n: f"{n}d")]
Hours = Annotated[int, BeforeValidator(hours), PlainSerializer(lambda n: f"{n}h")]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, le=100)]

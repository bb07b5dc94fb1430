"""What the documents of a bundle may hold, as types: a number where a number is computed with, and so on.

Everything that scoring takes out of `pool.json` and `model.json` is named here. A document that does not fit
is refused with all its faults before anything is computed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.faults import DataFault, Fault

Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Pair = Annotated[list[Number], Field(min_length=2, max_length=2)]
MAKE_AGAIN = "make the bundle again with `vitals train`"


class Written(BaseModel):
    """A document as this version writes it: no value is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LineOf(Written):
    """The calibration line (`calibration.LogOddsLine`)."""

    intercept: Number
    slope: Number
    covariance: Annotated[list[Pair], Field(min_length=2, max_length=2)]


class DoubtOf(Written):
    """`doubt.Doubt`. A bundle made before the factors were written down was made with these."""

    unseen: Annotated[Number, Field(ge=0)]
    linear: Annotated[Number, Field(ge=0)] = 0.55
    apart: Annotated[Number, Field(ge=0)] = 0.036


class PoolOf(Written):
    """`pool.json`."""

    trees_weight: Annotated[Number, Field(ge=0, le=1)]
    line: LineOf
    doubt: DoubtOf
    intercept: Number


class UsualOf(Written):
    """What was usual of a feature in training (`usual_values`)."""

    missing: Annotated[Number, Field(ge=0, le=1)]
    same: Annotated[Number, Field(ge=0, le=1)]
    low: float | None
    high: float | None


class ModelOf(Written):
    """`model.json`: the facts that scoring reads, and others that are only shown."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    features: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
    horizon_days: Annotated[int, Field(ge=1, le=36_500)] = 365
    trained_until: str = ""
    typical: dict[str, Number | None] = {}
    usual: dict[str, UsualOf] = {}
    comparison: dict[str, Any] = {}
    weights: list[dict[str, Any]] = []


def check_document(name: str, kind: type[Written], document: Mapping[str, Any]) -> None:
    """DataFault with every value that does not fit.

    >>> check_document("pool.json: doubt", DoubtOf, {"unseen": "2.7"})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    features.faults.DataFault: pool.json: doubt does not fit
      - unseen is '2.7'; allowed: Input should be a valid number. Next: make ...
    """
    try:
        kind.model_validate(document)
    except ValidationError as error:
        faults = [
            Fault(".".join(map(str, one["loc"])), str(one["input"])[:100], one["msg"], MAKE_AGAIN)
            for one in error.errors(include_url=False)
        ]
        raise DataFault(f"{name} does not fit", faults) from None

"""Reads the bodies of `POST /v1/predict` and `POST /v1/health`: once, strictly, all faults at once.

Written out rather than left to a validation library, which would word every one of a million
faults, and knows neither the catalogue's feature names nor the next step.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import orjson

from features.faults import Fault
from serving.api.json_depth import MOST, json_shape
from serving.api.problems import MALFORMED, Faults, Problem, clip
from serving.api.request_fields import (
    TEXT_ALLOWED,
    as_of_text,
    check_account_id,
    closed_object,
    feature_advice,
    is_short_text,
)
from serving.params import ServingParams
from serving.scores.feature_rows import FeatureRows

DEPTH_ADVICE = "see /docs.json for the shape of the body"
LARGEST = sys.float_info.max


@dataclass(frozen=True)
class PredictCall:
    """`rows` in the order they were sent, with every feature that can be scored."""

    rows: FeatureRows
    explain: bool
    top: int


@dataclass(frozen=True)
class HealthCall:
    """`as_of` as the store writes it, or None for the newest snapshot."""

    account_ids: tuple[str, ...]
    as_of: str | None


def read_predict(body: bytes, feature_names: Sequence[str], limits: ServingParams) -> PredictCall:
    """The rows to score. Raises Problem with every fault of the body.

    >>> body = b'{"rows": [{"account_id": "A-1", "features": {"seats": 10, "nps": null}}]}'
    >>> read_predict(body, ["nps", "seats", "tenure"], ServingParams()).rows.values.tolist()
    [[nan, 10.0, nan]]
    """
    faults = Faults()
    document = closed_object(read_json(body), "", ("rows", "explain", "top"), ("rows",), faults)
    asked = document or {}
    explain, top = asked.get("explain", True), asked.get("top", limits.default_top)
    if not isinstance(explain, bool):
        faults.add("explain", explain, "true or false", "leave it out to have the drivers")
    if type(top) is not int or not 0 <= top <= limits.max_top:
        faults.add(
            "top", top, f"an integer from 0 to {limits.max_top}", f"leave it out for {limits.default_top}"
        )
    if "rows" in asked:
        _check_rows(asked["rows"], frozenset(feature_names), limits, faults)
    faults.raise_any()
    return PredictCall(_table(asked["rows"], feature_names), explain, top)


def read_health(body: bytes, limits: ServingParams) -> HealthCall:
    """The accounts asked for. Raises Problem with every fault of the body.

    >>> read_health(b'{"account_ids": ["A-1"], "as_of": "2026-10-31"}', ServingParams())
    HealthCall(account_ids=('A-1',), as_of='2026-10-31T00:00:00Z')
    """
    faults = Faults()
    document = closed_object(read_json(body), "", ("account_ids", "as_of"), ("account_ids",), faults)
    asked = document or {}
    as_of = asked.get("as_of")
    as_of = None if as_of is None else as_of_text(as_of, "as_of", faults)
    if "account_ids" in asked and _is_list(asked["account_ids"], "account_ids", limits, faults):
        for place, account_id in enumerate(asked["account_ids"]):
            check_account_id(account_id, f"account_ids[{place}]", faults)
        _check_unique(asked["account_ids"], "account_ids[{}]", faults)
    faults.raise_any()
    return HealthCall(tuple(asked["account_ids"]), as_of)


def read_json(body: bytes) -> Any:
    """The document of a body in UTF-8, each key once in an object. Raises Problem where it is none.

    NaN and Infinity, which JSON does not have, are let through here so that the check of the
    values can name the field they stand in.
    """
    depth, keys = json_shape(body)
    if depth > MOST:
        raise Problem(MALFORMED, [Fault("body", f"{depth} levels", f"at most {MOST} levels", DEPTH_ADVICE)])
    try:
        found = orjson.loads(body)
        if keys_in(found) == keys:
            return found
    except orjson.JSONDecodeError:
        pass  # the slower reader words what is wrong, and knows more numbers
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique_keys)
    except json.JSONDecodeError as error:
        found, why = (
            error.doc[error.pos : error.pos + 20],
            f"line {error.lineno}, column {error.colno}: {error.msg}",
        )
    except UnicodeDecodeError as error:
        found, why = f"byte 0x{body[error.start]:02x} at {error.start}", "send the text in UTF-8"
    except ValueError as error:
        found, why = "", clip(str(error))
    raise Problem(MALFORMED, [Fault("body", found, "one JSON document (RFC 8259) in UTF-8", why)])


def keys_in(document: object) -> int:
    """How many keys the objects of a document have.

    >>> keys_in({"rows": [{"account_id": "A-1"}, {}, 1], "top": 5})
    3
    """
    keys, left = 0, [document]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            keys += len(one)
            left += [value for value in one.values() if isinstance(value, dict | list)]
        elif isinstance(one, list):
            left += [value for value in one if isinstance(value, dict | list)]
    return keys


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f"the key {clip(twice)!r} stands twice in one object")
    return found


def _is_list(value: object, field: str, limits: ServingParams, faults: Faults) -> bool:
    """Whether `value` is a list of a length that one call may have. The length comes before the content."""
    most = limits.max_rows_per_call
    if isinstance(value, list) and 0 < len(value) <= most:
        return True
    advice = f"split it into calls of {most}" if isinstance(value, list) and value else "send a list"
    faults.add(field, value, f"a list of 1 to {most}", advice)
    return False


def _check_rows(rows: object, names: AbstractSet[str], limits: ServingParams, faults: Faults) -> None:
    if not _is_list(rows, "rows", limits, faults) or not isinstance(rows, list):
        return
    required = ("account_id", "features")
    for place, row in enumerate(rows):
        closed = closed_object(row, f"rows[{place}]", (*required, "segment"), required, faults) or {}
        if "account_id" in closed:
            check_account_id(closed["account_id"], f"rows[{place}].account_id", faults)
        if "features" in closed:
            _check_features(closed["features"], f"rows[{place}].features", names, faults)
        if closed.get("segment") is not None and not is_short_text(closed["segment"]):
            step = "send the segment's name as it is in the book, or null"
            faults.add(f"rows[{place}].segment", closed["segment"], TEXT_ALLOWED, step)
    ids = [row.get("account_id") if isinstance(row, dict) else None for row in rows]
    _check_unique(ids, "rows[{}].account_id", faults)


def _check_features(features: object, field: str, names: AbstractSet[str], faults: Faults) -> None:
    if _is_plain(features, names):
        return
    if not isinstance(features, dict):
        faults.add(field, features, "an object of feature names and numbers", "see GET /v1/catalog")
        return
    for name, value in features.items():
        if name not in names:
            advice = partial(feature_advice, name, names)
            faults.add(f"{field}.{clip(name)}", value, "a feature of the catalogue", advice)
        elif value is not None and not _is_finite_number(value):
            faults.add(
                f"{field}.{name}", value, "a finite number, or null for missing", "send a number or null"
            )


def _is_plain(features: object, names: AbstractSet[str]) -> bool:
    """Whether nothing is wrong for sure: one look at a row, where `_check_features` looks at each value."""
    if not isinstance(features, dict) or not features.keys() <= names:
        return False
    numbers = [value for value in features.values() if value is not None]
    try:
        return set(map(type, numbers)) <= {float, int} and all(map(math.isfinite, numbers))
    except OverflowError:  # an integer that float64 cannot hold
        return False


def _is_finite_number(value: object) -> bool:
    """Whether it is a JSON number that float64 can hold. `true` is an int to Python, but no number here."""
    return type(value) in (int, float) and -LARGEST <= value <= LARGEST  # type: ignore[operator]


def _check_unique(ids: Sequence[object], field: str, faults: Faults) -> None:
    seen: set[str] = set()
    for place, account_id in enumerate(ids):
        if not isinstance(account_id, str):
            continue
        if account_id in seen:
            faults.add(field.format(place), account_id, "each account once in a call", "remove the repeats")
        seen.add(account_id)


def _table(rows: list[dict[str, Any]], feature_names: Sequence[str]) -> FeatureRows:
    """The rows with every feature that can be scored, in the catalogue's order."""
    sent = [row["features"] for row in rows]
    values = np.array([list(map(own.get, feature_names)) for own in sent], dtype=np.float64)
    segments = [row.get("segment") for row in rows]
    return FeatureRows(
        [row["account_id"] for row in rows],
        tuple(feature_names),
        values.reshape(len(rows), len(feature_names)),
        segments if any(segments) else None,
    )

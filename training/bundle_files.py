"""The two kinds of file in a bundle, plain arrays and canonical JSON: bytes out, and bytes in again.

The readers take nothing on trust: they raise (mostly ValueError) on bytes the writers would not have made.
"""

from __future__ import annotations

import io
import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = ("<f8", "<i4", "|b1", "|u1")
DTYPE_NAMES = "float64, int32, bool or uint8, little-endian"


def is_file_name(name: str) -> bool:
    """Whether a bundle may hold a file of that name. Lower case, as some file systems see no other.

    >>> is_file_name("leaf_value.npy"), is_file_name("../keys.json"), is_file_name("model.pkl")
    (True, False, False)
    """
    stem, _, kind = name.rpartition(".")
    plain = stem.isascii() and stem.isidentifier() and stem == stem.lower() and len(stem) <= 100
    return plain and kind in ("npy", "json")


def array_bytes(array: NDArray[Any]) -> bytes:
    """The array in the npy format 1.0, in C order."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return stream.getvalue()


def parsed_array(content: bytes) -> NDArray[Any]:
    """A read-only view of the bytes. The header is believed only where it fits them exactly.

    >>> parsed_array(array_bytes(np.array([[1.5], [2.0]]))).tolist()
    [[1.5], [2.0]]
    """
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("not version 1.0 of the npy format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    start = stream.tell()
    if dtype.str not in DTYPES or fortran:
        raise ValueError(
            f"{dtype.str}{' in Fortran order' if fortran else ''}, not {DTYPE_NAMES}, in C order"
        )
    if min(shape, default=0) < 0 or start + math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{len(content)} bytes do not hold an array of shape {shape}")
    if dtype == np.bool_ and np.frombuffer(content, np.uint8, offset=start).max(initial=0) > 1:
        raise ValueError("a flag that is neither 0 nor 1")
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def canonical_json(document: object) -> bytes:
    """The one way a document is written: sorted keys, UTF-8, finite numbers.

    >>> canonical_json({"b": 1, "a": "健康"}).decode()
    '{"a":"健康","b":1}\\n'
    """
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (text + "\n").encode()


def parsed_document(content: bytes) -> dict[str, Any]:
    """The object that canonical JSON writes as these very bytes."""
    document = json.loads(content)
    if not isinstance(document, dict) or canonical_json(document) != content:
        raise ValueError("not an object in canonical JSON")
    return document


def reads_back(document: object) -> bool:
    """Whether canonical JSON gives the document back as it is.

    >>> reads_back({"share": 0.5}), reads_back({"share": float("nan")}), reads_back({7: "a"})
    (True, False, False)
    """
    try:
        return parsed_document(canonical_json(document)) == document
    except (TypeError, ValueError, RecursionError):
        return False

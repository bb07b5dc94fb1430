"""The two kinds of file in a bundle, plain arrays and canonical JSON: bytes out, and bytes in again.

The readers take nothing on trust: they raise (mostly ValueError) on bytes the writers would not have made.
"""

from __future__ import annotations

import io
import json
import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

DTYPES = ("<f8", "<i4", "|b1", "|u1")
DTYPE_NAMES = "float64, int32, bool or uint8, little-endian"
# The header as `array_bytes` writes it, and no other: it is matched, so that no evaluator ever sees it.
HEADER = re.compile(
    rb"\{'descr': '([<>|=][a-zA-Z]\d{0,2})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}(?:, \d{1,18}){0,7}),?)?\), \} *\n"
)
START = b"\x93NUMPY\x01\x00"  # the npy format 1.0, whose length of header follows in two bytes


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
    shape, dtype, start = _header(content)
    if start + math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{len(content)} bytes do not hold an array of shape {shape}")
    if dtype == np.bool_ and np.frombuffer(content, np.uint8, offset=start).max(initial=0) > 1:
        raise ValueError("a flag that is neither 0 nor 1")
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _header(content: bytes) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape, type and the place where the values start."""
    if content[: len(START)] != START:
        raise ValueError("not version 1.0 of the npy format")
    values = len(START) + 2
    end = values + int.from_bytes(content[len(START) : values], "little")
    found = HEADER.fullmatch(content[values:end])
    if found is None:
        raise ValueError("a header that write_bundle does not write")
    dtype, fortran, shape = (part.decode() for part in (found[1], found[2], found[3] or b""))
    if dtype not in DTYPES or fortran == "True":
        raise ValueError(f"{dtype}{' in Fortran order' if fortran == 'True' else ''}, not {DTYPE_NAMES}")
    sides = tuple(int(side) for side in shape.split(",") if side.strip())
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": sides})
    if stream.getvalue() != content[:end]:
        raise ValueError("a header that write_bundle does not write")
    return sides, np.dtype(dtype), end


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

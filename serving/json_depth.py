"""How deep a JSON text is nested, found without parsing it."""

from __future__ import annotations

import re

import numpy as np

MOST = 32  # levels; no call of this API has more than 6
KEPT = b'[]{}"'
DROPPED = bytes(set(range(256)) - set(KEPT))
ESCAPED = re.compile(rb"\\.", re.DOTALL)


def json_depth(body: bytes) -> int:
    """The deepest level of arrays and objects; brackets within texts do not count.

    Of a text that is no JSON the number means nothing, but it is found in the same time.

    >>> json_depth(b'{"rows": [{"account_id": "[[[[", "features": {}}]}')
    4
    >>> json_depth(b'["a\\\\"[", 1]'), json_depth(b"[" * 1000), json_depth(b"1")
    (1, 1000, 0)
    """
    if b"\\" in body:
        body = ESCAPED.sub(b"", body)
    marks = np.frombuffer(body.translate(None, DROPPED), np.uint8)
    quoted = np.cumsum(marks == ord('"')) % 2 == 1
    steps = np.where((marks | 0x20) == ord("{"), 1, -1)  # "[" and "{" differ in one bit, as do "]" and "}"
    steps[quoted | (marks == ord('"'))] = 0
    return int(np.cumsum(steps).max(initial=0))

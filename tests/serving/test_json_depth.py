"""The depth of a text found without parsing it is that of the parsed document."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from serving.api.json_depth import json_shape

LEAVES = st.none() | st.booleans() | st.floats() | st.text('[]{}"\\,: a') | st.integers()
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[]{}"\\'), inner, max_size=3)
)


def depth(document: Any) -> int:
    if isinstance(document, dict):
        document = list(document.values())
    return 1 + max(map(depth, document), default=0) if isinstance(document, list) else 0


@given(document=DOCUMENTS, ascii_only=st.booleans())
def test_the_depth_is_that_of_the_document(document: Any, ascii_only: bool) -> None:
    assert json_shape(json.dumps(document, ensure_ascii=ascii_only).encode())[0] == depth(document)


@given(text=st.binary(max_size=200))
def test_any_bytes_have_a_depth(text: bytes) -> None:
    assert 0 <= json_shape(text)[0] <= len(text)

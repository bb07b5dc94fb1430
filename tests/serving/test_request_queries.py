from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.api.request_queries import Cursor

NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


@given(number=st.integers(1, 2**31 - 1), name=NAMES, account_id=NAMES)
@settings(deadline=None, max_examples=50)
def test_a_cursor_comes_back_as_it_was_given_out(number: int, name: str, account_id: str) -> None:
    cursor = Cursor(number, "-name", name, account_id)
    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=100)
def test_no_other_text_is_taken_for_a_cursor(text: str) -> None:
    cursor = Cursor.decode(text)
    assert cursor is None or cursor.encode() == text


@pytest.mark.parametrize(
    "parts",
    [
        {},
        [],
        [1, "health", 50.0],
        [0, "health", 50.0, "A"],
        [2**31, "health", 50.0, "A"],
        [True, "health", 50.0, "A"],
        [1, "mrr", 50.0, "A"],
        [1, ["health"], 50.0, "A"],
        [1, "health", "50", "A"],
        [1, "health", float("nan"), "A"],
        [1, "name", 50.0, "A"],
        [1, "name", "x", 7],
        [1, "name", "\ud800", "A"],
    ],
)
def test_a_forged_cursor_is_refused(parts: object) -> None:
    forged = base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")
    assert Cursor.decode(forged) is None

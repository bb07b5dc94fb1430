from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from serving.api.problems import Problem
from serving.api.request_queries import Cursor, read_portfolio_query
from serving.params import ServingParams

NAMES = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


@given(number=st.integers(1, 2**31 - 1), name=NAMES, account_id=NAMES, q=NAMES)
@settings(deadline=None, max_examples=50)
def test_a_cursor_comes_back_as_it_was_given_out(number: int, name: str, account_id: str, q: str) -> None:
    cursor = Cursor(number, "-name", name, account_id, {"q": q})
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
        [1, "health", 50.0, "A"],  # as they were before they held what their pages began with
        [0, "health", 50.0, "A", {}],
        [2**31, "health", 50.0, "A", {}],
        [True, "health", 50.0, "A", {}],
        [1, "mrr", 50.0, "A", {}],
        [1, ["health"], 50.0, "A", {}],
        [1, "health", "50", "A", {}],
        [1, "health", float("nan"), "A", {}],
        [1, "name", 50.0, "A", {}],
        [1, "name", "x", 7, {}],
        [1, "name", "\ud800", "A", {}],
        [1, "name", "x", "A", []],
        [1, "name", "x", "A", {"colour": "red"}],
        [1, "name", "x", "A", {"band": 1}],
    ],
)
def test_a_forged_cursor_is_refused(parts: object) -> None:
    assert Cursor.decode(opaque(parts)) is None


def test_a_cursor_that_an_attacker_wrote_may_ask_for_what_a_query_may() -> None:
    forged = opaque([1, "name", "x", "A", {"band": "blue", "q": "\x00"}])
    with pytest.raises(Problem) as refused:
        read_portfolio_query(QueryParams({"cursor": forged}), ServingParams())
    assert [fault.field for fault in refused.value.faults] == ["band", "q"]


def opaque(parts: object) -> str:
    written = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from serving.api.payloads import HealthRequest, PredictRequest
from serving.api.problems import Problem
from serving.api.request_bodies import read_health, read_predict
from serving.params import ServingParams
from tests.serving.fake_scorer import WEIGHTS

LIMITS = ServingParams()


def predict_problem(body: bytes | str, limits: ServingParams = LIMITS) -> dict[str, Any]:
    with pytest.raises(Problem) as raised:
        read_predict(body if isinstance(body, bytes) else body.encode(), tuple(WEIGHTS), limits)
    return raised.value.body()


def row(features: str, account_id: str = '"A-1"') -> str:
    return f'{{"rows": [{{"account_id": {account_id}, "features": {features}}}]}}'


def test_rows_become_a_float_table_in_the_catalogues_order() -> None:
    body = b"""{"explain": false, "top": 0, "rows": [
        {"account_id": "B", "features": {"tenure_days": 7, "nps_account": null}},
        {"account_id": "A", "features": {"seat_utilisation": 0.5}}]}"""
    call = read_predict(body, tuple(WEIGHTS), LIMITS)
    assert call.rows.names == ("seat_utilisation", "nps_account", "days_since_last_use", "tenure_days")
    assert call.rows.account_ids == ["B", "A"]
    missing = float("nan")
    wanted = [[missing, missing, missing, 7.0], [0.5, missing, missing, missing]]
    np.testing.assert_array_equal(call.rows.values, np.array(wanted))
    assert call.rows.values.dtype == np.float64
    assert (call.explain, call.top) == (False, 0)


def test_a_row_without_any_feature_is_an_account_of_which_all_is_missing() -> None:
    call = read_predict(row("{}").encode(), tuple(WEIGHTS), LIMITS)
    assert call.rows.account_ids == ["A-1"]
    assert np.isnan(call.rows.values).all()
    assert (call.explain, call.top) == (True, 5)


@pytest.mark.parametrize(
    ("body", "value", "advice"),
    [
        (b"", "", "line 1, column 1: Expecting value"),
        (b"rows=1", "rows=1", "line 1, column 1: Expecting value"),
        (b'{"rows": [}', "}", "line 1, column 11: Expecting value"),
        (b'{"rows": []} {}', "{}", "line 1, column 14: Extra data"),
        (b'{"rows": "\xff"}', "byte 0xff at 10", "send the text in UTF-8"),
        (b'{"rows": 1, "rows": 2}', "", "the key 'rows' stands twice in one object"),
        (b"9" * 5_000, "", "Exceeds the limit (4300 digits) for integer string conversion"),
    ],
)
def test_a_body_that_is_no_json_is_refused_where_it_breaks(body: bytes, value: str, advice: str) -> None:
    problem = predict_problem(body)
    assert problem["status"] == 400
    [error] = problem["errors"]
    assert error["field"] == "body"
    assert error["value"] == value
    assert error["allowed"] == "one JSON document (RFC 8259) in UTF-8"
    assert error["next"].startswith(advice)


@pytest.mark.parametrize("levels", [33, 1_000, 100_000, 8_000_000])
def test_a_body_of_too_many_levels_is_refused_before_it_is_parsed(levels: int) -> None:
    problem = predict_problem(b'{"rows": ' + b"[" * (levels - 1))
    assert problem["status"] == 400
    [error] = problem["errors"]
    assert (error["field"], error["value"]) == ("body", f"{levels} levels")
    assert error["allowed"] == "at most 32 levels"


MEND = "send a number or null"
BOOK = "send the account's id as it is in the book"
CATALOG = "GET /v1/catalog lists every feature"
TENURE = "rows[0].features.tenure_days"
NUMBER = "a finite number, or null for missing"
TEXT = "a text of 1 to 200 characters, no control characters"


@pytest.mark.parametrize(
    ("body", "field", "value", "allowed", "advice"),
    [
        ("[]", "body", "a list of 0", "an object with the keys rows, explain, top", "see /docs.json"),
        ("{}", "rows", None, "required", "add 'rows'"),
        ('{"rows": {}}', "rows", "an object of 0 key(s)", "a list of 1 to 1000", "send a list"),
        ('{"rows": []}', "rows", "a list of 0", "a list of 1 to 1000", "send a list"),
        (
            '{"rows": [7]}',
            "rows[0]",
            7,
            "an object with the keys account_id, features, segment",
            "see /docs.json",
        ),
        (row("3"), "rows[0].features", 3, "an object of feature names and numbers", "see GET /v1/catalog"),
        (row('{"tenure_days": "ten"}'), TENURE, "ten", NUMBER, MEND),
        (row('{"tenure_days": true}'), TENURE, True, NUMBER, MEND),
        (row('{"tenure_days": [1]}'), TENURE, "a list of 1", NUMBER, MEND),
        (row('{"tenure_days": NaN}'), TENURE, "NaN", NUMBER, MEND),
        (row('{"tenure_days": -Infinity}'), TENURE, "-Infinity", NUMBER, MEND),
        (row('{"tenure_days": 1e999}'), TENURE, "Infinity", NUMBER, MEND),
        (
            row('{"tenure_days": 1' + "0" * 400 + "}"),
            TENURE,
            "an integer of 1329 bits",
            NUMBER,
            MEND,
        ),
        (
            row('{"seat_utilisatoin": 1}'),
            "rows[0].features.seat_utilisatoin",
            1,
            "a feature of the catalogue",
            "did you mean 'seat_utilisation'?",
        ),
        (row('{"zzz": 1}'), "rows[0].features.zzz", 1, "a feature of the catalogue", CATALOG),
        (row("{}", "17"), "rows[0].account_id", 17, TEXT, "send it as a text, in quotes"),
        (row("{}", "null"), "rows[0].account_id", None, TEXT, BOOK),
        (row("{}", '""'), "rows[0].account_id", "", TEXT, BOOK),
        (row("{}", '"a\\u0000"'), "rows[0].account_id", "a\x00", TEXT, BOOK),
        (row("{}", '"\\ud800"'), "rows[0].account_id", "\ud800", TEXT, BOOK),
        ('{"rows": [{"account_id": "A"}]}', "rows[0].features", None, "required", "add 'features'"),
        (row("{}")[:-1] + ', "top": -1}', "top", -1, "an integer from 0 to 50", "leave it out for 5"),
        (row("{}")[:-1] + ', "top": 51}', "top", 51, "an integer from 0 to 50", "leave it out for 5"),
        (row("{}")[:-1] + ', "top": 2.0}', "top", 2.0, "an integer from 0 to 50", "leave it out for 5"),
        (row("{}")[:-1] + ', "top": true}', "top", True, "an integer from 0 to 50", "leave it out for 5"),
        (
            row("{}")[:-1] + ', "explain": 1}',
            "explain",
            1,
            "true or false",
            "leave it out to have the drivers",
        ),
        (
            row("{}")[:-1] + ', "explane": 1}',
            "explane",
            1,
            "one of the keys rows, explain, top",
            "did you mean 'explain'?",
        ),
    ],
)
def test_a_fault_names_field_value_allowed_set_and_next_step(
    body: str, field: str, value: object, allowed: str, advice: str
) -> None:
    problem = predict_problem(body)
    assert problem["status"] == 422
    assert problem["errors"] == [{"field": field, "value": value, "allowed": allowed, "next": advice}]
    json.dumps(problem, allow_nan=False)


def test_an_account_id_of_201_characters_is_refused_and_shown_cut() -> None:
    [error] = predict_problem(row("{}", '"' + "x" * 201 + '"'))["errors"]
    assert error["allowed"] == TEXT
    assert error["value"] == "x" * 99 + "…"


def test_a_segment_is_taken_where_one_is_sent() -> None:
    first = '{"account_id": "A", "features": {}, "segment": "enterprise"}'
    body = f'{{"rows": [{first}, {{"account_id": "B", "features": {{}}}}]}}'.encode()
    assert read_predict(body, tuple(WEIGHTS), LIMITS).rows.segment == ["enterprise", None]
    unsaid = b'{"rows": [{"account_id": "A", "features": {}, "segment": null}]}'
    assert read_predict(unsaid, tuple(WEIGHTS), LIMITS).rows.segment is None


@pytest.mark.parametrize("segment", ["7", '""', "[]", '"a\\u0000"'])
def test_a_segment_that_is_no_name_is_refused(segment: str) -> None:
    body = f'{{"rows": [{{"account_id": "A", "features": {{}}, "segment": {segment}}}]}}'
    [fault] = predict_problem(body)["errors"]
    assert fault["field"] == "rows[0].segment"
    assert fault["allowed"] == "a text of 1 to 200 characters, no control characters"
    assert fault["next"] == "send the segment's name as it is in the book, or null"


def test_an_account_that_comes_twice_is_refused() -> None:
    twice = '{"account_id": "A-1", "features": {}}'
    [error] = predict_problem(f'{{"rows": [{twice}, {twice}]}}')["errors"]
    assert error == {
        "field": "rows[1].account_id",
        "value": "A-1",
        "allowed": "each account once in a call",
        "next": "remove the repeats",
    }


def test_too_many_rows_are_refused_before_any_of_them_is_looked_at() -> None:
    problem = predict_problem('{"rows": [' + ",".join(["0"] * 1_000_000) + "]}")
    assert problem["errors"] == [
        {
            "field": "rows",
            "value": "a list of 1000000",
            "allowed": "a list of 1 to 1000",
            "next": "split it into calls of 1000",
        }
    ]


def test_all_faults_are_said_at_once_and_beyond_fifty_only_counted() -> None:
    features = ", ".join(f'"unknown_{n}": 1' for n in range(200_000))
    problem = predict_problem(row("{" + features + "}", "7")[:-1] + ', "top": "x"}')
    assert len(problem["errors"]) == 50
    assert problem["detail"] == "The request cannot be used: 200002 faults; the first 50 are listed."
    assert [error["field"] for error in problem["errors"][:2]] == ["top", "rows[0].account_id"]


def test_a_very_long_name_is_shown_cut() -> None:
    [error] = predict_problem(row(f'{{"{"n" * 1_000_000}": 1}}'))["errors"]
    assert len(error["field"]) <= 100
    assert error["next"] == CATALOG


def test_a_health_call_is_read_with_its_date() -> None:
    call = read_health(
        '{"account_ids": ["A-1", "阿尔法\u3000"], "as_of": "2026-10-31T08:00:00+08:00"}'.encode(), LIMITS
    )
    assert call.account_ids == ("A-1", "阿尔法\u3000")
    assert call.as_of == "2026-10-31T00:00:00Z"
    assert read_health(b'{"account_ids": ["A-1"], "as_of": null}', LIMITS).as_of is None


@pytest.mark.parametrize(
    ("body", "field", "value", "allowed"),
    [
        ('{"account_ids": "A-1"}', "account_ids", "A-1", "a list of 1 to 1000"),
        ('{"account_ids": []}', "account_ids", "a list of 0", "a list of 1 to 1000"),
        ('{"account_ids": ["A", 3]}', "account_ids[1]", 3, TEXT),
        ('{"account_ids": ["A", "A"]}', "account_ids[1]", "A", "each account once in a call"),
        ('{"ids": []}', "ids", "a list of 0", "one of the keys account_ids, as_of"),
        ('{"account_ids": ["A"], "as_of": "31.10.2026"}', "as_of", "31.10.2026", "a date (2026-10-31), or"),
        ('{"account_ids": ["A"], "as_of": "2026-10-31T00:00:00"}', "as_of", "2026-10-31T00:00:00", "a date"),
        ('{"account_ids": ["A"], "as_of": 20261031}', "as_of", 20261031, "a date"),
        (
            '{"account_ids": ["A"], "as_of": "0001-01-01T00:00+14:00"}',
            "as_of",
            "0001-01-01T00:00+14:00",
            "a date",
        ),
    ],
)
def test_a_fault_in_a_health_call_is_named(body: str, field: str, value: object, allowed: str) -> None:
    with pytest.raises(Problem) as raised:
        read_health(body.encode(), LIMITS)
    error = raised.value.body()["errors"][0]
    assert (error["field"], error["value"]) == (field, value)
    assert error["allowed"].startswith(allowed)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 60),
    st.floats(),
    st.sampled_from(["", "A-1", "x\x00", "2026-10-31"]),
)
KEYS = st.sampled_from(
    ["rows", "explain", "top", "account_ids", "account_id", "features", "tenure_days", "other"]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"account_id": st.sampled_from(["A", "B", "", 3])},
        optional={"features": st.dictionaries(st.sampled_from(sorted(WEIGHTS)), SCALARS, max_size=2)},
    ),
    max_size=3,
)


@given(
    st.one_of(ANYTHING, st.fixed_dictionaries({"rows": ROWS}, optional={"top": SCALARS, "explain": SCALARS}))
)
@settings(deadline=None, max_examples=150)
def test_what_is_accepted_fits_the_published_shape_and_the_rest_is_a_problem(document: object) -> None:
    body = json.dumps(document).encode()
    try:
        call = read_predict(body, tuple(WEIGHTS), LIMITS)
    except Problem as problem:
        json.dumps(problem.body(), allow_nan=False)
    else:
        shape = PredictRequest.model_validate_json(body)
        assert len(shape.rows) == len(call.rows)


@given(st.one_of(ANYTHING, st.fixed_dictionaries({"account_ids": st.lists(SCALARS, max_size=3)})))
@settings(deadline=None, max_examples=100)
def test_a_body_outside_the_published_shape_is_never_accepted(document: object) -> None:
    body = json.dumps(document).encode()
    try:
        HealthRequest.model_validate_json(body)
    except ValidationError:
        with pytest.raises(Problem):
            read_health(body, LIMITS)


def test_a_request_made_in_python_reads_as_the_one_that_was_posted() -> None:
    request = HealthRequest(account_ids=["A-1"], as_of="2026-10-31")
    assert read_health(request.body, LIMITS).account_ids == ("A-1",)

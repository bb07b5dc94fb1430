from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from serving.answers.survey_bodies import read_answer
from serving.api.problems import Problem

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "account_id": "A-1",
    "kind": "nps",
    "touchpoint": "relational",
    "score": 3,
    "scale_min": 0,
    "scale_max": 10,
}


def read(**more: Any) -> Any:
    return read_answer(json.dumps(GOOD | more).encode(), NOW)


@pytest.mark.parametrize(
    ("score", "top", "kind", "detracts"),
    [
        (0, 10, "nps", True),
        (6, 10, "nps", True),
        (6.9, 10, "nps", True),
        (7, 10, "nps", False),
        (69, 100, "nps", True),
        (70, 100, "nps", False),
        (1, 5, "csat", False),
    ],
)
def test_a_detractor_is_an_nps_answer_below_seven_of_ten(
    score: float, top: int, kind: str, detracts: bool
) -> None:
    assert read(score=score, scale_max=top, kind=kind).is_detractor is detracts


def test_times_left_out_are_now_and_all_stand_as_utc_texts() -> None:
    row = read(responded_at="2026-11-01T10:00:00+02:00").row
    assert row["responded_at"] == row["sent_at"] == "2026-11-01T08:00:00.000000Z"
    assert row["recorded_at"] == "2026-11-01T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"score": 11}, "score"),
        ({"score": True}, "score"),
        ({"score": None}, "score"),
        ({"score": float("nan")}, "score"),
        ({"score": 10**400}, "score"),
        ({"scale_min": 10}, "scale_min"),
        ({"kind": "NPS"}, "kind"),
        ({"kind": ["nps"]}, "kind"),
        ({"touchpoint": "phone"}, "touchpoint"),
        ({"role": "ceo"}, "role"),
        ({"is_key": 1}, "is_key"),
        ({"account_id": 7}, "account_id"),
        ({"contact_id": ""}, "contact_id"),
        ({"response_id": "a\x00b"}, "response_id"),
        ({"comment": "a\x00b"}, "comment"),
        ({"comment": "\ud800"}, "comment"),
        ({"comment": "x" * 20_001}, "comment"),
        ({"responded_at": "2026-11-01T12:06:00Z"}, "responded_at"),
        ({"responded_at": "2026-11-01"}, "responded_at"),
        ({"responded_at": 5}, "responded_at"),
        ({"sent_at": "2026-11-01T13:00:00Z"}, "sent_at"),
        ({"nps": 3}, "nps"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Problem) as refused:
        read(**more)
    assert field in [fault.field for fault in refused.value.faults]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Problem) as refused:
        read_answer(b'{"kind": "x", "score": 1, "scale_min": 2, "scale_max": 1}', NOW)
    assert {f.field for f in refused.value.faults} == {"account_id", "touchpoint", "kind", "scale_min"}


def test_a_comment_is_never_said_back() -> None:
    with pytest.raises(Problem) as refused:
        read(comment="secret words \x00")
    assert "secret" not in json.dumps(refused.value.body())

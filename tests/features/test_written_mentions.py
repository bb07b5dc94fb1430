"""The words behind an account's themes, by literal rows."""

from __future__ import annotations

import pandas as pd
import pytest

from features.faults import WrongUse
from features.written_mentions import WHAT, WHERE, mentions_of
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse
from tests.features.specified_voice import person

COMMENT = {"sent_at": at(12), "responded_at": at(9), "comment": "太贵了", "contact_id": "C-1"}
BOOK = literal_warehouse(
    Case(
        "A",
        {
            "contacts": [person("C-1", "finance"), person("C-2", "user", recorded_at=at(0))],
            "notes": [
                {
                    "text": "They crashed? No: the app crashed. They are not looking at competitors.",
                    "happened_at": at(30),
                    "role": "decision_maker",
                },
                {"text": "The app crashed.", "happened_at": at(181)},
                {"text": "The app crashed.", "happened_at": at(0)},
                {"text": None, "happened_at": at(5)},
                {"text": "Their courier is unreliable.", "happened_at": at(3)},
            ],
            "tickets": [{"text": "It does not support export.", "opened_at": at(2), "contact_id": "C-2"}],
            "surveys": [COMMENT],
        },
    ),
    Case("B", {"notes": [{"text": "Users love it.", "happened_at": at(1)}]}),
)


def test_every_mention_is_found_with_its_row_its_speaker_and_its_words() -> None:
    found = mentions_of(BOOK, "A", AS_OF, PARAMS)
    assert list(found.columns) == [*WHERE, *WHAT, "span"]
    shown = found[["table", "row_key", "role", "theme", "polarity", "span"]].astype(object)
    assert shown.where(shown.notna(), None).to_numpy().tolist() == [
        ["tickets", "A 0", None, "missing_capability", 1, "does not support"],
        ["notes", "A 4", None, "quality", 0, "unreliable"],
        ["surveys", "A 0", "finance", "price_budget", 1, "太贵"],
        ["notes", "A 0", "decision_maker", "quality", 1, "crashed"],
        ["notes", "A 0", "decision_maker", "quality", 1, "crashed"],
        ["notes", "A 0", "decision_maker", "competitor", 0, "competitors"],
    ]
    assert (found["account_id"] == "A").all()
    assert found["day"].iloc[0] == AS_OF - pd.Timedelta(days=2)
    assert found["elsewhere"].tolist() == [False, True, False, False, False, False]
    assert found["negated"].tolist() == [False, False, False, False, False, True]


def test_the_span_is_the_very_stretch_of_the_text() -> None:
    found = mentions_of(BOOK, "A", AS_OF, PARAMS)
    text = "They crashed? No: the app crashed. They are not looking at competitors."
    notes = found[found["row_key"] == "A 0"]
    notes = notes[notes["table"] == "notes"]
    assert [text[start:end] for start, end in zip(notes["start"], notes["end"], strict=True)] == list(
        notes["span"]
    )


def test_a_day_earlier_only_what_was_known_then_is_found() -> None:
    found = mentions_of(BOOK, "A", AS_OF - pd.Timedelta(days=9), PARAMS)
    assert set(zip(found["table"], found["row_key"], strict=True)) == {("notes", "A 0"), ("notes", "A 1")}


def test_an_account_that_nobody_wrote_of_has_no_mention() -> None:
    found = mentions_of(BOOK, "Z", AS_OF, PARAMS)
    assert found.empty
    assert list(found.columns) == [*WHERE, *WHAT, "span"]


def test_a_time_of_day_is_refused() -> None:
    with pytest.raises(WrongUse, match="as-of"):
        mentions_of(BOOK, "A", AS_OF + pd.Timedelta(hours=1), PARAMS)

from __future__ import annotations

import json
from typing import Any

from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_documents import evidence_documents
from serving.evidence.evidence_words import in_words
from tests.features.literal_book import AS_OF, PARAMS, Case, at, literal_warehouse


def words(case: Case, driver: str, language: Any = "en", keep: int = 20) -> str:
    found = evidence_documents(literal_warehouse(case), [case.says], AS_OF, PARAMS, keep, [driver])
    plain = json.loads(json.dumps([found.index, found.accounts[case.says]]))
    answer = {"account_id": case.says, "as_of": "2026-10-31T00:00:00Z", **records_behind(*plain, driver)}
    return in_words(answer, language)


def noted(*texts: str) -> Case:
    notes = [{"note_id": f"N-{n}", "happened_at": at(n + 2), "text": text} for n, text in enumerate(texts)]
    return Case("A", {"notes": notes})


def test_the_words_that_were_read_stand_in_brackets_and_what_is_left_out_says_why() -> None:
    told = "They are piloting another platform. No competitor was named."
    said = words(noted(told, "没有考虑其他供应商"), "note_competitor_180d")
    assert "notes: 1 records" in said
    assert "They are piloting [[another platform]]. No [[competitor|negated]] was named." in said
    assert "left out elsewhere: 1 negated" in said


def test_no_control_or_direction_mark_reaches_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u2066 It is slow\x9b31m\nand\ttabbed\x00"
    said = words(noted(hostile), "note_quality_180d")
    assert "[[slow]]" in said
    assert all(character.isprintable() or character == "\n" for character in said)
    assert not any(mark in said for mark in "\u202e\u2066\x9b\x1b")


def test_hostile_columns_are_neutral_too_and_wide_characters_keep_the_columns_apart() -> None:
    notes = [
        {
            "note_id": "N-\x1b[1m",
            "author": "阿尔法公司客户成功经理" * 5,
            "happened_at": at(2),
            "text": "slow",
        },
        {"note_id": "N-2", "author": "bob", "happened_at": at(3), "text": "slow"},
    ]
    said = words(Case("A", {"notes": notes}), "note_quality_180d")
    assert "\x1b" not in said
    assert r"N-\x1b[1m" in said


def test_only_the_newest_are_shown_and_the_number_of_all_is_said_in_both_languages() -> None:
    case = noted(*["It is slow"] * 7)
    assert "notes: the newest 3 of 7 records" in words(case, "note_quality_180d", keep=3)
    assert "notes:7条记录中最新的3条" in words(case, "note_quality_180d", "zh", keep=3)


def test_an_account_without_records_says_so() -> None:
    assert "no record of tickets counts" in words(Case("A", {}), "open_critical_tickets")

"""Planted leaks of people, surveys and notes. See planted_leaks.py."""

from __future__ import annotations

from tests.features.literal_book import Row, at
from tests.features.planted_leaks import appears, becomes
from tests.features.specified_words import SAID, WORST

BOSS: Row = {"contact_id": "C-boss", "role": "decision_maker"}
ASKED: Row = {"contact_id": "C-top", "sent_at": at(30)}
LOST: Row = {"text": SAID["competitor"]}

CONTACTS = (
    appears(
        "contacts",
        "a sponsor is entered as in place long before, the week after the as-of date",
        "decision_makers_in_place",
        {**BOSS, "recorded_at": at(-7)},
    ),
    appears(
        "contacts",
        "a new decision maker starts the day after",
        "decision_makers_in_place",
        {**BOSS, "valid_from": at(-1)},
    ),
    becomes(
        "contacts",
        "the sponsor leaves at the as-of instant",
        "decision_makers_left_180d",
        BOSS,
        {"valid_to": at(0)},
    ),
    becomes(
        "contacts",
        "the sponsor had left before, and the leaving is entered after the cancellation",
        "decision_makers_left_180d",
        BOSS,
        {"valid_to": at(40), "valid_to_recorded_at": at(-9)},
    ),
    becomes(
        "contacts",
        "the end of a role that would have taken a detractor's answer from the decision maker",
        "response_rate_decision_maker_365d",
        {"contact_id": "C-user", "role": "decision_maker", "valid_from": at(800)},
        {"valid_to": at(60), "valid_to_recorded_at": at(-2)},
    ),
    appears(
        "contacts",
        "a user turns out to have been the decision maker when they answered",
        "nps_decision_maker_365d",
        {"contact_id": "C-user", "role": "decision_maker", "valid_from": at(99), "recorded_at": at(-3)},
    ),
)

SURVEYS = (
    becomes(
        "surveys",
        "the decision maker answers after the as-of date, with a detractor's score",
        "decision_maker_detractors_365d",
        ASKED,
        {"responded_at": at(-5), "score": 2},
    ),
    becomes(
        "surveys",
        "an answer at the as-of instant",
        "response_rate_365d",
        ASKED,
        {"responded_at": at(0), "score": 10},
    ),
    appears(
        "surveys",
        "an exit survey is sent and answered after the cancellation",
        "nps_answers_365d",
        {"contact_id": "C-top", "sent_at": at(-3), "responded_at": at(-4), "score": 0},
    ),
    appears(
        "surveys",
        "an answer on paper is dated back to the last QBR",
        "nps_decision_maker_365d",
        {**ASKED, "responded_at": at(20), "score": 1, "recorded_at": at(-6)},
    ),
    becomes(
        "surveys",
        "a draft of a comment stands on a question that is answered later",
        "comment_tone_365d",
        ASKED,
        {"responded_at": at(-8), "comment": WORST, "score": 1},
    ),
    becomes(
        "surveys",
        "a comment stands on a question that is never answered",
        None,
        {**ASKED, "sent_at": at(31)},
        {"comment": "We have cancelled. It is terrible."},
        reason="nobody can say when a comment without an answer was written",
    ),
    becomes(
        "surveys",
        "the effort of the renewal talks is rated after they failed",
        "ces_renewal_completed_365d",
        {"kind": "ces", "touchpoint": "renewal_completed", "sent_at": at(2), "scale_min": 1, "scale_max": 7},
        {"responded_at": at(-1), "score": 1},
    ),
    becomes(
        "surveys",
        "the last QBR is rated after the decision",
        "csat_qbr_365d",
        {"kind": "csat", "touchpoint": "qbr", "sent_at": at(9), "scale_min": 1, "scale_max": 5},
        {"responded_at": at(-10), "score": 1},
    ),
    becomes(
        "surveys",
        "a promoter's newer answer, after the as-of date, replaces nothing before it",
        "nps_user_365d",
        {"contact_id": "C-user", "sent_at": at(3)},
        {"responded_at": at(-2), "score": 0},
    ),
)

NOTES = (
    appears(
        "notes",
        "a note is written after the cancellation",
        "note_competitor_180d",
        {**LOST, "happened_at": at(-12)},
    ),
    appears(
        "notes",
        "a note about last month is written after the cancellation",
        "note_competitor_180d",
        {**LOST, "happened_at": at(25), "recorded_at": at(-12)},
    ),
    appears(
        "notes",
        "a note is entered at the as-of instant",
        "note_competitor_180d",
        {**LOST, "happened_at": at(1), "recorded_at": at(0)},
    ),
    appears(
        "notes",
        "the minutes of the last QBR are typed up when the account is lost",
        "qbr_tone_180d",
        {"text": WORST, "kind": "qbr", "happened_at": at(14), "recorded_at": at(-20)},
    ),
    appears(
        "notes",
        "a call in which they cancel, logged the day after",
        "note_tone_180d",
        {"text": WORST, "kind": "call", "happened_at": at(0, "10:00:00"), "recorded_at": at(-1)},
    ),
    appears(
        "notes",
        "a post-mortem remembers that the sponsor had left",
        "note_sponsor_left_180d",
        {"text": SAID["sponsor_left"], "happened_at": at(100), "recorded_at": at(-19)},
    ),
)

LEAKS = (*CONTACTS, *SURVEYS, *NOTES)

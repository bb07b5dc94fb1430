"""Whose answer it is, what is unknown of it, and where voices disagree (V6), by literal rows."""

from __future__ import annotations

from tests.features.literal_book import Case, at
from tests.features.specified_voice import ALL_ROLES, answer, person
from tests.features.specified_words import WORST

CASES = (
    Case(
        "an answer without its score may be a detractor's",
        {"contacts": ALL_ROLES, "surveys": [answer("C-decision_maker", None, 5)]},
        {
            "nps_decision_maker_365d": None,
            "nps_answers_365d": 0,
            "decision_maker_score_365d": None,
            "decision_maker_detractors_365d": None,
        },
    ),
    Case(
        "a low answer of nobody known may be a decision maker's",
        {"contacts": ALL_ROLES, "surveys": [answer(None, 3, 5), answer("C-user", 9, 5)]},
        {"decision_maker_detractors_365d": None, "nps_user_365d": 100, "nps_answers_365d": 2},
    ),
    Case(
        "a high answer of nobody known is no detractor's",
        {"contacts": ALL_ROLES, "surveys": [answer("C-gone", 8, 5), answer("C-user", 9, 5)]},
        {"decision_maker_detractors_365d": 0, "nps_account_365d": 100, "nps_answers_365d": 2},
    ),
    Case(
        "one sure detractor is counted beside an answer without its score",
        {
            "contacts": [*ALL_ROLES, person("C-2", "decision_maker")],
            "surveys": [answer("C-decision_maker", 1, 5), answer("C-2", None, 5)],
        },
        {"decision_maker_detractors_365d": 1, "decision_maker_score_365d": 1},
    ),
    Case(
        "the role is the one held when the answer was given",
        {
            "contacts": [
                person("C-1", "user", valid_from=at(900), valid_to=at(30)),
                person("C-1", "decision_maker", valid_from=at(30)),
            ],
            "surveys": [answer("C-1", 9, 31)],
        },
        {"nps_user_365d": 100, "nps_decision_maker_365d": None},
    ),
    Case(
        "on the day of the change the new role is held",
        {
            "contacts": [
                person("C-1", "user", valid_from=at(900), valid_to=at(30)),
                person("C-1", "decision_maker", valid_from=at(30)),
            ],
            "surveys": [answer("C-1", 9, 30)],
        },
        {"nps_user_365d": None, "nps_decision_maker_365d": 100},
    ),
    Case(
        "a role whose end was not yet entered at the as-of date was still held",
        {
            "contacts": [
                person("C-1", "user", valid_from=at(900), valid_to=at(60), valid_to_recorded_at=at(0)),
                person("C-2", "manager", valid_from=at(900), valid_to=at(60), valid_to_recorded_at=at(1)),
            ],
            "surveys": [answer("C-1", 9, 30), answer("C-2", 9, 30)],
        },
        {"nps_user_365d": 100, "nps_manager_365d": None},
    ),
    Case(
        "of two roles held at once the one that began last counts",
        {
            "contacts": [
                person("C-1", "finance", valid_from=at(900)),
                person("C-1", "manager", valid_from=at(90)),
            ],
            "surveys": [answer("C-1", 9, 5)],
        },
        {"nps_manager_365d": 100, "nps_finance_365d": None},
    ),
    Case(
        "of two roles that began on one day the one of the later hour counts",
        {
            "contacts": [
                person("C-1", "finance", valid_from=at(90, "08:00:00")),
                person("C-1", "manager", valid_from=at(90, "15:00:00")),
            ],
            "surveys": [answer("C-1", 9, 5)],
        },
        {"nps_manager_365d": 100, "nps_finance_365d": None},
    ),
    Case(
        "of two roles that began together the first by name counts",
        {
            "contacts": [person("C-1", "user"), person("C-1", "finance")],
            "surveys": [answer("C-1", 9, 5)],
        },
        {"nps_finance_365d": 100, "nps_user_365d": None},
    ),
    Case(
        "a role entered late is not known before it was entered",
        {
            "contacts": [person("C-1", "decision_maker", recorded_at=at(0))],
            "surveys": [answer("C-1", 9, 5)],
        },
        {"nps_decision_maker_365d": None, "nps_account_365d": None, "nps_answers_365d": 1},
    ),
    Case(
        "they praise while use falls",
        {
            "contacts": ALL_ROLES,
            "surveys": [answer("C-user", 9, 5), answer("C-manager", 7, 5)],
            "usage": [
                {"user_id": "U-1", "occurred_at": at(3)},
                {"user_id": "U-1", "occurred_at": at(33)},
                {"user_id": "U-2", "occurred_at": at(33)},
            ],
        },
        {"praise_while_use_falls_30d": (0.1 / 0.3) * (1 / 3)},
    ),
    Case(
        "they detract while use falls, which is no conflict",
        {
            "contacts": ALL_ROLES,
            "surveys": [answer("C-user", 1, 5)],
            "usage": [{"occurred_at": at(33)}],
        },
        {"praise_while_use_falls_30d": 0, "role_conflict_365d": None},
    ),
    Case(
        "notes are friendly while use falls by half",
        {
            "notes": [{"happened_at": at(3), "text": "It is excellent."}],
            "usage": [
                {"occurred_at": at(2)},
                *({"user_id": f"U-{n}", "occurred_at": at(33)} for n in range(3)),
            ],
        },
        {"note_tone_180d": 1, "friendly_notes_while_use_falls_30d": 1 * (3 - 1) / (3 + 1)},
    ),
    Case(
        "bitter notes while use falls agree with it",
        {"notes": [{"happened_at": at(3), "text": WORST}], "usage": [{"occurred_at": at(33)}]},
        {"friendly_notes_while_use_falls_30d": 0},
    ),
    Case(
        "without a note of any tone there is no layer to disagree",
        {"usage": [{"occurred_at": at(33)}]},
        {"friendly_notes_while_use_falls_30d": None},
    ),
)

"""Who was asked and kept silent (V5), and who is there to be asked, specified by literal rows."""

from __future__ import annotations

from features.source_tables import ROLES
from tests.features.literal_book import Case, Row, at

TOP = [{"contact_id": "C-top", "role": "decision_maker"}, {"contact_id": "C-user", "role": "user"}]


def asked(contact: str | None, sent: int, answered: int | None = None, **more: object) -> Row:
    responded = {} if answered is None else {"responded_at": at(answered), "score": 8}
    return {"contact_id": contact, "sent_at": at(sent), **responded, **more}


SILENCE = (
    Case(
        "never asked is not silence",
        {"contacts": TOP},
        {
            "questions_asked_365d": 0,
            "response_rate_365d": None,
            "questions_to_decision_maker_365d": 0,
            "decision_maker_silent_365d": None,
            "days_since_decision_maker_answer": None,
            **{f"response_rate_{role}_365d": None for role in ROLES},
            "response_rate_change_180d": None,
        },
    ),
    Case(
        "asked and silent",
        {"contacts": TOP, "surveys": [asked("C-top", 30), asked("C-user", 30)]},
        {
            "questions_asked_365d": 2,
            "questions_to_decision_maker_365d": 1,
            "response_rate_365d": 0,
            "response_rate_decision_maker_365d": 0,
            "response_rate_user_365d": 0,
            "response_rate_manager_365d": None,
            "decision_maker_silent_365d": 1,
            "days_since_decision_maker_answer": 365,
        },
    ),
    Case(
        "one of two decision makers' questions answered, and a user's",
        {
            "contacts": TOP,
            "surveys": [asked("C-top", 90, 80), asked("C-top", 30), asked("C-user", 5, 4)],
        },
        {
            "questions_asked_365d": 3,
            "questions_to_decision_maker_365d": 2,
            "response_rate_365d": 2 / 3,
            "response_rate_decision_maker_365d": 0.5,
            "response_rate_user_365d": 1,
            "decision_maker_silent_365d": 0,
            "days_since_decision_maker_answer": 80,
        },
    ),
    Case(
        "a question is silence from the fourteenth day on",
        {"contacts": TOP, "surveys": [asked("C-top", 14), asked("C-user", 13)]},
        {"questions_asked_365d": 1, "response_rate_365d": 0, "days_since_decision_maker_answer": 365},
    ),
    Case(
        "an answer at the as-of instant is not heard yet",
        {"contacts": TOP, "surveys": [asked("C-top", 20, 0)]},
        {"response_rate_365d": 0, "decision_maker_silent_365d": 1, "days_since_decision_maker_answer": 365},
    ),
    Case(
        "questions of a year ago count, older ones do not",
        {"contacts": TOP, "surveys": [asked("C-top", 365, 300), asked("C-top", 366, 1)]},
        {"questions_asked_365d": 1, "response_rate_365d": 1, "days_since_decision_maker_answer": 300},
    ),
    Case(
        "every role has its own rate",
        {
            "contacts": [{"contact_id": f"C-{role}", "role": role} for role in ROLES],
            "surveys": [
                *(asked(f"C-{role}", 50) for role in ROLES),
                *(asked(f"C-{role}", 40, 30) for role in ROLES if role != "finance"),
                asked("C-manager", 45, 44),
            ],
        },
        {
            "response_rate_manager_365d": 2 / 3,
            "response_rate_user_365d": 1 / 2,
            "response_rate_it_manager_365d": 1 / 2,
            "response_rate_finance_365d": 0,
        },
    ),
    Case(
        "the change compares two half years, the earlier as it stood then",
        {
            "surveys": [
                asked(None, 180, 100),  # first instant of the later half year
                asked(None, 14),
                asked(None, 13),  # too young to be silence
                asked(None, 181, 179),  # the earlier half year's last day: not answered by its end, and young
                asked(None, 200, 182),
                asked(None, 300, 181),
                asked(None, 360),  # first instant of the earlier half year
                asked(None, 361),
            ]
        },
        {"response_rate_change_180d": 1 / 2 - 2 / 3, "response_rate_365d": 4 / 7},
    ),
    Case(
        "nobody asked in the half year before: the rate has no change",
        {"surveys": [asked(None, 180, 90), asked(None, 361, 360)]},
        {"response_rate_change_180d": None},
    ),
    Case(
        "only users asked: of the decision maker nothing is known",
        {"contacts": TOP, "surveys": [asked("C-user", 40), asked(None, 40, 39)]},
        {
            "questions_asked_365d": 2,
            "response_rate_365d": 0.5,
            "response_rate_decision_maker_365d": None,
            "days_since_decision_maker_answer": None,
        },
    ),
)

PEOPLE = (
    Case(
        "nobody is known",
        {"contacts": []},
        {"decision_makers_in_place": 0, "decision_makers_left_180d": 0, "key_contacts_left_180d": 0},
    ),
    Case(
        "one decision maker stays, one leaves today, two have left lately and one long ago",
        {
            "contacts": [
                {"role": "decision_maker"},
                {"role": "decision_maker", "valid_to": at(0)},
                {"role": "decision_maker", "valid_to": at(1)},
                {"role": "decision_maker", "valid_to": at(180), "is_key": True},
                {"role": "decision_maker", "valid_to": at(181), "is_key": True},
                {"role": "user", "valid_to": at(5), "is_key": True},
                {"role": "user", "valid_to": at(5)},
            ]
        },
        {"decision_makers_in_place": 2, "decision_makers_left_180d": 2, "key_contacts_left_180d": 2},
    ),
    Case(
        "a decision maker of the as-of date, or entered late, is not known yet",
        {
            "contacts": [
                {"role": "decision_maker", "valid_from": at(0)},
                {"role": "decision_maker", "valid_from": at(50), "recorded_at": at(0)},
                {"role": "decision_maker", "valid_from": at(50), "recorded_at": at(1)},
            ]
        },
        {"decision_makers_in_place": 1},
    ),
    Case(
        "a leaving entered late is not known before it is entered, one foretold not before it happens",
        {
            "contacts": [
                {"role": "decision_maker", "valid_to": at(40), "valid_to_recorded_at": at(0)},
                {"role": "decision_maker", "valid_to": at(40), "valid_to_recorded_at": at(1)},
                {"role": "decision_maker", "valid_to": at(0), "valid_to_recorded_at": at(90)},
            ]
        },
        {"decision_makers_in_place": 2, "decision_makers_left_180d": 1},
    ),
    Case(
        "who takes on another role, or the same one anew, has not left",
        {
            "contacts": [
                {"contact_id": "C-1", "role": "manager", "is_key": True, "valid_to": at(30)},
                {"contact_id": "C-1", "role": "decision_maker", "is_key": True, "valid_from": at(30)},
                {"contact_id": "C-2", "role": "decision_maker", "valid_to": at(30)},
                {"contact_id": "C-2", "role": "decision_maker", "valid_from": at(30)},
            ]
        },
        {"decision_makers_in_place": 2, "decision_makers_left_180d": 0, "key_contacts_left_180d": 0},
    ),
    Case(
        "a decision maker who is a user now decides no more; who held two roles leaves once",
        {
            "contacts": [
                {"contact_id": "C-1", "role": "decision_maker", "is_key": True, "valid_to": at(30)},
                {"contact_id": "C-1", "role": "user", "valid_from": at(30)},
                {"contact_id": "C-2", "role": "user", "is_key": True, "valid_to": at(300)},
                {"contact_id": "C-2", "role": "manager", "is_key": True, "valid_to": at(9)},
            ]
        },
        {"decision_makers_in_place": 0, "decision_makers_left_180d": 1, "key_contacts_left_180d": 1},
    ),
)

CASES = (*SILENCE, *PEOPLE)

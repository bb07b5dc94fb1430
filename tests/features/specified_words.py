"""What was written down (T1–T3), specified by literal texts. A text of age 60 days weighs a half."""

from __future__ import annotations

from tests.features.literal_book import Case, Row, at
from tests.features.specified_voice import person

SAID = {
    "competitor": "They are evaluating other vendors.",
    "price_budget": "It is too expensive.",
    "missing_capability": "It does not support bulk import.",
    "quality": "The app crashed.",
    "service": "Nobody replied for a week.",
    "sponsor_left": "Our champion left.",
    "reorganisation": "They announced layoffs.",
    "expansion": "They need more seats.",
    "praise": "Users love it.",
}
IN_TICKETS = ("missing_capability", "quality", "service")
GOOD, WORST = "It is good.", "It is terrible."  # tone 0.6 and -1
YESTERDAY, A_YEAR_AGO, AT_91, AT_180 = (  # weights are whole millionths
    round(2 ** (-age / 60), 6) for age in (1, 365, 91, 180)
)


def note(text: str | None, age: int, **more: object) -> Row:
    return {"text": text, "happened_at": at(age), **more}


def ticket(text: str | None, age: int, **more: object) -> Row:
    return {"text": text, "opened_at": at(age), **more}


def comment(text: str | None, age: int, **more: object) -> Row:
    return {"comment": text, "sent_at": at(age + 3), "responded_at": at(age), **more}


NOTES = (
    Case(
        "nothing was written",
        {"notes": []},
        {
            **{f"note_{theme}_180d": 0 for theme in SAID},
            **{f"ticket_{theme}_180d": 0 for theme in IN_TICKETS},
            "note_tone_180d": None,
            "qbr_tone_180d": None,
            "ticket_tone_180d": None,
            "comment_tone_365d": None,
            "note_tone_change_90d": None,
            "decision_maker_tone_180d": None,
            "decision_maker_negative_themes_180d": 0,
        },
    ),
    Case(
        "each theme is heard, and half as loud after sixty days",
        {"notes": [note(text, 60) for text in SAID.values()]},
        {f"note_{theme}_180d": 0.5 for theme in SAID},
    ),
    Case(
        "yesterday and half a year ago count, today and the day before that do not",
        {"notes": [note("The app crashed. It crashed again.", age) for age in (0, 1, 180, 181)]},
        {"note_quality_180d": YESTERDAY + 0.125},
    ),
    Case(
        "a note that was written down late is known only then",
        {
            "notes": [
                note(SAID["competitor"], 60, recorded_at=at(0)),
                note(SAID["competitor"], 120, recorded_at=at(1)),
            ]
        },
        {"note_competitor_180d": 0.25},
    ),
    Case(
        "what is denied, only supposed or empty is no theme, in either language",
        {
            "notes": [
                note("They are not looking at competitors.", 60),
                note("If they find another vendor, call me.", 60),
                note("没有考虑其他供应商", 60),
                note(None, 60),
                note("", 60),
                note("客户在接触竞品。", 60),
            ]
        },
        {"note_competitor_180d": 0.5},
    ),
    Case(
        "the tone of notes outweighs the older one, and QBR minutes are apart",
        {
            "notes": [
                note(GOOD, 60),
                note(WORST, 120),
                note("Monday at ten.", 1),
                note(WORST, 60, kind="qbr"),
                note(WORST, 0, kind="call"),
            ]
        },
        {"note_tone_180d": (0.5 * 0.6 - 0.25 * 1) / 0.75, "qbr_tone_180d": -1},
    ),
    Case(
        "texts without a tone have none",
        {"notes": [note("Monday at ten.", 5), note("Monday at ten.", 5, kind="qbr")]},
        {"note_tone_180d": None, "qbr_tone_180d": None},
    ),
)

TICKETS = (
    Case(
        "tickets are read for three themes and their tone",
        {
            "tickets": [ticket(SAID[theme], 60) for theme in IN_TICKETS]
            + [ticket(WORST, 180), ticket(GOOD, 181)]
        },
        {**{f"ticket_{theme}_180d": 0.5 for theme in IN_TICKETS}, "note_quality_180d": 0},
    ),
    Case(
        "the tone of tickets is a decayed mean",
        {"tickets": [ticket(GOOD, 60), ticket(WORST, 120), ticket(None, 5), ticket(WORST, 0)]},
        {"ticket_tone_180d": (0.5 * 0.6 - 0.25 * 1) / 0.75},
    ),
)

COMMENTS = (
    Case(
        "the tone of comments is a decayed mean",
        {"surveys": [comment(GOOD, 60), comment(WORST, 120), comment(None, 1), comment(GOOD, 0)]},
        {"comment_tone_365d": (0.5 * 0.6 - 0.25 * 1) / 0.75},
    ),
    Case(
        "a comment of a year ago counts, an older one or one not yet known does not",
        {"surveys": [comment(GOOD, 365), comment(WORST, 366), comment(WORST, 9, recorded_at=at(0))]},
        {"comment_tone_365d": round(0.6 * A_YEAR_AGO, 6) / A_YEAR_AGO},
    ),
    Case(
        "a comment without a tone has none",
        {"surveys": [comment("Monday at ten.", 5)]},
        {"comment_tone_365d": None},
    ),
)

CHANGE = (
    Case(
        "the tone of the last ninety days against the ninety before, QBR minutes apart",
        {
            "notes": [
                note(WORST, 90),
                note(WORST, 91),
                note(GOOD, 180, kind="call"),
                note(GOOD, 181),
                note(GOOD, 30, kind="qbr"),
                note(GOOD, 0),
            ]
        },
        {"note_tone_change_90d": -1 - (0.6 * AT_180 - AT_91) / (AT_180 + AT_91)},
    ),
    Case(
        "without a tone in both quarters nothing has changed that could be told",
        {"notes": [note(GOOD, 30), note("Monday at ten.", 120), note(WORST, 181)]},
        {"note_tone_change_90d": None},
    ),
)

BOSS, WORKER = person("C-1", "decision_maker"), person("C-2", "user")
ROLES_OF = [BOSS, WORKER, person("C-3", "decision_maker", recorded_at=at(0))]

DECISION_MAKER = (
    Case(
        "the decision maker speaks in notes, in tickets and in comments; others and the unknown do not count",
        {
            "contacts": ROLES_OF,
            "notes": [
                note(GOOD, 60, role="decision_maker"),
                note(WORST, 60, role="user"),
                note(WORST, 60),
                note(WORST, 0, role="decision_maker"),
                note(WORST, 181, role="decision_maker"),
            ],
            "tickets": [ticket(WORST, 120, contact_id="C-1"), ticket(WORST, 60, contact_id="C-2")],
            "surveys": [
                comment(GOOD, 120, contact_id="C-1"),
                comment(WORST, 60),
                comment(WORST, 60, contact_id="C-3"),
            ],
        },
        {"decision_maker_tone_180d": (0.5 * 0.6 + 0.25 * 0.6 - 0.25 * 1) / 1.0},
    ),
    Case(
        "a text with two unfriendly themes counts twice, friendly and denied ones do not count",
        {
            "contacts": ROLES_OF,
            "notes": [
                note("The app crashed and it is too expensive.", 60, role="decision_maker"),
                note("客户在接触竞品，系统崩溃了。", 120, role="decision_maker", kind="qbr"),
                note("They need more seats. Users love it. They are not looking at competitors.", 60)
                | {"role": "decision_maker"},
                note("It is too expensive.", 60, role="finance"),
            ],
            "tickets": [ticket("The app crashed.", 60, contact_id="C-1")],
        },
        {"decision_maker_negative_themes_180d": 2 * 0.5 + 2 * 0.25 + 0.5},
    ),
    Case(
        "the role is the one held on the day of the ticket",
        {
            "contacts": [
                person("C-1", "user", valid_from=at(900), valid_to=at(60)),
                person("C-1", "decision_maker", valid_from=at(60)),
            ],
            "tickets": [
                ticket("The app crashed.", 61, contact_id="C-1"),
                ticket("The app crashed.", 60, contact_id="C-1"),
            ],
        },
        {"decision_maker_negative_themes_180d": 0.5},
    ),
)

CASES = (*NOTES, *TICKETS, *COMMENTS, *CHANGE, *DECISION_MAKER)

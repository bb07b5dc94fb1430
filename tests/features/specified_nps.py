"""How sure the account NPS is (V2) and whether it moved (H7), specified by literal rows.

The numbers of a distribution are written out: its parameters stand in the case, worked out by hand.
"""

from __future__ import annotations

from math import sqrt

from scipy.stats import beta

from tests.features.literal_book import Case, at
from tests.features.specified_voice import answer, person


def quantile(share: float, down: float, passive: float, up: float) -> float:
    """Of 100 (promoters − detractors) under a Dirichlet: the beta on −100 … 100 of like mean and variance."""
    size = down + passive + up
    mean = (up - down) / size
    variance = ((up + down) / size - mean**2) / (size + 1)
    a_and_b = (1 - mean**2) / variance - 1
    return float(200 * beta.ppf(share, (1 + mean) / 2 * a_and_b, (1 - mean) / 2 * a_and_b) - 100)


def more_fell(fell: float, rose: float, imagined: float = 1) -> float:
    """That more than half move down, after `fell` and `rose` moved and somebody imagined rose."""
    return float(beta.sf(0.5, fell, rose + max(1, imagined)))


TOP, USERS = person("C-top", "decision_maker"), [person(f"C-{n}", "user") for n in range(4)]
# The prior: a tenth of an answer spread evenly, a tenth as the same role answers in the segment's others.
THIRD, TENTH = 0.1 / 3, 0.1
ONE = 0.05 / 3  # beyond each end of one answer: 5 % n / (n + 2)
# One promoter where one passive was heard elsewhere, one more detractor imagined at the lower end.
LOW_TOP = quantile(ONE, 1 + THIRD, THIRD + TENTH, 1 + THIRD)
SURE = (
    Case(
        "alone in the account, one decision maker promotes",
        {
            "accounts": [{"segment": "paired"}],
            "contacts": [TOP],
            "surveys": [answer("C-top", 9, 10)],
        },
        {"nps_account_365d": 100, "nps_account_half_width_365d": (100 - LOW_TOP) / 2},
    ),
    Case(
        "a user who was not heard may think anything",
        {
            "accounts": [{"segment": "paired"}],
            "contacts": [TOP, USERS[0]],
            "surveys": [answer("C-top", 8, 10)],
        },
        {
            "nps_account_365d": 0,
            "nps_account_half_width_365d": (
                (5 / 6) * quantile(1 - ONE, THIRD, 1 + THIRD, 1 + THIRD + TENTH)
                - (5 / 6) * quantile(ONE, 1 + THIRD, 1 + THIRD, THIRD + TENTH)
                + 2 * 100 / 6
            )
            / 2,
        },
    ),
    Case(
        "roles heard add their chances in squares, and who left is not waited for",
        {
            "accounts": [{"segment": "two roles"}],
            "contacts": [TOP, USERS[0], person("C-it", "it_manager", valid_to=at(1))],
            "surveys": [answer("C-top", 9, 10), answer("C-0", 10, 10)],
        },
        {
            "nps_account_365d": 100,
            "nps_account_half_width_365d": sqrt(
                ((5 / 6) * (100 - quantile(ONE, 1 + THIRD, THIRD, 1 + THIRD + TENTH))) ** 2
                + ((1 / 6) * (100 - quantile(ONE, 1 + THIRD + TENTH, THIRD, 1 + THIRD))) ** 2
            )
            / 2,
        },
    ),
    Case(
        "the others of its segment",
        {
            "accounts": [{"segment": "two roles"}],
            "contacts": [TOP, USERS[0], person("C-it", "it_manager", valid_to=at(0))],
            "surveys": [answer("C-top", 9, 10), answer("C-0", 0, 10)],
        },
        {
            "nps_account_365d": (0.5 * 100 - 0.1 * 100) / 0.6,
            "nps_account_half_width_365d": (
                sqrt(
                    ((5 / 7) * (100 - quantile(ONE, 1 + THIRD, THIRD, 1 + THIRD + TENTH))) ** 2
                    + ((1 / 7) * (-100 - -100)) ** 2
                )
                + ((1 / 7) * (quantile(1 - ONE, 1 + THIRD, THIRD, 1 + THIRD + TENTH) + 100))
                + 2 * 100 / 7
            )
            / 2,
        },
    ),
)

MOVED = (
    Case(
        "a decision maker falls while a user stays",
        {
            "contacts": [TOP, *USERS],
            "surveys": [answer("C-top", 9, 200), answer("C-top", 3, 20), answer("C-0", 8, 200)],
        },
        {
            "nps_account_change_180d": (-0.5 * 100 - 0.5 * 100) / 0.6,
            "nps_decision_maker_change_180d": -200,
            "nps_drop_probability_180d": 0.5,
        },
    ),
    Case(
        "an answer that still stands moves nothing",
        {"contacts": [TOP], "surveys": [answer("C-top", 3, 181)]},
        {
            "nps_account_change_180d": 0,
            "nps_decision_maker_change_180d": 0,
            "nps_drop_probability_180d": 0,
        },
    ),
    Case(
        "an answer on the earlier date itself was given after it",
        {"contacts": [TOP], "surveys": [answer("C-top", 3, 180)]},
        {
            "nps_account_change_180d": None,
            "nps_decision_maker_change_180d": None,
            "nps_drop_probability_180d": None,
        },
    ),
    Case(
        "the earlier date looks back a year too",
        {
            "contacts": [TOP, *USERS],
            "surveys": [
                answer("C-top", 9, 546),
                answer("C-top", 8, 10),
                answer("C-0", 9, 545),
                answer("C-0", 8, 10),
            ],
        },
        {
            "nps_account_change_180d": -100,
            "nps_decision_maker_change_180d": None,
            "nps_drop_probability_180d": 0.5,
        },
    ),
    Case(
        "an answer entered late was given when it was given",
        {
            "contacts": [TOP],
            "surveys": [answer("C-top", 9, 300), answer("C-top", 3, 190, recorded_at=at(30))],
        },
        {"nps_decision_maker_change_180d": 0, "nps_drop_probability_180d": 0},
    ),
    Case(
        "of two answers at one instant before the earlier date the later response_id counts",
        {
            "contacts": [TOP],
            "surveys": [
                answer("C-top", 10, 200, response_id="R-2 of then"),
                answer("C-top", 2, 200, response_id="R-1 of then"),
                answer("C-top", 7, 20),
            ],
        },
        {"nps_decision_maker_change_180d": -100, "nps_drop_probability_180d": 0.5},
    ),
    Case(
        "four of four users fall, which chance does once in sixteen",
        {
            "contacts": USERS,
            "surveys": [answer(f"C-{n}", score, age) for n in range(4) for score, age in ((9, 300), (6, 9))],
        },
        {"nps_account_change_180d": -200, "nps_drop_probability_180d": 1 - 1 / 16},
    ),
    Case(
        "a decision maker falls and two users rise: each pulls with the weight of the role",
        {
            "contacts": [TOP, *USERS],
            "surveys": [
                *(answer("C-top", score, age) for score, age in ((10, 300), (0, 9))),
                *(answer(f"C-{n}", score, age) for n in (0, 1) for score, age in ((0, 300), (10, 9))),
            ],
        },
        {  # pulls 0.5 · 2 down and 0.1 · 2 / 2 up, twice: as uneven as 1.2² / 1.02 people
            "nps_account_change_180d": (-0.5 * 200 + 0.1 * 200) / 0.6,
            "nps_drop_probability_180d": more_fell(1.2 * 1.0 / 1.02, 1.2 * 0.2 / 1.02),
        },
    ),
    Case(
        "a user who joins below the others pulls the role down, and makes theirs count less",
        {
            "contacts": USERS,
            "surveys": [answer("C-0", 9, 200), answer("C-1", 9, 200), answer("C-2", 0, 20)],
        },
        {  # m = (1 + 1 + 1 + 1 − 1) / 5: who joins pulls −1.6 / 3, each of the two 0.4 / 3 − 0.4 / 2
            "nps_account_change_180d": 100 / 3 - 100,
            "nps_drop_probability_180d": more_fell(
                (1.6 / 3 + 2 * (0.4 / 2 - 0.4 / 3)) ** 2 / ((1.6 / 3) ** 2 + 2 * (0.4 / 2 - 0.4 / 3) ** 2), 0
            ),
        },
    ),
    Case(
        "three new passives against one promoter of before, who might have been two",
        {
            "contacts": USERS,
            "surveys": [answer("C-0", 9, 200), *(answer(f"C-{n}", 8, 20) for n in (1, 2, 3))],
        },
        {  # m = 2 / 5: pulls −0.4 / 4 thrice and 0.6 / 4 − 0.6; one more detractor before: 1.4 (1 − 1 / 4)
            "nps_account_change_180d": 25 - 100,
            "nps_drop_probability_180d": more_fell(
                0.75**2 / (3 * 0.1**2 + 0.45**2),
                0,
                imagined=0.75 / (3 * 0.1**2 + 0.45**2) * 1.4 * 0.75,
            ),
        },
    ),
    Case(
        "nobody was asked again, so nobody moved: that promoters' answers grow old is no fall",
        {
            "contacts": USERS,
            "surveys": [*(answer(f"C-{n}", 9, 400) for n in range(3)), answer("C-3", 0, 200)],
        },
        {"nps_account_change_180d": -150, "nps_drop_probability_180d": 0},
    ),
    Case(
        "a role heard for the first time is no move of the others",
        {
            "contacts": [TOP, *USERS],
            "surveys": [answer("C-0", 9, 200), answer("C-top", 0, 20)],
        },
        {
            "nps_account_change_180d": (-0.5 * 100 + 0.1 * 100) / 0.6 - 100,
            "nps_decision_maker_change_180d": None,
            "nps_drop_probability_180d": 0,
        },
    ),
    Case(
        "who takes on another role left the one and joined the other",
        {
            "contacts": [
                person("C-1", "user", valid_to=at(100)),
                person("C-1", "decision_maker", valid_from=at(100)),
            ],
            "surveys": [answer("C-1", 9, 200), answer("C-1", 2, 20)],
        },
        {
            "nps_account_change_180d": -200,
            "nps_decision_maker_change_180d": None,
            "nps_drop_probability_180d": None,
        },
    ),
)

CASES = (*SURE, *MOVED)

"""NPS moves between any two dates: levels, probabilities, and the people behind them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from features.faults import DataFault, WrongUse
from features.nps_moves import nps_moves
from features.nps_told import AccountMoves, NpsMoves, PersonMove
from features.nps_words import as_dict, as_text
from features.snapshot import build_snapshot
from features.time_windows import as_of_date
from tests.features.literal_book import AS_OF, PARAMS, Case, at, book_of, literal_warehouse, warehouse_of
from tests.features.specification import CASES, specified_rows
from tests.features.specified_voice import answer, person

EARLIER = AS_OF - pd.Timedelta(days=180)
NAN = float("nan")

ACME = Case(
    "Acme",
    {
        "contacts": [
            person("C-top", "decision_maker"),
            *(person(f"C-{n}", "user") for n in range(6)),
            person("C-it", "it_manager", valid_from=at(100)),
        ],
        "surveys": [
            *(answer(f"C-{n}", score, age) for n in (0, 1, 2) for score, age in ((9, 300), (4, 20))),
            *(answer("C-3", score, age) for score, age in ((7, 300), (8, 20))),
            answer("C-4", 10, 400),
            answer("C-5", 6, 10),
            answer("C-it", 9, 30),
            answer(None, 3, 40),
            {"contact_id": "C-top", "sent_at": at(60)},
        ],
    },
)
QUIET = Case("Quiet", {"contacts": [person("C-9", "user")]})


def moves_of(*cases: Case, account: str | None = None, earlier: pd.Timestamp = EARLIER) -> NpsMoves:
    return nps_moves(literal_warehouse(*cases), earlier, AS_OF, PARAMS, account)


@pytest.fixture(scope="module")
def acme() -> AccountMoves:
    [account] = moves_of(ACME, QUIET, account="Acme").accounts
    return account


def test_each_role_tells_who_was_asked_who_answered_and_how_sure_that_is(acme: AccountMoves) -> None:
    levels = {move.role: move.later for move in acme.roles}
    assert list(levels) == ["decision_maker", "user", "it_manager"]
    assert (levels["decision_maker"].asked, levels["decision_maker"].answered) == (1, 0)
    assert (levels["decision_maker"].nps, levels["decision_maker"].interval) == (None, None)
    assert (levels["user"].asked, levels["user"].answered, levels["user"].nps) == (5, 5, -80)
    for level in (levels["user"], levels["it_manager"], acme.whole.later):
        assert level.nps is not None
        assert level.interval is not None
        assert -100 <= level.interval[0] <= level.nps <= level.interval[1] <= 100


def test_the_earlier_date_is_told_as_known_now(acme: AccountMoves) -> None:
    users = {move.role: move for move in acme.roles}["user"]
    assert (users.earlier.asked, users.earlier.answered, users.earlier.nps) == (5, 5, 80)
    assert users.change == -160
    assert users.fell is not None
    assert users.fell > 0.8


def test_everybody_who_moved_is_named_and_who_was_not_asked_again_is_not(acme: AccountMoves) -> None:
    fell = [PersonMove(f"C-{n}", "user", 9, 4, "fell", True) for n in (0, 1, 2)]
    assert acme.people == (
        *fell,
        PersonMove("C-3", "user", 7, 8, "rose", False),
        PersonMove("C-5", "user", None, 6, "joined", False),
        PersonMove("C-it", "it_manager", None, 9, "joined", False),
        PersonMove(None, None, None, 3, "joined", False),
        PersonMove("C-4", "user", 10, None, "left", False),
    )


def test_half_a_year_gives_what_the_features_say() -> None:
    rows = specified_rows().set_index("account_id")
    found = {move.account_id: move.whole for move in moves_of(*CASES).accounts}
    assert set(found) == set(rows.index)
    told = pd.DataFrame(
        {
            "nps_account_365d": {name: whole.later.nps for name, whole in found.items()},
            "nps_account_change_180d": {name: whole.change for name, whole in found.items()},
            "nps_drop_probability_180d": {name: whole.fell for name, whole in found.items()},
            "nps_account_half_width_365d": {
                name: (whole.later.interval[1] - whole.later.interval[0]) / 2 if whole.later.interval else NAN
                for name, whole in found.items()
            },
        },
        dtype="float64",
    )
    pd.testing.assert_frame_equal(
        told.loc[rows.index], rows[told.columns], check_exact=True, check_names=False
    )
    assert {whole.claimed for whole in found.values()} == {None}


def test_the_earlier_level_is_the_one_of_a_snapshot_then_where_nothing_came_late(acme: AccountMoves) -> None:
    then = build_snapshot(literal_warehouse(ACME, QUIET), [EARLIER], PARAMS).set_index("account_id")
    assert acme.whole.earlier.nps == then.at["Acme", "nps_account_365d"]


def test_eight_users_who_fall_are_a_drop_and_turned_around_a_rise() -> None:
    contacts = [person(f"C-{n}", "user") for n in range(8)]

    def case(name: str, before: int, after: int) -> Case:
        said = ((before, 300), (after, 20))
        return Case(
            name,
            {"contacts": contacts, "surveys": [answer(f"C-{n}", s, a) for n in range(8) for s, a in said]},
        )

    fell, rose = moves_of(case("fell", 9, 3), case("rose", 3, 9)).accounts
    assert (fell.whole.claimed, rose.whole.claimed) == ("drop", "rise")
    assert fell.whole.fell == rose.whole.rose == 1 - 1 / 2**8
    text = as_text(moves_of(case("fell", 9, 3), account="fell"), "fell")
    assert "The NPS really fell: 100% sure." in text
    assert "  C-7              user            9 → 3  fell" in text


def test_an_account_is_told_in_words_and_as_json(acme: AccountMoves) -> None:
    moves = moves_of(ACME, QUIET, account="Acme")
    text = as_text(moves, "Acme")
    assert "Acme: NPS at 2026-05-04 and 2026-10-31" in text
    assert "user                 5        5   -80" in text
    assert "No move is claimed" in text
    assert "C-3              user            7 → 8  rose, still a passive" in text
    assert "no contact       role unknown    joined with 3" in text
    assert "C-4              user            10 → not heard within a year" in text
    [told] = json.loads(json.dumps(as_dict(moves), allow_nan=False))["accounts"]
    assert told["roles"][0]["later"] == {"asked": 1, "answered": 0, "nps": None, "interval": None}
    assert told["people"][0]["contact_id"] == "C-0"
    assert told["claimed"] is None


def test_a_book_is_told_by_who_most_likely_fell() -> None:
    text = as_text(moves_of(ACME, QUIET), None)
    assert "2 customers, 1 with a role heard at both dates" in text
    assert "C-0 9→4, C-1 9→4, C-2 9→4, and 3 more" in text
    assert text.endswith("One account with its people: vitals nps Acme")


def test_an_account_where_nothing_was_said_is_told_so() -> None:
    text = as_text(moves_of(ACME, QUIET, account="Quiet"), "Quiet")
    assert "Nobody was asked in the year before either date." in text
    assert "Nobody gave another score, joined or left the panel." in text
    assert "No account has anybody who moved down." in as_text(moves_of(QUIET), None)


def test_without_contacts_answers_have_no_role_and_the_people_are_named_all_the_same() -> None:
    book = book_of([ACME])
    del book["contacts"]
    [account] = nps_moves(warehouse_of(book), EARLIER, AS_OF, PARAMS).accounts
    assert account.roles == ()
    assert (account.whole.later.nps, account.whole.fell) == (None, None)
    assert account.people[0] == PersonMove("C-0", None, 9, 4, "fell", True)


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (
            "Acmee",
            "account is 'Acmee'; allowed: one of the 2 customers at 2026-10-31. Next: did you mean 'Acme'?",
        ),
        ("zzz", "Next: did you mean 'Acme' or 'Quiet'?"),
    ],
)
def test_an_unknown_account_is_refused_with_the_nearest(account: str, said: str) -> None:
    with pytest.raises(WrongUse) as refused:
        moves_of(ACME, QUIET, account=account)
    assert said in str(refused.value)


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(WrongUse) as refused:
        moves_of(ACME, earlier=AS_OF)
    assert "--from is '2026-10-31'; allowed: a date before 2026-10-31" in str(refused.value)


def test_a_book_without_surveys_or_customers_is_refused() -> None:
    book = book_of([ACME])
    del book["surveys"]
    with pytest.raises(DataFault, match="no NPS is known"):
        nps_moves(warehouse_of(book), EARLIER, AS_OF, PARAMS)
    long_ago = as_of_date("1990-01-01")
    with pytest.raises(DataFault, match="no account is in the cohort"):
        nps_moves(literal_warehouse(ACME), long_ago - pd.Timedelta(days=9), long_ago, PARAMS)


def test_who_answered_before_any_role_was_known_is_told_and_is_not_nobody() -> None:
    early = [person("C-1", "user", valid_from=at(5)), person("C-2", "user", valid_from=at(5))]
    case = Case("Early", {"contacts": early, "surveys": [answer("C-1", 9, 20), answer("C-2", 3, 250)]})
    moves = moves_of(case, account="Early")
    assert moves.accounts[0].of_no_role == 2
    assert "2 answered, of no known role then: they count for no NPS" in as_text(moves, "Early")
    assert "Nobody was asked" not in as_text(moves, "Early")
    assert as_dict(moves)["accounts"][0]["of_no_role"] == 2

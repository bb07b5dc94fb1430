"""Each source shows the latents through its own keyhole: late, partly, and with gaps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from training.simulation.customers import Customers
from training.simulation.latents import Latent
from training.simulation.params import LEAD
from training.simulation.people import draw_people
from training.simulation.sentences import THEMES, say, stock
from training.simulation.world import World

Read = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="module")
def relational(read: Read) -> pd.DataFrame:
    roles = read("contacts").drop_duplicates("contact_id").set_index("contact_id").role
    surveys = read("surveys")
    return surveys[surveys.touchpoint == "relational"].assign(role=lambda rows: rows.contact_id.map(roles))


def test_decision_makers_answer_more_rarely_than_users(relational: pd.DataFrame) -> None:
    answers = relational.responded_at.notna().groupby(relational.role).mean()
    assert 0.22 < answers["decision_maker"] < 0.38 < answers["user"]


def test_an_unhappy_decision_maker_is_silent_more_often(relational: pd.DataFrame, small_world: World) -> None:
    asked = relational[relational.role == "decision_maker"]
    position = {name: i for i, name in enumerate(small_world.customers.ids)}
    month = small_world.month_of(asked.sent_at.dt.tz_localize(None).to_numpy().astype("datetime64[s]"))
    goodwill = small_world.latents.states[
        month, [position[a] for a in asked.account_id], Latent.DECISION_MAKER_GOODWILL
    ]
    answered = asked.responded_at.notna().to_numpy()
    assert goodwill[answered].mean() > goodwill[~answered].mean() + 0.3


def test_some_accounts_are_never_asked_and_some_never_tracked(read: Read, small_world: World) -> None:
    customers: Customers = small_world.customers
    assert not set(read("surveys").account_id) & set(customers.ids[~customers.surveyed])
    assert not set(read("usage").account_id) & set(customers.ids[~customers.tracked])
    assert 0 < (~customers.surveyed).sum() < 40


@pytest.mark.parametrize(
    ("table", "happens", "least", "most"),
    [
        ("usage", "occurred_at", 0.01, 0.03),
        ("surveys", "sent_at", 0.01, 0.08),
        ("invoices", "issued_at", 0.01, 0.06),
        ("notes", "happened_at", 1.0, 1.0),
        ("churns", "churned_at", 1.0, 1.0),
    ],
)
def test_a_share_of_the_facts_arrives_late(
    table: str, happens: str, least: float, most: float, read: Read
) -> None:
    rows = read(table)
    late = rows.recorded_at > rows[happens]
    assert least <= late.mean() <= most
    assert late.equals(rows.recorded_at.notna())


def test_a_sponsor_who_left_is_entered_late_or_never(small_world: World) -> None:
    people = draw_people(small_world)
    gone = people.is_key & ~np.isnat(people.left_at)
    entered = ~np.isnat(people.valid_to[gone])
    assert 0.4 < entered.mean() < 0.9
    assert (people.valid_to[gone][entered] > people.left_at[gone][entered]).all()


def test_every_account_has_a_contact_in_every_role(read: Read) -> None:
    roles = read("contacts").groupby("account_id").role.nunique()
    assert (roles == 5).all()
    assert len(roles) == 150


def test_forecasts_come_at_least_sixty_days_before_the_renewal_and_mean_something(read: Read) -> None:
    renewals = read("renewals")
    forecasts = renewals[renewals.status.isin(["at_risk", "committed"])]
    endings = renewals[renewals.status.isin(["renewed", "churned"])].set_index("contract_id").status
    assert (forecasts.renewal_at - forecasts.changed_at >= pd.Timedelta(days=60)).all()
    churned = forecasts.contract_id.map(endings).eq("churned").groupby(forecasts.status).mean()
    assert churned["at_risk"] > churned["committed"]


def test_the_last_status_of_a_contract_agrees_with_the_losses(read: Read) -> None:
    renewals, churns = read("renewals"), read("churns")
    left = renewals[renewals.status == "churned"].set_index("account_id").changed_at.sort_index()
    known = churns[churns.kind == "full"].set_index("account_id").churned_at.sort_index()
    assert known.equals(left.loc[known.index].rename("churned_at"))
    assert len(left) - len(known) <= 3  # not yet entered by the end of the book


def test_use_is_a_hint_and_no_giveaway_before_an_account_leaves(read: Read) -> None:
    usage, churns = read("usage"), read("churns")
    left = churns[churns.kind == "full"].set_index("account_id").churned_at
    left = left[left > usage.occurred_at.min() + pd.Timedelta(days=300)]
    before = (usage.account_id.map(left) - usage.occurred_at).dt.days // 30
    rows = usage.groupby([usage.account_id, before]).size().unstack(fill_value=0)
    change = rows[0] / rows[[4, 5, 6, 7, 8, 9]].mean(axis=1)
    assert len(change) > 10
    assert 0.5 < change.median() < 1.1


def test_seats_shrink_where_headcount_does(read: Read, small_world: World) -> None:
    seats = read("subscriptions").sort_values("changed_at").groupby("account_id").seats
    change = (seats.last() / seats.first()).reindex(small_world.customers.ids).to_numpy()
    headcount = small_world.latents.states[LEAD:, :, Latent.HEADCOUNT].mean(axis=0)
    assert np.corrcoef(np.log(change), headcount)[0, 1] > 0.3


def test_invoices_are_paid_later_under_stress(read: Read, small_world: World) -> None:
    invoices = read("invoices").dropna(subset="paid_at")
    late = (invoices.paid_at - invoices.due_at).dt.days.groupby(invoices.account_id).mean()
    stress = pd.Series(
        small_world.latents.states[LEAD:, :, Latent.PAYMENT_STRESS].mean(axis=0), small_world.customers.ids
    )
    assert np.corrcoef(late, stress.loc[late.index])[0, 1] > 0.5


def test_the_loud_theme_is_written_more_often_than_all_graver_suggestions(read: Read) -> None:
    tickets = read("tickets")
    dark_mode = {text for texts in stock()["tickets"]["dark_mode"].values() for text in texts}
    loud = tickets[tickets.text.isin(dark_mode)]
    assert len(loud) > 0.1 * len(tickets)
    assert set(loud.kind) == {"suggestion"}


def test_comments_are_hostile_now_and_then_and_in_both_languages(read: Read) -> None:
    comments = read("surveys").comment.dropna()
    assert comments.isin(stock()["hostile"]).any()
    assert comments.str.contains("[一-龥]").mean() > 0.2
    assert comments.str.contains("[A-Za-z]{4}").mean() > 0.2


@pytest.mark.parametrize("theme", THEMES)
def test_each_theme_has_at_least_eight_sentences_in_each_language(theme: str) -> None:
    sentences = stock()["themes"][theme]
    assert set(sentences) == {"en", "zh", "mixed"}
    assert min(len(set(sentences["en"])), len(set(sentences["zh"]))) >= 8


def test_a_sentence_is_in_the_language_of_its_account() -> None:
    subject = {"en": ["Fine."], "zh": ["好。"], "mixed": ["很 fine。"]}
    rng, chinese = np.random.default_rng(0), np.array([True, False, True])
    assert list(say(rng, subject, chinese)) == ["好。", "Fine.", "好。"]
    assert list(say(rng, subject, chinese, mixed=1.0)) == ["很 fine。"] * 3


def test_the_stock_holds_all_the_subjects_that_are_spoken_of() -> None:
    assert set(stock()["themes"]) == set(THEMES)
    assert set(stock()["tickets"]) == {"bug", "question", "suggestion", "incident", "dark_mode"}


def test_nobody_answers_after_leaving_the_company_or_the_book(read: Read, small_world: World) -> None:
    people = draw_people(small_world)
    gone = pd.Series(people.left_at, people.ids).dt.tz_localize("UTC")
    left = pd.Series(small_world.outcomes.churned_at, small_world.customers.ids).dt.tz_localize("UTC")
    surveys = read("surveys")
    asked_too_late = surveys.sent_at > surveys.contact_id.map(gone)
    assert asked_too_late.any()  # the list still names them
    assert surveys[asked_too_late].responded_at.isna().all()
    assert not (surveys.responded_at >= surveys.account_id.map(left)).any()

"""Who would have been red in time: by hand, and against a second implementation that loops."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from features.time_windows import as_of_date
from training.backtest_words import in_words
from training.band_backtest import LEADS, Backtest, replayed

DATES = [as_of_date(f"2026-0{month}-01") for month in (1, 2, 3, 4)]
BANDS = ("green", "yellow", "red")


def rows(bands: dict[str, str], mrr: float | None = 100.0) -> pd.DataFrame:
    """`bands` gives an account's band on each date by its first letter, `-` where it is no customer."""
    found = [
        {"account_id": name, "as_of": date, "mrr": mrr, "before": band, "after": band}
        for name, letters in bands.items()
        for date, letter in zip(DATES, letters, strict=True)
        for band in BANDS
        if band[0] == letter
    ]
    table = pd.DataFrame(found).astype({"mrr": "float64"})
    return table.sort_values(["as_of", "account_id"], ignore_index=True)


def churns(*left: tuple[str, str]) -> pd.DataFrame:
    at = pd.to_datetime([day for _, day in left], utc=True).astype("datetime64[us, UTC]")
    return pd.DataFrame({"account_id": [name for name, _ in left], "at": at})


def replay(bands: dict[str, str], *left: tuple[str, str], mrr: float | None = 100.0) -> Backtest:
    return replayed(rows(bands, mrr), churns(*left), DATES, resamples=50, seed=1)


def seen(found: Backtest) -> dict[int, tuple[str, str]]:
    listed = found.churners
    return {row.days: (row.as_of, row.before) for row in listed.itertuples()}


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        (
            "2026-05-20",
            {30: ("2026-04-01", "red"), 60: ("2026-03-01", "yellow"), 90: ("2026-02-01", "green")},
        ),
        # exactly 60 days before 2026-04-30 is 2026-03-01: that date is in time
        (
            "2026-04-30",
            {30: ("2026-03-01", "yellow"), 60: ("2026-03-01", "yellow"), 90: ("2026-01-01", "green")},
        ),
        # a moment sooner it is not
        (
            "2026-04-29 23:59:59",
            {30: ("2026-03-01", "yellow"), 60: ("2026-02-01", "green"), 90: ("2026-01-01", "green")},
        ),
        # 30 days before 2026-06-05 is in May, which is not replayed
        ("2026-06-05", {60: ("2026-04-01", "red"), 90: ("2026-03-01", "yellow")}),
    ],
)
def test_a_churner_is_looked_up_on_the_last_month_start_that_is_early_enough(
    left: str, wanted: dict[int, tuple[str, str]]
) -> None:
    assert seen(replay({"A": "ggyr", "B": "gggg"}, ("A", left))) == wanted


def test_shares_count_the_churners_and_their_revenue() -> None:
    found = replay({"A": "gggr", "B": "gggy", "C": "gggg", "D": "rrrr"}, *((n, "2026-05-15") for n in "ABC"))
    lead = found.leads[0]
    assert (lead.days, lead.churners, lead.absent, lead.mrr) == (30, 3, 0, 300.0)
    assert lead.red.before.value == lead.red_mrr.before.value == pytest.approx(1 / 3)
    assert lead.below_green.before.value == pytest.approx(2 / 3)


def test_who_was_no_customer_yet_is_counted_apart() -> None:
    found = replay({"A": "---r", "B": "gggg"}, ("A", "2026-05-15"))
    assert [(lead.churners, lead.absent) for lead in found.leads] == [(1, 0), (0, 1), (0, 1)]
    assert found.leads[1].red.before.value is None
    assert "1 more churned, but were no customers yet 60 days ahead." in in_words(found)


def test_an_alert_is_the_turn_to_red_and_not_the_being_red() -> None:
    found = replay({"A": "rrrr", "B": "grrg", "C": "gr-r", "D": "gyyr"})
    assert found.alerts.before.value == pytest.approx((0 + 1 + 2 + 1) / 3)
    assert found.red.before.value == pytest.approx((4 + 2 + 2 + 1) / 4)


@pytest.mark.parametrize(
    ("left", "followed"), [("2026-06-29", 1.0), ("2026-06-30", 0.0), ("2026-03-31", 0.0)]
)
def test_an_alert_was_right_if_the_account_left_within_90_days(left: str, followed: float) -> None:
    """The alert is of 2026-04-01; its 90 days end at the midnight that begins 2026-06-30."""
    assert replay({"A": "gggr", "B": "gggg"}, ("A", left)).followed.before.value == followed


def test_an_unknown_revenue_counts_nothing() -> None:
    lead = replay({"A": "gggr", "B": "gggg"}, ("A", "2026-05-15"), mrr=None).leads[0]
    assert (lead.mrr, lead.red.before.value, lead.red_mrr.before.value) == (0.0, 1.0, None)


def test_one_date_alone_has_no_alerts() -> None:
    only = rows({"A": "rrrr", "B": "gggg"})
    found = replayed(only[only["as_of"] == DATES[0]], churns(("A", "2026-02-10")), DATES[:1], 50, 1)
    assert found.alerts.before.value is None
    assert "One date alone has no month before it, and so no alerts." in in_words(found)


@pytest.fixture(scope="module")
def random_past() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(4)
    names = [f"A-{n}" for n in range(60)]
    table = pd.DataFrame([(name, date) for date in DATES for name in names], columns=["account_id", "as_of"])
    table = table[rng.random(len(table)) < 0.85].reset_index(drop=True)
    drawn = {side: rng.choice(BANDS, len(table)) for side in ("before", "after")}
    table = table.assign(mrr=rng.integers(1, 900, len(table)).astype(float), **drawn)
    left = [(n, f"{DATES[0] + pd.Timedelta(days=int(rng.integers(0, 240))):%Y-%m-%d}") for n in names[::2]]
    return table, churns(*left)


@pytest.mark.parametrize("side", ["before", "after"])
def test_it_agrees_with_a_second_implementation_that_loops(
    random_past: tuple[pd.DataFrame, pd.DataFrame], side: str
) -> None:
    table, left = random_past
    found = replayed(table, left, DATES, 50, 1)
    band = {(r.account_id, r.as_of): getattr(r, side) for r in table.itertuples()}
    for lead in found.leads:
        looked = []
        for name, at in left.itertuples(index=False):
            earlier = [date for date in DATES if date <= at - pd.Timedelta(days=lead.days)]
            if earlier and at - pd.Timedelta(days=lead.days) < earlier[-1] + pd.offsets.MonthBegin():
                looked.append(band.get((name, earlier[-1])))
        there = [one for one in looked if one is not None]
        assert (lead.churners, lead.absent) == (len(there), len(looked) - len(there))
        assert getattr(lead.red, side).value == pytest.approx(there.count("red") / len(there))
        assert getattr(lead.below_green, side).value == pytest.approx(1 - there.count("green") / len(there))
    alerts = [
        (name, date)
        for before, date in pairwise(DATES)
        for name in {key for key, _ in band}
        if band.get((name, date)) == "red" != band.get((name, before))
    ]
    gone = dict(left.itertuples(index=False))
    right = [d <= gone[n] < d + pd.Timedelta(days=max(LEADS)) for n, d in alerts if n in gone]
    assert getattr(found.alerts, side).value == pytest.approx(len(alerts) / 3)
    assert getattr(found.followed, side).value == pytest.approx(sum(right) / len(alerts))


def test_the_order_of_the_rows_does_not_matter(random_past: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, left = random_past
    mixed = table.sample(frac=1, random_state=3), left.sample(frac=1, random_state=4)
    one, two = (json.dumps(replayed(t, c, DATES, 50, 1).as_dict()) for t, c in (random_past, mixed))
    assert one == two


def test_the_same_side_twice_has_no_difference(random_past: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    table, left = random_past
    found = replayed(table.assign(after=table["before"]), left, DATES, 50, 1)
    assert (found.alerts.difference.value, found.alerts.more) == (0.0, 0.5)
    assert found.leads[0].red.difference.low == found.leads[0].red.difference.high == 0.0

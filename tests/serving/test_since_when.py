"""Since when a value has been on its side of what is typical: told from kept snapshots, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import load_catalog
from features.params import Windows
from serving.api.payloads import Driver
from serving.history.store import ScoreStore
from serving.scores.past_features import features_before
from serving.scores.rule_scorer import RuleScorer
from serving.scores.since_when import PastFeatures, Since, since_when
from serving.wording.driver_words import driver_sentence
from tests.serving.changing_accounts import RULE, features, published
from training.typical_values import TypicalValues

BY_NAME = {feature.name: feature for feature in load_catalog(Windows())}
SEATS = "seat_utilisation_30d"
DATES = [f"2026-{month:02}-01T00:00:00Z" for month in range(9, 0, -1)]
TODAY = "2026-10-01T00:00:00Z"
USUAL = TypicalValues({SEATS: 0.5})
A_VALUE = st.sampled_from([0.2, 0.5, 0.8, np.nan])
A_DATE = A_VALUE | st.none()  # None: the account was not scored then


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ScoreStore]:
    made = ScoreStore(f"sqlite:///{tmp_path / 'vitals.db'}")
    made.prepare()
    yield made
    made.close()


def past_of(values: list[float | None]) -> list[PastFeatures]:
    """One account's values, newest date first."""
    return [
        PastFeatures(
            date,
            [] if v is None else ["A-1"],
            [SEATS],
            np.array([[v]] if v is not None else []).reshape(-1, 1),
        )
        for date, v in zip(DATES, values, strict=False)
    ]


def told(now: float, values: list[float | None]) -> Since | None:
    rows = pd.DataFrame({"account_id": ["A-0", "A-1"], SEATS: [0.1, now]})
    return since_when(rows, [SEATS], USUAL, TODAY, past_of(values)).of(1, SEATS)


def side(value: float) -> str | None:
    if np.isnan(value):
        return "missing"
    return None if value == 0.5 else "above" if value > 0.5 else "below"


def by_hand(now: float, values: list[float | None]) -> Since | None:
    """The same once more, one date after the other."""
    if side(now) is None or not values or values[0] is None:
        return None
    since = TODAY
    for date, value in zip(DATES, values, strict=False):
        if value is None:
            return Since(since, True)
        if side(value) != side(now):
            return Since(since, False)
        since = date
    return Since(since, True)


@settings(deadline=None, max_examples=300)
@given(A_VALUE, st.lists(A_DATE, max_size=9))
def test_it_is_the_first_of_the_consecutive_dates_on_this_side(
    now: float, values: list[float | None]
) -> None:
    assert told(now, values) == by_hand(now, values)


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (0.2, [], None),  # one snapshot alone
        (0.2, [None, 0.2], None),  # it was not scored at the date before
        (0.5, [0.2, 0.2], None),  # as is typical
        (0.2, [0.8], Since(TODAY, False)),
        (0.2, [0.3, 0.4, 0.8, 0.2], Since("2026-08-01T00:00:00Z", False)),
        (0.2, [0.3, 0.4], Since("2026-08-01T00:00:00Z", True)),
        (np.nan, [np.nan, 0.2], Since("2026-09-01T00:00:00Z", False)),
        (0.2, [np.nan], Since(TODAY, False)),
    ],
)
def test_a_past_and_what_is_told_of_it(
    now: float, before: list[float | None], expected: Since | None
) -> None:
    assert told(now, before) == expected


def test_what_is_typical_of_the_own_segment_decides_the_side() -> None:
    rows = pd.DataFrame({"account_id": ["A-1"], "segment": ["smb"], SEATS: [0.6]})
    usual = TypicalValues({SEATS: 0.5}, {"smb": {SEATS: 0.7}})
    found = since_when(rows, [SEATS], usual, TODAY, past_of([0.65, 0.75]))
    assert found.of(0, SEATS) == Since("2026-09-01T00:00:00Z", False)
    assert found.of(0, "mrr") is None


def test_the_past_is_read_no_farther_than_any_value_stayed() -> None:
    def past() -> Iterator[PastFeatures]:
        yield from past_of([0.8])
        pytest.fail("it was read on")

    rows = pd.DataFrame({"account_id": ["A-1"], SEATS: [0.2]})
    assert since_when(rows, [SEATS], USUAL, TODAY, past()).of(0, SEATS) == Since(TODAY, False)


def test_of_each_date_what_was_published_last_and_only_with_its_features_counts(store: ScoreStore) -> None:
    published(store, features(seat_utilisation_30d=0.1), "2026-07-31")
    published(store, features(seat_utilisation_30d=0.9), "2026-08-31")
    published(store, features(seat_utilisation_30d=0.2), "2026-08-31")  # corrected
    published(store, features(seat_utilisation_30d=0.9), "2026-09-15", inputs=False)
    published(store, features(seat_utilisation_30d=0.3), "2026-10-31")
    past = list(features_before(store, "2026-10-31T00:00:00Z"))
    assert [then.as_of[:10] for then in past] == ["2026-08-31", "2026-07-31"]
    values = [then.of(pd.Series(["A-000002", "A-9"]), [SEATS])[0].ravel().tolist() for then in past]
    assert [v[0] for v in values] == [0.2, 0.1]
    assert np.isnan([v[1] for v in values]).all()


def test_a_payload_tells_it_in_health_and_rule_alike_and_in_words(store: ScoreStore) -> None:
    published(store, features(seat_utilisation_30d=0.9), "2026-07-31")
    published(store, features(seat_utilisation_30d=0.2), "2026-08-31")
    rows, names = features(seat_utilisation_30d=0.1), list(BY_NAME)
    scorer = RuleScorer(RULE, Windows(), typical=USUAL)
    past = features_before(store, "2026-10-31T00:00:00Z")
    since = since_when(rows, names, USUAL, "2026-10-31T00:00:00Z", past)
    payload = scorer.score(rows, top=100, since=since)[0]
    for drivers in (payload["drivers"], payload["rule"]["drivers"]):
        one = next(driver for driver in drivers if driver["feature"] == SEATS)
        assert Driver.model_validate(one).since == "2026-08-31T00:00:00Z"
        assert one["text"]["en"].endswith("; worse than typical since 2026-08-31")
        assert one["text"]["zh"].endswith(";劣于典型值(自2026-08-31起)")
    stateless = scorer.score(rows, top=100)[0]
    assert {driver["since"] for driver in stateless["drivers"]} == {None}


@pytest.mark.parametrize(
    ("name", "value", "typical", "points", "en", "zh"),
    [
        (
            SEATS,
            0.9,
            0.5,
            -1,
            "; though better than typical since 2026-08-31 or before, it counts",
            "虽优于典型值(自2026-08-31或更早起),",
        ),
        (
            "no_tickets_90d",
            1.0,
            0.0,
            -1,
            "; more than typical since 2026-08-31 or before; it counts",
            ";高于典型值(自2026-08-31或更早起);",
        ),
        (
            "nps_decision_maker_365d",
            np.nan,
            20.0,
            -1,
            "; so since 2026-08-31 or before; it counts",
            "(自2026-08-31或更早起);在此减分",
        ),
    ],
)
def test_every_kind_of_sentence_has_its_place_for_it(
    name: str, value: float, typical: float, points: float, en: str, zh: str
) -> None:
    since = Since("2026-08-31T00:00:00Z", True)
    for language, said in (("en", en), ("zh", zh)):
        assert said in driver_sentence(BY_NAME[name], value, typical, "segment", points, language, since)  # type: ignore[arg-type]


def test_the_rule_says_what_is_typical_of_the_accounts_it_is_told_by() -> None:
    rows = features(tuple(f"A-{n}" for n in range(12))).assign(segment="smb")
    rows[SEATS] = np.linspace(0, 1, 12)
    told_by_them, of_none = (
        s.score(rows, top=100)[0]
        for s in (RuleScorer(RULE, Windows()).told_by(rows), RuleScorer(RULE, Windows()))
    )
    one, other = (next(d for d in p["drivers"] if d["feature"] == SEATS) for p in (told_by_them, of_none))
    assert (one["typical"], one["typical_of"]) == (0.5, "segment")
    assert "typical of its segment: 50%); worse than typical" in one["text"]["en"]
    assert (other["typical"], other["typical_of"]) == (None, None)
    assert one["points"] == other["points"]

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import Feature, load_catalog
from features.params import Windows
from serving.wording.words import LANGUAGES, sentence, written

CATALOG = load_catalog(Windows())
BY_NAME = {feature.name: feature for feature in CATALOG}
ANY_FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("feature", CATALOG, ids=lambda feature: feature.name)
def test_every_sentence_of_the_catalogue_is_filled_in(feature: Feature, language: str) -> None:
    for value in (0.3, 0.0, -2.0, math.nan):
        for typical in (0.7, None, math.nan):
            said = sentence(feature, value, typical, language)  # type: ignore[arg-type]
            assert said
            assert not set("{}<>") & set(said)
            assert "nan" not in said.lower().replace("finance", "").replace("financial", "")
            mentions_typical = "typical" in said or "典型值" in said
            assert mentions_typical == (typical == 0.7 and value == value)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(CATALOG), ANY_FINITE, ANY_FINITE | st.none(), st.sampled_from(LANGUAGES))
def test_no_value_however_absurd_breaks_a_sentence(
    feature: Feature, value: float, typical: float | None, language: str
) -> None:
    said = sentence(feature, value, typical, language)  # type: ignore[arg-type]
    assert len(said) < 200


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("seat_utilisation_30d", 0.625, "62%", "62%"),
        ("seats_change_180d", -0.25, "-25%", "-25%"),
        ("seats_change_180d", -0.001, "+0%", "+0%"),
        ("days_since_last_use", 1.0, "1 day", "1天"),
        ("days_since_last_use", 2.5, "2.5 days", "2.5天"),
        ("ticket_volume_vs_history", 1.0, "2.0 times", "2.0倍"),
        ("ticket_volume_vs_history", 5000.0, "1.07e+301 times", "1.07e+301倍"),
        ("no_tickets_90d", 1.0, "yes", "是"),
        ("no_tickets_90d", 0.0, "no", "否"),
        ("mrr", 12345.6, "12,346", "12,346"),
        ("nps_account_365d", 48.2, "+48", "+48"),
        ("nps_account_half_width_365d", 48.2, "48", "48"),
        ("seats", 12.0, "12", "12"),
        ("seats", 1e300, "1e+300", "1e+300"),
        ("note_tone_180d", -0.004, "0.00", "0.00"),
    ],
)
def test_a_value_is_written_with_its_unit(name: str, value: float, english: str, chinese: str) -> None:
    assert written(BY_NAME[name], value, "en") == english
    assert written(BY_NAME[name], value, "zh") == chinese


def test_a_missing_value_says_what_is_not_known_and_why() -> None:
    feature = BY_NAME["nps_decision_maker_365d"]
    assert (
        sentence(feature, math.nan, 20.0, "en") == "Decision maker NPS unknown: nobody of the role answered"
    )
    assert sentence(feature, math.nan, 20.0, "zh") == "决策者NPS未知:该角色无人作答"


def test_where_nothing_is_typical_the_sentence_ends_earlier() -> None:
    feature = BY_NAME["seats"]
    assert sentence(feature, 10.0, 20.0, "en") == "The contract has 10 seats (typical: 20)"
    assert sentence(feature, 10.0, None, "en") == "The contract has 10 seats"
    assert sentence(feature, 10.0, None, "zh") == "合同席位数为10"

"""The catalogue against what the families give, and against its own promises."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from features.book import open_book
from features.catalog import Feature, load_catalog
from features.cohort import KEYS, cohort
from features.conflict import conflict
from features.params import PILLARS, CheckParams, FeatureParams, Windows
from features.snapshot import SOURCES, build_snapshot
from features.source_tables import ROLES
from features.time_windows import as_of_date
from tests.features.literal_book import AS_OF, PARAMS, Case, literal_warehouse

CATALOG = load_catalog(Windows())
NAMES = [feature.name for feature in CATALOG]
LENGTHS = Windows.model_validate({"month": "28d", "quarter": "84d", "half_year": "182d", "year": "364d"})
OTHER_LENGTHS = FeatureParams(windows=LENGTHS, sticky_features=PARAMS.sticky_features)

each_feature = pytest.mark.parametrize("feature", CATALOG, ids=NAMES)


def produced(params: FeatureParams) -> list[str]:
    """The features of every family, as the families name them."""
    source = literal_warehouse(Case("A", {}))
    who = cohort(source, [AS_OF])
    read = [name for each in SOURCES for name in each.read(source, who, params).columns if name not in KEYS]
    rows = pd.DataFrame(columns=read, dtype="float64")
    return [*read, *conflict(rows, params).columns]


@pytest.mark.parametrize("params", [PARAMS, OTHER_LENGTHS], ids=["default lengths", "other lengths"])
def test_the_families_give_what_the_catalogue_names_and_nothing_else(params: FeatureParams) -> None:
    named = Counter(f.name for f in load_catalog(params.windows) if not f.learned)
    assert Counter(produced(params)) == named


def test_the_catalogue_is_in_the_order_of_the_pillars_and_names_nothing_twice() -> None:
    assert list(dict.fromkeys(feature.pillar for feature in CATALOG)) == list(PILLARS)
    assert len(set(NAMES)) == len(NAMES)


def test_other_lengths_rename_features_and_their_sentences() -> None:
    renamed = {f.name: f for f in load_catalog(LENGTHS)}
    assert "active_users_28d" in renamed
    assert "active_users_30d" not in renamed
    assert "28 days" in renamed["active_users_28d"].text.en
    assert "28天" in renamed["active_users_28d"].text.zh
    left = [name for name in renamed if name.endswith(("_30d", "_90d", "_180d", "_365d"))]
    assert left == []


def test_the_snapshot_follows_other_lengths() -> None:
    usage = [{"occurred_at": AS_OF - pd.Timedelta(days=age)} for age in (28, 29)]
    rows = build_snapshot(literal_warehouse(Case("A", {"usage": usage})), [AS_OF], OTHER_LENGTHS)
    assert list(rows.columns[2:]) == [f.name for f in load_catalog(LENGTHS)]
    assert rows.at[0, "active_days_28d"] == 1


@each_feature
def test_every_feature_speaks_both_languages(feature: Feature) -> None:
    for words in (feature.title, feature.text, feature.missing):
        assert words.en.strip()
        assert words.en.isascii() or "−" in words.en
        assert any("\u4e00" <= sign <= "\u9fff" or sign in "NPS" for sign in words.zh)
        assert "<" not in words.en + words.zh  # a window that was not filled in


@each_feature
def test_every_driver_sentence_has_a_place_for_the_value_and_the_typical_one(feature: Feature) -> None:
    for sentence in (feature.text.en, feature.text.zh):
        assert sentence.count("{value}") == sentence.count("{typical}") == 1
        assert "{" not in sentence.format(value="1", typical="2")


@each_feature
def test_a_feature_of_a_role_says_so(feature: Feature) -> None:
    named = [role for role in ROLES if feature.name.startswith((f"nps_{role}_", f"response_rate_{role}_"))]
    if feature.name.startswith(
        ("decision_maker_", "days_since_decision_maker", "questions_to_decision_maker")
    ):
        named = ["decision_maker"]
    assert feature.role == (named[0] if named else None)


@each_feature
def test_better_falls_and_worse_rises_in_churn(feature: Feature) -> None:
    assert feature.monotone_in_churn == {"better": -1, "worse": 1, "not_monotone": 0}[feature.direction]


def test_volume_of_tickets_is_free_and_nothing_else_of_the_help_desk_is() -> None:
    free = {f.name for f in CATALOG if f.pillar == "service" and f.monotone_in_churn == 0}
    assert free == {"tickets_90d", "no_tickets_90d", "ticket_volume_vs_history"}


def test_every_value_of_a_simulated_book_lies_in_its_range(small_book: Path) -> None:
    dates = [as_of_date(date) for date in ("2025-06-01", "2026-03-01", "2026-11-01")]
    rows = build_snapshot(open_book(small_book, CheckParams()).source, dates, PARAMS)
    outside = {
        f.name: (rows[f.name].min(), rows[f.name].max())
        for f in CATALOG
        if (f.range[0] is not None and rows[f.name].min() < f.range[0])
        or (f.range[1] is not None and rows[f.name].max() > f.range[1])
    }
    assert outside == {}
    assert rows.columns[rows.isna().all()].tolist() == [f.name for f in CATALOG if f.learned]


ENTRY: dict[str, Any] = {
    "name": "calls",
    "family": "login",
    "pillar": "usage",
    "unit": "count",
    "range": [0, None],
    "direction": "better",
    "actionable": True,
    "missing": {"en": "none", "zh": "无"},
    "title": {"en": "Calls", "zh": "通话"},
    "text": {"en": "{value} ({typical})", "zh": "{value}({typical})"},
}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"text": {"en": "{value}"}}, "text.zh", "Field required"),
        ({"unit": "furlong"}, "unit", "Input should be 'share'"),
        ({"direction": "up"}, "direction", "Input should be 'better', 'worse' or 'not_monotone'"),
        ({"pillar": "luck"}, "pillar", "Input should be 'usage', 'voice', 'commercial' or 'service'"),
        ({"range": [0]}, "range.1", "Field required"),
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(change: dict[str, Any], field: str, said: str) -> None:
    assert Feature(**ENTRY).name == "calls"
    with pytest.raises(ValidationError) as refused:
        Feature(**{**ENTRY, **change})
    (error,) = refused.value.errors()
    assert ".".join(map(str, error["loc"])) == field
    assert error["msg"].startswith(said)

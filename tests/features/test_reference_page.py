"""The feature reference says what the catalogue says, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.catalog import load_catalog
from features.faults import WrongUse
from features.params import Windows
from features.reference_page import as_lines, features_like, reference_page

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
CATALOG = load_catalog(Windows())


def test_the_page_is_the_catalogue() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == reference_page(CATALOG), "write it anew: vitals catalog --page docs/features.md"


def test_the_page_names_every_feature_twice_with_its_meaning_and_its_words() -> None:
    rows = [line for line in reference_page(CATALOG).splitlines() if line.startswith("| `")]
    assert sorted(row.split("`")[1] for row in rows) == sorted(2 * [feature.name for feature in CATALOG])
    assert all(row.count(" | ") == 4 for row in rows)


def test_a_change_of_the_catalogue_changes_the_page() -> None:
    first, *others = CATALOG
    for change in ({"unit": "days"}, {"range": (None, 3.0)}, {"direction": "worse"}, {"actionable": False}):
        assert reference_page([first.model_copy(update=change), *others]) != reference_page(CATALOG)


def test_features_are_found_by_name_family_and_title_in_both_languages() -> None:
    assert [f.name for f in features_like(CATALOG, "seat_utilisation_30d")] == ["seat_utilisation_30d"]
    assert {f.family for f in features_like(CATALOG, "Overdue")} == {"payment"}
    assert features_like(CATALOG, "决策者NPS")[0].name == "nps_decision_maker_365d"
    assert features_like(CATALOG, "") == list(CATALOG)


def test_a_feature_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(WrongUse, match="did you mean 'open_tickets'"):
        features_like(CATALOG, "opentickets")


def test_a_line_for_the_terminal_has_both_titles() -> None:
    assert as_lines(features_like(CATALOG, "open_tickets")).split() == [
        *("open_tickets", "more", "is", "worse", "Open", "tickets", "·", "未解决工单")
    ]

"""A feature tells of one planted family at most, and none of the table has gone from the catalogue."""

from __future__ import annotations

import pytest

from features.catalog import load_catalog
from features.params import Windows
from training.audit.planted_families import PLANTED, family_index, noise_index, planted_family
from training.simulation.truth import FAMILIES
from training.simulation.truth_files import NOISE

CATALOG = load_catalog(Windows())
NAMES = [feature.name for feature in CATALOG]


def test_the_families_are_those_of_the_simulator() -> None:
    assert set(PLANTED) == set(FAMILIES)


@pytest.mark.parametrize("begins", [begin for begins in PLANTED.values() for begin in begins])
def test_every_beginning_names_a_feature(begins: str) -> None:
    assert any(name.startswith(begins) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_no_feature_is_claimed_by_two_families(name: str) -> None:
    assert sum(name.startswith(begins) for begins in PLANTED.values()) <= 1


def test_pure_noise_is_what_the_simulator_says_it_is() -> None:
    assert [NAMES[i] for i in noise_index(CATALOG, NOISE)] == [
        "nps_it_manager_365d",
        "nps_finance_365d",
        "ces_renewal_completed_365d",
        "csat_training_365d",
        "note_missing_capability_180d",
        "ticket_missing_capability_180d",
    ]


def test_pure_noise_tells_of_no_family() -> None:
    assert {planted_family(NAMES[i]) for i in noise_index(CATALOG, NOISE)} == {None}


def test_a_family_that_the_book_did_not_plant_is_none() -> None:
    place = family_index(CATALOG, ["payment"])
    assert {NAMES[i] for i in range(len(NAMES)) if place[i] == 0} >= {"overdue_invoices"}
    assert set(place.tolist()) == {-1, 0}

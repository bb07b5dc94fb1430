"""Damaged bundles are refused, whatever guard is taken away, and never end the process.

`make mutate` tries 100,000 (`benchmarks/mutated_bundles.py`).
"""

from __future__ import annotations

import pytest

from tests.training.bundle_mutations import GUARDS, MUTATIONS, Tried, Workbench
from tests.training.small_model import small_model

TRIES = 1_440
SEED = 20261127


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list[Tried]:
    bench = Workbench(small_model(), tmp_path_factory.mktemp("mutated"))
    return [bench.tried(number, SEED) for number in range(TRIES)]


@pytest.mark.parametrize("guard", GUARDS[:2])
def test_no_damaged_bundle_is_accepted_even_where_it_is_signed_again(tried: list[Tried], guard: str) -> None:
    outcomes = {one.outcome for one in tried if one.guard == guard}
    assert outcomes <= {"refused", "identical"}
    assert sum(one.outcome == "refused" for one in tried if one.guard == guard) > TRIES / 4


def test_every_kind_of_damage_was_tried_under_every_guard(tried: list[Tried]) -> None:
    seen = {(one.mutation, one.guard) for one in tried}
    assert seen == {(mutation.__name__, guard) for mutation in MUTATIONS for guard in GUARDS}


def test_without_signature_and_digest_structure_and_golden_rows_still_refuse_most(tried: list[Tried]) -> None:
    vouched = [one for one in tried if one.guard == "vouched" and one.outcome != "identical"]
    refusals = {one.why for one in vouched}
    assert "this bundle does not answer as it did when it was made" in refusals
    assert {"this bundle cannot be used", "these trees cannot be used"} <= refusals
    assert sum(one.outcome == "refused" for one in vouched) > 0.8 * len(vouched)

from __future__ import annotations

import pytest

from tests.features import specified_boundaries, specified_ties, specified_voice_boundaries
from tests.features.literal_book import Case, differences
from tests.features.specification import specified_rows

CASES = (*specified_boundaries.CASES, *specified_voice_boundaries.CASES, *specified_ties.CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_each_literal_table_gives_its_answer(case: Case) -> None:
    assert differences(case, specified_rows()) == {}

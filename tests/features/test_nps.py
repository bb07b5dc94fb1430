from __future__ import annotations

import pytest

from tests.features import specified_nps
from tests.features.literal_book import Case, differences
from tests.features.specification import specified_rows


@pytest.mark.parametrize("case", specified_nps.CASES, ids=lambda case: case.says)
def test_each_literal_table_gives_its_answer(case: Case) -> None:
    assert differences(case, specified_rows()) == {}

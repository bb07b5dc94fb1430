from __future__ import annotations

import pytest

from tests.features.literal_book import Case, differences
from tests.features.specification import specified_rows
from tests.features.specified_tickets import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_each_literal_table_gives_its_answer(case: Case) -> None:
    assert differences(case, specified_rows()) == {}

from __future__ import annotations

import pytest

from features.units import days, hours


def test_an_amount_is_read_in_its_unit() -> None:
    assert (days("365d"), hours("4h"), days("0d"), days("007d")) == (365, 4, 0, 7)


@pytest.mark.parametrize("value", ["365", 365, "365D", "365 d", " 365d", "365d\n", "4h", "1e3d", None, 1.5])
def test_days_are_refused_without_their_unit(value: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number of days such as '365d'"):
        days(value)


@pytest.mark.parametrize("value", ["4", 4, "4d", "240m", ""])
def test_hours_are_refused_without_their_unit(value: object) -> None:
    with pytest.raises(ValueError, match="must be a whole number of hours such as '4h'"):
        hours(value)

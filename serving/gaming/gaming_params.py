"""The `gaming:` section of `params.yaml`: what is looked at, when it is called suspicious, what then."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from features.params_file import Section
from features.units import Days, Share

Count = Annotated[int, Field(ge=1)]


def day_of_year(text: str) -> str:
    """`text` where it names a day of every year; ValueError where it does not.

    >>> day_of_year("03-31")
    '03-31'
    """
    days = {"02": 28, "04": 30, "06": 30, "09": 30, "11": 30}
    match = re.fullmatch(r"(0[1-9]|1[0-2])-(\d\d)", text)
    if match is None or not 1 <= int(match[2]) <= days.get(match[1], 31):
        raise ValueError("must be a month and a day such as '03-31'")
    return text


class GamingParams(Section):
    """When somebody is named, and what becomes of the suspicious records.

    `window`: how far back records are looked at. `compensation_dates`: on which people are paid by what
    customers say; `before`: the days that lead up to them. A CSM is named where the adjusted p-value is at
    most `false_discoveries`, with at least `fewest_records` more than expected. `discount`: `leave_out`
    scores without the suspicious records of who is named; every account then says which.
    """

    window: Days = 365
    compensation_dates: tuple[Annotated[str, AfterValidator(day_of_year)], ...] = (
        "03-31",
        "06-30",
        "09-30",
        "12-31",
    )
    before: Days = 14
    false_discoveries: Annotated[Share, Field(gt=0, le=0.2)] = 0.01
    fewest_records: Count = 3
    discount: Literal["nothing", "leave_out"] = "nothing"

"""What can be set about a simulated book."""

from __future__ import annotations

from datetime import date
from typing import Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from features.params_file import Section
from training.simulation.arrays import Ints, Times, days

LEAD = 12  # months the latents run before the book begins, so that no history starts from nothing


class SimulationParams(Section):
    """Size, span, seed and churn of a simulated book; frozen, and unknown keys are refused.

    The book ends at midnight UTC of `end_date` (the first of a month): what happens at or after it
    is not in the book, and an as-of date equal to it is "today". `annual_churn` is the expected
    share of active accounts lost in full per year. `paths` is the number of futures weighed for each
    account-date when the true probabilities are worked out. The last `shift_months` of the book lie after a
    shift of the market by `shift_size` (see `market_shift`); 0: there is none.

    >>> SimulationParams(accounts=50, months=12).seed
    7
    """

    accounts: int = Field(1_000, ge=20, le=100_000)
    months: int = Field(36, ge=3, le=120)
    seed: int = Field(7, ge=0)
    end_date: date = date(2026, 11, 1)
    annual_churn: float = Field(0.12, ge=0.01, le=0.4)
    paths: Literal[128, 256, 512, 1024, 2048] = 256
    shift_months: int = Field(0, ge=0, le=120)
    shift_size: float = Field(0.8, gt=0, le=3)

    @field_validator("end_date")
    @classmethod
    def begins_a_month(cls, value: date) -> date:
        """The world steps by calendar months, so a book ends where a month begins."""
        if value.day != 1:
            raise ValueError(f"the first of a month, such as {value.replace(day=1)}")
        return value

    @model_validator(mode="after")
    def shifts_within_the_book(self) -> SimulationParams:
        """A shift before the first month would be the only world there is."""
        if self.shift_months >= self.months:
            raise ValueError(f"shift_months below months, so at most {self.months - 1}")
        return self

    def month_starts(self) -> Times:
        """Midnights UTC on which the months begin: LEAD months before the book, then months + 1.

        Position `LEAD` is the book's first month, the last position its end.
        """
        end = np.datetime64(self.end_date, "M")
        return (end + np.arange(-self.months - LEAD, 1)).astype("datetime64[s]")


def moment(params: SimulationParams, month: Ints, day: Ints) -> Times:
    """Midnight UTC of a day (1–28) of each month, counted from the start of the timeline or beyond it.

    >>> str(moment(SimulationParams(months=12), np.array([LEAD]), np.array([2]))[0])
    '2025-11-02T00:00:00'
    """
    first = np.datetime64(params.end_date, "M") - params.months - LEAD
    return np.asarray((first + month).astype("datetime64[s]") + days(day - 1))

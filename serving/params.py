"""The `serving:` section of `params.yaml`: how much one call may ask for."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from features.params_file import Section
from features.units import Days, Hours

Count = Annotated[int, Field(ge=1)]


class ServingParams(Section):
    """The limits of the API; what lies beyond them is refused with the limit named.

    >>> ServingParams().max_rows_per_call
    1000
    """

    max_rows_per_call: Count = 1_000
    max_body_bytes: Count = 2**20
    max_predict_bytes: Count = 8_000_000
    max_concurrent: Annotated[int, Field(ge=1, le=1_000)] = 16
    max_seconds: Annotated[int, Field(ge=1, le=600)] = 30
    default_top: Annotated[int, Field(ge=0)] = 5
    max_top: Count = 50
    default_page: Count = 50
    max_page: Count = 500
    calls_per_second: Annotated[float, Field(gt=0)] = 100
    calls_at_once: Count = 500
    session: Hours = 12
    threads: Annotated[int, Field(ge=1, le=64)] = 4
    rows_per_chunk: Count = 10_000
    evidence_snapshots: Annotated[int, Field(ge=0)] = 2
    evidence_records: Count = 50
    stale_after: dict[str, Days] = Field(
        default_factory=lambda: {"usage": 7, "tickets": 30, "invoices": 45, "notes": 45, "surveys": 120}
    )

    @property
    def larger_bodies(self) -> dict[str, int]:
        """The calls with a larger limit: a thousand rows of every feature are 3 to 5 MB."""
        return {"/v1/predict": self.max_predict_bytes}

    @model_validator(mode="after")
    def _defaults_within_limits(self) -> Self:
        if self.default_top > self.max_top or self.default_page > self.max_page:
            raise ValueError("default_top must not exceed max_top, nor default_page max_page")
        return self

"""What `GET /v1/gaming` answers with, as pydantic models for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from serving.api.payloads import Finite

Count = Annotated[int, Field(ge=0)]
Chance = Annotated[Finite, Field(ge=0, le=1)]
Trick = Literal["begged", "filtered", "timed", "against use", "inflated", "pinged", "reopened"]


class SuspiciousRecord(BaseModel):
    """One of the very records: the value of `key` in `table`."""

    account_id: str
    record: str
    at: str


class SuspicionOf(BaseModel):
    """What one CSM's accounts show of one trick, beyond what chance would."""

    csm: str
    kind: Trick
    table: str
    key: str
    opportunities: Count
    suspicious: Count
    expected: Finite
    accounts: Count
    p_value: Chance = Field(description="Of as many or more, were accounts dealt to CSMs by chance")
    adjusted: Chance = Field(description="For all CSMs and tricks that were asked")
    accused: bool
    records: list[SuspiciousRecord] = Field(description="The newest; vitals gaming --json has them too")


class GamingResponse(BaseModel):
    """The newest look at gaming. `as_of` null: nobody has looked yet. A limited key sees its own CSM's."""

    as_of: str | None
    csms: Count
    asked: Count
    false_discoveries: Chance | None
    discount: Literal["nothing", "leave_out"] | None = Field(
        description="leave_out: health is scored without the suspicious answers and log-ins"
    )
    suspicions: list[SuspicionOf]

"""What `GET /v1/plays` answers with, as pydantic models for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from serving.api.payloads import Finite

Count = Annotated[int, Field(ge=0)]
Part = Annotated[Finite, Field(ge=0, le=1)]


class EstimateOf(BaseModel):
    """A share with its 90 % interval; all null where there is none."""

    value: Finite | None
    low: Finite | None
    high: Finite | None


class PlayEffectOf(BaseModel):
    """What became of the accounts of one playbook's closed cases."""

    playbook: str
    closed: Count
    known: Count = Field(description="Of which the outcome is known")
    stayed: EstimateOf
    expected: Part | None = Field(description="By their health at opening; null where the rule answered")
    overlap: Part = Field(description="Of those known, the share as severe as somebody who was left alone")
    beside: Count = Field(description="Untouched accounts and dates that it is compared with")
    difference: EstimateOf
    cannot_tell: str = Field(description="Why nothing can be told of the difference; else empty")
    says: str


class HoldOutOf(BaseModel):
    """The share of yellow accounts for which no plan is made by lot, and how many are followed."""

    share: Part
    accounts: Count


class PlaysResponse(BaseModel):
    """Did the play work? By playbook, and of all of them against the accounts held out by lot."""

    within_days: Annotated[int, Field(ge=0)]
    plays: list[PlayEffectOf]
    idle: Count = Field(description="Cases that closed without anybody's step: they count nowhere")
    hold_out: HoldOutOf
    against_hold_out: PlayEffectOf

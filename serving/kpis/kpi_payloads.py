"""What `GET /v1/kpis` answers with, as pydantic models for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from serving.api.payloads import Finite

Part = Annotated[Finite, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class KpiPeriodOf(BaseModel):
    """The period, `to` not included."""

    model_config = ConfigDict(populate_by_name=True)

    since: str = Field(alias="from")
    until: str = Field(alias="to")


class ShareOf(BaseModel):
    """`count` of `of`. Share and interval (Jeffreys) are null where `says` tells that it cannot be told."""

    count: Count
    of: Count
    undecided: Count = Field(description="Of which the outcome is not known; in neither number")
    share: Part | None
    interval: list[Part] | None
    says: dict[str, str] | None = Field(description="By language")


class HoursOf(BaseModel):
    """A quantile of the hours from alarm to first call, by Kaplan and Meier: open calls count as open.

    An end that is null lies beyond all that was seen; the interval is bootstrapped by account.
    """

    hours: Finite | None
    interval: list[Finite | None] | None
    says: dict[str, str] | None


class FirstCallOf(BaseModel):
    """The time to the first call; `open`: not called yet, or not by the end of the period."""

    open: Count
    median: HoursOf
    p90: HoursOf


class KpisOf(BaseModel):
    """The figures of a group."""

    alarms: int = Field(ge=0, description="P0 cases of which somebody was told in the period")
    closed: ShareOf = Field(description="Resolved at the end of the period")
    detractors_followed_up: ShareOf = Field(
        description="Detractors' answers (NPS, through the API) after which the account was called"
    )
    first_call: FirstCallOf
    escalated: ShareOf = Field(description="To the director or further")
    escalations: dict[str, int] = Field(description="By step: call_overdue, director, vp")
    recovered: ShareOf = Field(
        description="Of alarms whose recovery came due in the period: still a customer, and yellow or green"
    )
    precision: ShareOf = Field(
        description="Of alarms whose horizon ended in the period: left. Who was saved counts as not left"
    )


class GroupKpis(KpisOf):
    """The figures of a CSM or a team; null: nobody is responsible."""

    name: str | None


class KpisResponse(BaseModel):
    """The figures of all, by CSM (whom the case is assigned to) and by team (its director)."""

    model_config = ConfigDict(populate_by_name=True)

    period: KpiPeriodOf
    recovery_days: int
    horizon_days: int
    level: Part = Field(description="Of the intervals")
    held_back: int = Field(ge=0, description="Alarms that wait for room in the alert budget now")
    everybody: KpisOf = Field(alias="all")
    csms: list[GroupKpis]
    teams: list[GroupKpis]

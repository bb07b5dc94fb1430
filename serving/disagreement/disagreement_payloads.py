"""What `GET /v1/disagreement` answers with, as pydantic models for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel, Field

from serving.api.payloads import AccountId, Band, Finite, SnapshotOf


class RuleVerdictOf(BaseModel):
    """The rule's score and band."""

    score: Finite
    band: Band


class GapPartOf(BaseModel):
    """A family's part of a gap; `start` is where the points begin, which the rule's do by segment."""

    family: str
    gap: Finite
    points: Finite = Field(description="What the model gives it, in health points")
    rule_points: Finite = Field(description="What the rule gives it, in points of its score")
    drivers: list[str] = Field(description="Its features among the drivers shown of either")


class DisagreementOf(BaseModel):
    """One account: `gap` = all `parts[].gap` + `other`, exactly; above 0 the model holds it healthier."""

    account_id: AccountId
    name: str | None
    owner: str | None
    segment: str | None
    health: Finite
    band: Band
    rule: RuleVerdictOf
    health_place: int = Field(description="1: the least healthy of the book, by the model")
    rule_place: int
    gap: Finite = Field(description="Standing by the model minus by the rule, in standard deviations")
    parts: list[GapPartOf]
    other: Finite


class DisagreementResponse(BaseModel):
    """A page of the book, the largest gaps first; `next_cursor` is null on the last one."""

    accounts: list[DisagreementOf]
    families: dict[str, Finite] = Field(description="Shares of the disagreement over the book; they sum to 1")
    agreement: Finite | None = Field(description="Rank correlation (Spearman) of health and rule score")
    book: int = Field(description="How many accounts are compared")
    next_cursor: str | None
    snapshot: SnapshotOf

"""What `GET /v1/themes` and its sentences answer with, as pydantic models for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from features.text.lexicon import Theme
from serving.api.payloads import AccountId, Band, Finite, SnapshotOf

Role = Literal["decision_maker", "manager", "user", "it_manager", "finance"]
Day = Annotated[str, Field(examples=["2026-10-31"])]
Interval = Annotated[list[Finite], Field(min_length=2, max_length=2)]


class PeriodOf(BaseModel):
    """The days counted, `until` not included; the period before begins `before_since`."""

    since: Day
    until: Day
    before_since: Day


class SegmentOfTheme(BaseModel):
    """A segment's part of a theme; the parts sum to the theme's own revenue at risk."""

    segment: str | None
    accounts: int = Field(ge=0)
    revenue_at_risk: Finite


class RoleOfTheme(BaseModel):
    """In how many accounts a role mentioned the theme; null: nobody knew who spoke."""

    role: Role | None
    accounts: int = Field(ge=0)


class BeforeOf(BaseModel):
    """The period before, valued with today's risk and revenue."""

    accounts: int = Field(ge=0)
    revenue_at_risk: Finite


class MoneyChangeOf(BaseModel):
    """Now minus before, with its interval."""

    value: Finite
    interval: Interval


class ThemeOf(BaseModel):
    """A theme. `revenue_at_risk`: over the accounts that mention it, (churn probability − its segment's
    own) × yearly revenue, an account's part divided equally among the themes it mentions; below 0 where
    those who mention it are safer than others of their segment. Intervals are bootstrapped by account."""

    rank: int = Field(ge=1)
    theme: Theme
    title: dict[str, str] = Field(description="By language", examples=[{"en": "Quality", "zh": "产品质量"}])
    friendly: bool = Field(description="Expansion and praise, which share among themselves")
    accounts: int = Field(ge=0, description="Each counted once, however many texts it wrote")
    mentions: int = Field(ge=0)
    revenue: Finite = Field(description="Yearly revenue of those accounts")
    expected_loss: Finite = Field(description="Sum of their churn probability × yearly revenue, undivided")
    revenue_at_risk: Finite
    interval: Interval
    above_others: Annotated[Finite, Field(ge=0, le=1)] = Field(
        description="Share of the resamples in which it is above 0"
    )
    before: BeforeOf
    change: MoneyChangeOf
    segments: list[SegmentOfTheme]
    roles: list[RoleOfTheme]
    left_out: dict[str, int] = Field(
        description="Mentions that count for nothing, by reason: negated, hypothetical, elsewhere"
    )


class BaseOf(BaseModel):
    """With what the accounts of a segment are compared: its own churn probability, weighted with revenue.

    Segments of fewer than 20 accounts are compared together (null).
    """

    segment: str | None
    accounts: int = Field(ge=0)
    probability: Annotated[Finite, Field(ge=0, le=1)]


class ThemesResponse(BaseModel):
    """The themes, most revenue at risk first; those that nobody mentions last."""

    themes: list[ThemeOf]
    period: PeriodOf
    accounts: int = Field(ge=0, description="Of the snapshot, as far as the caller may see them")
    accounts_without_revenue: int = Field(ge=0, description="They bring in nothing")
    bases: list[BaseOf]
    level: Finite = Field(description="Of the intervals")
    snapshot: SnapshotOf


class SentenceOf(BaseModel):
    """A sentence as the customer or the CSM wrote it, hostile text: show it as text.

    `words` is sentence[start:end], in Unicode code points.
    """

    account_id: AccountId
    name: str | None
    owner: str | None
    segment: str | None
    health: Finite
    band: Band
    expected_loss: Finite
    theme: Theme
    table: Literal["notes", "tickets", "surveys"]
    record_id: str
    role: Role | None
    day: Day
    sentence: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    words: str


class ThemeSentencesResponse(BaseModel):
    """A page of sentences: the account with most at risk first, its newest words first."""

    sentences: list[SentenceOf]
    total: int = Field(ge=0)
    next_cursor: str | None
    period: PeriodOf
    snapshot: SnapshotOf

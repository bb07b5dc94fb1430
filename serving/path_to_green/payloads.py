"""What the call answers with, as pydantic models: the source of its OpenAPI schema."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.api.payloads import Band, Finite, ModelOf, SnapshotOf


class StandingOf(BaseModel):
    """Where an account stands: as published before, as the scorer answers for the plan's rows after."""

    health: Finite
    band: Band
    interval: list[Finite]


class MoveOf(BaseModel):
    """A feature and its values before and after; `to` is the very value that reaches the band."""

    model_config = ConfigDict(populate_by_name=True)
    feature: str
    title: dict[str, str] = Field(description="By language: en, zh")
    before: Finite | None = Field(alias="from", description="null: it is missing, and becomes known")
    to: Finite


class StepOf(MoveOf):
    """One thing to do. Its points are those after the steps before it; all steps' add up to the plan's."""

    family: str
    pillar: str
    points: Finite
    interval: list[Finite] = Field(
        description="90 % interval of the points (by the rule: missing at worst, best)"
    )
    cost: Finite = Field(description="0.25, and the share it takes of the longest plausible move in 60 days")
    together: list[MoveOf] = Field(alias="with", description="What moves with it, because it is one fact")
    text: dict[str, str] = Field(description="In words, by language: en, zh")


class PathToGreenResponse(BaseModel):
    """The cheapest plan found that reaches the band within 60 days, or how far the account gets."""

    account_id: str
    as_of: str
    target: Literal["green", "yellow"]
    days: int
    model: ModelOf
    snapshot: SnapshotOf
    status: Literal["already", "reachable", "not_reachable"]
    before: StandingOf
    after: StandingOf
    points: Finite = Field(description="`after.health` minus `before.health`")
    interval: list[Finite] = Field(description="90 % interval of the points in total")
    cost: Finite
    steps: list[StepOf]
    levers: int = Field(description="How many features could be moved by themselves")
    moves_from: Literal["training", "history", "assumed"] | None = Field(
        description="Where it was read how far accounts move in 60 days"
    )
    assumed: list[dict[str, str]] = Field(description="What the plan takes for granted, by language")
    text: dict[str, str] = Field(description="In words, by language: en, zh")

"""What `/history` and `/change` answer with, as pydantic models."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.api.payloads import AccountId, Band, Finite, ModelOf, Pillars, SnapshotOf

Part = Literal["decay", "missing_evidence", "behaviour", "configuration", "model"]
SplitPart = Literal["decay", "missing_evidence", "behaviour"]


class RuleShort(BaseModel):
    """The expert's weighted score, with the range it could have under missing evidence."""

    score: Finite
    range: list[Finite]
    band: Band
    pillars: Pillars


class ModelChangeOf(BaseModel):
    """The model before and after."""

    model_config = ConfigDict(populate_by_name=True)
    before: ModelOf = Field(alias="from")
    after: ModelOf = Field(alias="to")


class ChangesOf(BaseModel):
    """What differs from the snapshot before, other than the account itself."""

    model: ModelChangeOf | None
    configuration: list[str] = Field(description="Keys of params.yaml that differ; also segment")


class HistoryScore(BaseModel):
    """The account in one published snapshot."""

    snapshot: SnapshotOf
    health: Finite
    interval: list[Finite] | None
    band: Band
    churn_probability: Finite | None
    base_health: Finite
    rule: RuleShort
    coverage: Finite
    missing: list[str]
    stale: list[str]
    markers: ChangesOf | None = Field(description="null at the account's first snapshot")


class HistoryResponse(BaseModel):
    """The account's published scores, latest first; `next_cursor` is null on the last page."""

    account_id: AccountId
    scores: list[HistoryScore]
    next_cursor: str | None


class EndOf(SnapshotOf):
    """The account at one end of the change."""

    health: Finite
    interval: list[Finite] | None
    band: Band
    churn_probability: Finite | None
    rule: RuleShort
    missing: list[str]


class ChangeDriver(BaseModel):
    """A feature that moved, with its share of the part it moved in."""

    model_config = ConfigDict(populate_by_name=True)
    part: SplitPart
    feature: str
    family: str
    pillar: str
    role: str | None
    before: Finite | None = Field(alias="from")
    after: Finite | None = Field(alias="to")
    points: Finite
    unrounded: Finite
    actionable: bool
    text: dict[str, str] = Field(description="In words, by language: en, zh")


class UnroundedOf(BaseModel):
    """The same without rounding: `from` + Σ `parts` = `to` within 1e-9."""

    model_config = ConfigDict(populate_by_name=True)
    before: Finite = Field(alias="from")
    after: Finite = Field(alias="to")
    parts: dict[Part, Finite]


class Explanation(BaseModel):
    """`change` = Σ `parts`; of a part that is split, its `drivers` and `other_points` sum to it, exactly."""

    change: Finite
    parts: dict[Part, Finite]
    drivers: list[ChangeDriver]
    other_points: dict[SplitPart, Finite] = Field(
        description="Of features that did not move, but weigh otherwise beside those that did"
    )
    pillar_points: dict[str, Finite] = Field(description="Of behaviour, by pillar")
    family_points: dict[str, Finite] = Field(description="Of behaviour, by family")
    unrounded: UnroundedOf


class BandMove(BaseModel):
    """The part in which the band changed, on the way to the snapshot of `as_of`."""

    model_config = ConfigDict(populate_by_name=True)
    as_of: str
    part: Part
    before: Band = Field(alias="from")
    after: Band = Field(alias="to")


class ChangeStep(BaseModel):
    """From one published snapshot to the next."""

    model_config = ConfigDict(populate_by_name=True)
    before: SnapshotOf = Field(alias="from")
    after: SnapshotOf = Field(alias="to")
    change: Finite
    decay_apart: bool = Field(description="false: what time alone did was not kept, and is in behaviour")
    changed: ChangesOf


class NoteOf(BaseModel):
    """What has to be said about the answer: `meaning`, `decay` or `configuration`."""

    code: Literal["meaning", "decay", "configuration"]
    text: dict[str, str]


class ChangeResponse(Explanation):
    """Why the account's health changed; `rule` tells the same of the rule's score."""

    model_config = ConfigDict(populate_by_name=True)
    account_id: AccountId
    before: EndOf = Field(alias="from")
    after: EndOf = Field(alias="to")
    rule: Explanation = Field(description="The same of the rule's score beside it")
    order: list[Part] = Field(description="The order in which the parts are taken apart")
    band_moves: list[BandMove]
    steps: list[ChangeStep]
    notes: list[NoteOf]

"""What goes over the wire, as pydantic models: the source of the OpenAPI document.

Responses are written from the scorer's and the store's own plain values, and bodies are read by
`request_bodies.py`; the tests hold both against these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from serving.api.native_bodies import Native, Posted
from serving.api.openapi_parts import moment
from serving.api.request_fields import MAX_TEXT, NO_CONTROLS
from serving.scores.fallback import Code

ShortText = Annotated[str, Field(min_length=1, max_length=MAX_TEXT, pattern=NO_CONTROLS)]
AccountId = Annotated[ShortText, Field(examples=["A-000017"])]
AsOf = Annotated[str, WithJsonSchema(moment() | {"examples": ["2026-10-31"]})]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Band = Literal["green", "yellow", "red"]
Pillars = Annotated[
    dict[str, Finite | None], Field(description="By pillar: usage, voice, commercial, service")
]
PillarPoints = Annotated[
    dict[str, Finite], Field(description="Points by pillar: usage, voice, commercial, service")
]
FamilyPoints = Annotated[
    dict[str, Finite],
    Field(description="Points by family of features, each of one pillar (`GET /v1/catalog`); 0 without any"),
]


class Shape(BaseModel):
    """A closed object: keys that are not named here are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PredictRow(Shape):
    """One account and its features; a feature that is null or left out is a missing measure."""

    account_id: AccountId
    features: dict[str, Finite | None] = Field(examples=[{"seat_utilisation": 0.62, "nps_account": None}])
    segment: ShortText | None = Field(
        None, description="Picks the rule's profile of weights, as in the book; null: unknown"
    )


class PredictRequest(Posted):
    """Rows the caller brings. `GET /v1/catalog` lists the features."""

    rows: Annotated[list[PredictRow], Field(min_length=1)]
    explain: bool = Field(True, description="With the drivers")
    top: int = Field(5, ge=0, description="How many drivers; the rest is in other_points")


class HealthRequest(Posted):
    """Accounts of the score history."""

    account_ids: Annotated[list[AccountId], Field(min_length=1, json_schema_extra={"uniqueItems": True})]
    as_of: AsOf | None = Field(None, description="An as-of date to replay; null: newest")


class FallbackOf(BaseModel):
    """Why it is not the champion that answers (`docs/decisions`)."""

    code: Code
    reason: str


class ModelOf(BaseModel):
    """Which model answered; `kind` is `rule` where no model is champion."""

    kind: Literal["learned", "rule"]
    version: str | None
    trained_until: str | None
    fallback: FallbackOf | None = Field(
        None, description="Null where the champion answers; else why it does not"
    )


class Driver(BaseModel):
    """A feature with its signed share, in health points, of the distance to the portfolio's health."""

    feature: str
    family: str
    pillar: str
    role: str | None
    value: Finite | None
    typical: Finite | None
    typical_of: Literal["segment", "portfolio"] | None = Field(
        None,
        description="Whom `typical` describes; null where nothing is known of it (`/v1/predict` by the rule)",
    )
    since: str | None = Field(
        None,
        description="An as-of date: back from the snapshot's own, date by date, the first at which the value "
        "was on this side of `typical`, or missing as it is; the text says where it may have been so before. "
        "Null where the account has no earlier snapshot, where the value is as is typical, and in "
        "`/v1/predict`, which keeps no past",
    )
    points: Finite
    actionable: bool
    text: dict[str, str] = Field(description="In words, by language: en, zh")


class RuleScore(BaseModel):
    """The expert's weighted score, with the range it could have under missing evidence.

    `base` + all `drivers[].points` + `other_points` = `score`, exactly; so with `pillar_points` and
    `family_points`. It starts from an account of the same segment of which nothing is known.
    """

    score: Finite
    range: list[Finite]
    band: Band
    pillars: Pillars
    base: Finite
    drivers: list[Driver]
    other_points: Finite
    pillar_points: PillarPoints
    family_points: FamilyPoints


class LeftOutOf(BaseModel):
    """Records that somebody is suspected of having made look better than they are (`vitals gaming`)."""

    kind: Literal["begged", "against use", "inflated", "pinged"]
    table: str
    records: Annotated[int, Field(ge=1)]


class OverrideOf(BaseModel):
    """A band that a person set, beside the score's own."""

    band: Band
    model_band: Band
    reason: str
    who: str
    set_at: str
    expires_at: str


class Health(BaseModel):
    """One account's health: `base_health` + all `drivers[].points` + `other_points` = `health`, exactly.

    So do `base_health` + all `pillar_points`, and `base_health` + all `family_points`.
    """

    account_id: AccountId
    as_of: str | None
    known_until: str | None
    health: Finite = Field(ge=0, le=100, description="100 × probability of staying, or the rule's score")
    interval: list[Finite] | None
    range: list[Finite] = Field(
        description="What the health could be, were the missing measures known: from all at their worst to "
        "all at their best. Green only where the lower end is green too"
    )
    band: Band
    churn_probability: Annotated[Finite, Field(ge=0, le=1)] | None = Field(
        description="1 − health / 100; null where the rule answers, whose score is no probability"
    )
    horizon_days: int | None = Field(
        description="Days in which churn is predicted; null where the rule answers"
    )
    base_health: Finite
    drivers: list[Driver]
    other_points: Finite
    pillar_points: PillarPoints
    family_points: FamilyPoints
    rule: RuleScore
    coverage: Finite = Field(ge=0, le=1)
    missing: list[str]
    missing_unseen: list[str] = Field(
        description="Missing here, though never missing in training: a typical value stands in, and the "
        "interval is wider"
    )
    out_of_range: list[str] = Field(
        default_factory=list,
        description="Outside the catalogue's range, or far beyond all of training: perhaps another unit",
    )
    vanished: list[str] = Field(
        default_factory=list,
        description="Missing in every row of the call or book, though hardly ever missing in training",
    )
    constant: list[str] = Field(
        default_factory=list, description="One value in every row of the call or book, unlike in training"
    )
    stale: list[str]
    model: ModelOf
    case_id: str | None
    left_out: list[LeftOutOf] | None = Field(
        None, description="What it was scored without, as `gaming.discount` says; null: nothing"
    )
    override: OverrideOf | None = Field(
        None, description="Where a person set the band: `band` is theirs, and the first driver says so"
    )


class SnapshotOf(BaseModel):
    """The published batch that an answer comes from."""

    id: int
    as_of: str
    published_at: str
    model: ModelOf


class PredictResponse(Native):
    """Health of the rows, in their order."""

    accounts: list[Health]
    model: ModelOf


class HealthResponse(Native):
    """Health of the accounts, in the order asked for, all from one snapshot."""

    accounts: list[Health]
    snapshot: SnapshotOf


class AccountSummary(BaseModel):
    """One line of the portfolio."""

    account_id: AccountId
    name: str | None
    owner: str | None
    segment: str | None
    health: Finite
    interval: list[Finite] | None
    band: Band
    coverage: Finite
    main_driver: Driver | None
    band_in_force: Band = Field(description="The band that a person set, else `band`, the score's own")
    override: OverrideOf | None = Field(description="Who set the band, why and until when")


class PortfolioResponse(BaseModel):
    """A page of the portfolio; `next_cursor` is null on the last one."""

    accounts: list[AccountSummary]
    next_cursor: str | None
    snapshot: SnapshotOf


class AccountResponse(BaseModel):
    """One account: its details in the book, its health, and the snapshot both come from."""

    account: dict[str, Any]
    health: Health
    snapshot: SnapshotOf


class WeightOf(BaseModel):
    """A pillar's weight, in percent: the expert's, and what the data believe, with its standard error."""

    pillar: str
    expert: Finite
    believed: Finite
    error: Finite


class ModelResponse(BaseModel):
    """The model that answers `/v1/predict`, and how it compares with the others."""

    model: ModelOf
    comparison: dict[str, Any]
    weights: list[WeightOf] = Field(description="Empty where nothing was learned")
    monitoring: dict[str, Any] | None = Field(
        None,
        description="What the monitor last found (docs/watching.md): drift, what is expected without labels"
        " and was measured with them, the churns so far, and doubts. Null before it has run",
    )


class CatalogResponse(BaseModel):
    """Every feature that `/v1/predict` takes."""

    features: list[dict[str, Any]]


class ReadyModelOf(BaseModel):
    """Who answers, in short."""

    kind: Literal["learned", "rule"]
    version: str | None
    fallback: Code | None = Field(description="Why it is not the champion; null: it is")


class ReadyResponse(BaseModel):
    """The service can answer."""

    ready: bool
    model: ReadyModelOf
    store: str


class ErrorOf(BaseModel):
    """One fault: where, what was found, what is allowed, what to do next."""

    field: str
    value: str | float | bool | None
    allowed: str
    next: str


class ProblemDetail(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ErrorOf]

"""What goes over the wire about answers and cases, as pydantic models: the source of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from serving.answers.survey_bodies import LARGEST_SCORE, MAX_COMMENT
from serving.api.payloads import AccountId, Shape, ShortText
from serving.closed_loop.case_bodies import MAX_NOTE

Moment = Annotated[str, Field(examples=["2026-10-31T04:00:00.000000Z"])]
CaseId = Annotated[str, Field(examples=["C-000412"])]
PostedMoment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Caller = Annotated[
    ShortText, Field(default_factory=str, description="Left out: whom the API key names, its owner first")
]
Score = Annotated[float, Field(ge=-LARGEST_SCORE, le=LARGEST_SCORE, allow_inf_nan=False)]
Note = Annotated[  # at least one letter that is no space, and no NUL, which not every database can hold
    str,
    Field(min_length=1, max_length=MAX_NOTE, pattern=r"^[^\x00]*[^\s\x00-\x1f\x7f-\x9f][^\x00]*$"),
]
Comment = Annotated[str, Field(max_length=MAX_COMMENT, pattern=r"^[^\x00]*$")]


class SurveyRequest(Shape):
    """An answer the moment it is given: a row of the canonical table `surveys`."""

    response_id: ShortText | None = Field(None, description="Left out: one is made of the Idempotency-Key")
    account_id: AccountId
    contact_id: ShortText | None = None
    role: Literal["decision_maker", "manager", "user", "it_manager", "finance"] | None = Field(
        None, description="Of a contact whom the newest book does not know"
    )
    is_key: bool | None = Field(None, description="As role; null counts as key")
    kind: Literal["nps", "ces", "csat"]
    touchpoint: Literal[
        "relational", "ticket_resolved", "onboarding_completed", "renewal_completed", "qbr", "training"
    ]
    score: Score
    scale_min: Score
    scale_max: Score
    comment: Comment | None = None
    sent_at: PostedMoment | None = None
    responded_at: PostedMoment | None = Field(None, description="Left out: now")


class SurveyAnswerResponse(BaseModel):
    """What became of an answer; `case_id` is null where it is no alarm, `no_case_because` says why one that
    would be is past: given too long ago (`cases.answers_alarm_within`), or the contact has answered since."""

    response_id: str
    account_id: AccountId
    detractor: bool
    case_id: CaseId | None
    no_case_because: Literal["old", "superseded"] | None


class CaseStepRequest(Shape):
    """A step of which somebody may say more: a call that was made, a case reopened."""

    who: Caller
    note: Note | None = None


class CaseNoteRequest(Shape):
    """A step that is nothing without its words: a comment, and why a case is over."""

    who: Caller
    note: Note


class CaseAssignRequest(CaseStepRequest):
    """A step that hands a case to somebody."""

    assignee: ShortText


class CaseSummary(BaseModel):
    """One line of the list of cases. Due times are null where the kind of case has no clock."""

    case_id: CaseId
    account_id: AccountId
    name: str | None
    kind: Literal["p0", "plan", "expansion"]
    state: Literal["open", "called", "resolved"]
    level: Literal["csm", "director", "vp"]
    owner: str | None
    director: str | None
    vp: str | None
    assignee: str | None
    trigger: str
    opening: int = Field(ge=1, description="One more each time the case is reopened")
    opened_at: Moment
    call_due_at: Moment | None
    director_due_at: Moment | None
    vp_due_at: Moment | None
    called_at: Moment | None
    resolved_at: Moment | None
    held_back: bool = Field(description="An alarm that waits for room in the alert budget of its CSM")


class CaseStepOf(BaseModel):
    """One line of the history: who, when, from what to what."""

    at: Moment
    who: str
    action: str
    before: str | None
    after: str | None
    note: str | None


class CaseResponse(CaseSummary):
    """A case with its plan and its history, oldest first."""

    plan: dict[str, Any] | None
    history: list[CaseStepOf]


class CasesResponse(BaseModel):
    """A page of the cases, newest first; `notices` say what keeps alarms from being delivered."""

    cases: list[CaseSummary]
    next_cursor: str | None
    notices: list[str]

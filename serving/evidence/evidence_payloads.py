"""The records behind a driver as they go over the wire; see `payloads.py`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.api.payloads import AccountId, Finite, SnapshotOf

EVIDENCE_EXAMPLE: dict[str, Any] = {
    "account_id": "A-000017",
    "as_of": "2026-10-31T00:00:00Z",
    "driver": {
        "feature": "note_competitor_180d",
        "family": "notes",
        "pillar": "voice",
        "role": None,
        "title": {"en": "Notes: a competitor", "zh": "笔记提到竞争对手"},
    },
    "tables": [
        {
            "table": "notes",
            "text_column": "text",
            "records": [
                {
                    "note_id": "N-000123",
                    "author": "csm-04",
                    "kind": "call",
                    "role": "decision_maker",
                    "happened_at": "2026-10-12T09:30:00Z",
                    "recorded_at": "2026-10-13T08:00:00Z",
                    "text": "They are piloting another platform.",
                    "spans": [
                        {
                            "start": 18,
                            "end": 34,
                            "words": "another platform",
                            "theme": "competitor",
                            "value": None,
                            "counts": True,
                            "left_out": None,
                        }
                    ],
                }
            ],
            "shown": 1,
            "total": 1,
            "says": None,
        }
    ],
    "absent": [],
    "left_out": {"negated": 2},
    "points": -4.2,
    "snapshot": {
        "id": 12,
        "as_of": "2026-10-31T00:00:00Z",
        "published_at": "2026-11-01T03:00:00Z",
        "model": {"kind": "learned", "version": "7", "trained_until": "2025-10-31"},
    },
}


class SpanOf(BaseModel):
    """Words that were read in a record's text: characters [start, end), in Unicode code points.

    A mention has a theme, a tonal word a value. A mention that is denied, only supposed or said of
    somebody else does not count, and `left_out` says why.
    """

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    words: str
    theme: str | None
    value: Annotated[Finite, Field(ge=-1, le=1)] | None
    counts: bool
    left_out: Literal["negated", "hypothetical", "elsewhere"] | None


class RecordsOf(BaseModel):
    """The records of one table behind a driver, newest first, as they were known at the as-of date.

    Use is rolled up: `usage_by_day`, `usage_by_user`, `usage_by_module`.
    """

    table: str = Field(examples=["notes"])
    text_column: str | None = Field(description="The column that spans point into")
    records: list[dict[str, Any]] = Field(
        description="The table's columns; `spans` (see SpanOf) where the driver reads the text",
    )
    shown: int = Field(ge=0)
    total: int = Field(ge=0, description="More than `shown` where only the newest were kept")
    says: dict[str, str] | None = Field(description="By language, where there is no record")


class DriverOf(BaseModel):
    """The driver asked for."""

    feature: str
    family: str
    pillar: str
    role: str | None
    title: dict[str, str]


class AbsentTable(BaseModel):
    """A table that the driver reads and the book lacks."""

    table: str
    text: dict[str, str]


class EvidenceResponse(BaseModel):
    """The very records a driver was computed from. Texts are customers' own words: show them as text."""

    model_config = ConfigDict(json_schema_extra={"examples": [EVIDENCE_EXAMPLE]})

    account_id: AccountId
    as_of: str
    driver: DriverOf
    tables: list[RecordsOf]
    absent: list[AbsentTable]
    left_out: dict[str, int] = Field(
        description="Mentions in texts that are no record, because none in them counts: by reason"
    )
    points: Finite | None = Field(description="Its health points, where it is among the account's drivers")
    snapshot: SnapshotOf

"""Where answers are kept that came through the API: in the columns of the canonical table `surveys`."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, String, Table, Text

from serving.history.score_tables import append_only, metadata

survey_responses = Table(
    "survey_responses",
    metadata,
    Column("response_id", String(200), primary_key=True),
    Column("account_id", String(200), nullable=False),
    Column("contact_id", String(200)),
    Column("kind", String(10), nullable=False),
    Column("touchpoint", String(30), nullable=False),
    Column("score", Double, nullable=False),
    Column("scale_min", Double, nullable=False),
    Column("scale_max", Double, nullable=False),
    Column("comment", Text),
    Column("sent_at", String(30), nullable=False),
    Column("responded_at", String(30), nullable=False),
    Column("recorded_at", String(30), nullable=False),
)
Index("survey_responses_by_account", survey_responses.c.account_id)
append_only(survey_responses)

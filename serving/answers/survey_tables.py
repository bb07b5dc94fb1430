"""Where answers are kept that came through the API: in the columns of the canonical table `surveys`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Double, ForeignKey, Index, Row, String, Table, Text

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

# Whose account it was as the answer came: the figures of a past period stay what they were.
asked_people = Table(
    "survey_people",
    metadata,
    Column("response_id", String(200), ForeignKey("survey_responses.response_id"), primary_key=True),
    Column("owner", Text),
    Column("director", Text),
)
append_only(asked_people)


def keep_asked_people(connection: Connection, response_id: str, account: Row[Any]) -> None:
    """Keeps who is responsible for the account of an answer."""
    people = {"owner": account.owner, "director": account.director}
    connection.execute(asked_people.insert().values(response_id=response_id, **people))

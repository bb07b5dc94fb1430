"""Everything that was written down, as one kind of row: notes, ticket texts, survey comments.

A text is about a day (a note's meeting, a ticket's opening, an answer's day) and is used only once it was
known. Its role is the one spoken with: a note says it; of a ticket or a comment it is the role that the
contact held on that day.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.voice import with_role
from features.warehouse import Warehouse

WRITTEN = {"notes": "note_id", "tickets": "ticket_id", "surveys": "response_id"}
"""The tables with texts, and the column that each row is found by."""


def written(source: Warehouse, table: str) -> ir.Table:
    """The texts of one of the WRITTEN tables: one row per text that is there.

    Columns: `account_id`, `table`, `row_key`, `contact_id` (null in notes), `role` (null but in notes),
    `kind`, `text`, `known_day` and `day` (whole days since 1970).
    """
    t = source[table].mutate(table=ibis.literal(table), row_key=source[table][WRITTEN[table]])
    if table == "notes":
        t = t.mutate(contact_id=ibis.null("string"), day=t.happened_day)
    elif table == "tickets":
        t = t.mutate(role=ibis.null("string"), day=t.opened_day)
    else:
        known = ibis.greatest(t.known_day, t.responded_day)
        t = t.filter(t.responded_day.notnull())
        t = t.mutate(role=ibis.null("string"), day=t.responded_day, text=t.comment, known_day=known)
    columns = ("account_id", "table", "row_key", "contact_id", "role", "kind", "text", "known_day", "day")
    return t.filter(t.text.notnull()).select(*columns)


def known_texts(texts: ir.Table, cohort: ir.Table, longest: int) -> ir.Table:
    """The texts known before each as-of date and at most `longest` days old, with their `age` in days."""
    t = texts.inner_join(cohort, "account_id")
    t = t.filter(t.known_day < t.as_of_day, t.day < t.as_of_day)
    return t.mutate(age=t.as_of_day - t.day).filter(lambda t: t.age <= longest)


def with_speakers(source: Warehouse, texts: ir.Table) -> ir.Table:
    """Known texts with the `role` spoken with, as far as it is known at the as-of date; else null."""
    answers = texts.rename(response_id="row_key", written_role="role")
    spoken = with_role(source, answers, "day")
    role = ibis.coalesce(spoken.written_role, spoken.role)
    return spoken.mutate(role=role).drop("written_role").rename(row_key="response_id")

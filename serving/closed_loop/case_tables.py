"""The tables of the closed loop: cases, what happened to them (append-only), and what was escalated.

Two things are promised by the database itself, whatever processes run: an account has at most one open
case of a kind, and a step of the ladder is taken once for each opening of a case.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from serving.history.score_tables import append_only, metadata

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("account_id", String(200), nullable=False),
    Column("kind", String(12), nullable=False),  # p0, plan, expansion
    Column("state", String(10), nullable=False),  # open, called, resolved
    Column("level", String(10), nullable=False),  # csm, director, vp
    Column("opening", Integer, nullable=False),  # 1; one more each time it is reopened
    Column("name", Text),
    Column("owner", Text),
    Column("director", Text),
    Column("vp", Text),
    Column("assignee", Text),
    Column("trigger", String(40), nullable=False),
    Column("opened_at", String(30), nullable=False),
    Column("call_due_at", String(30)),  # the three are empty where the kind has no clock
    Column("director_due_at", String(30)),
    Column("vp_due_at", String(30)),
    Column("called_at", String(30)),
    Column("resolved_at", String(30)),
    Column("plan", JSON),
    sqlite_autoincrement=True,
)
UNRESOLVED = text("state <> 'resolved'")
Index(
    "one_open_case_of_a_kind",
    cases.c.account_id,
    cases.c.kind,
    unique=True,
    sqlite_where=UNRESOLVED,
    postgresql_where=UNRESOLVED,
)
Index("cases_by_state", cases.c.state, cases.c.kind, cases.c.id)

# Who did what and when, from what to what. `trigger_key` is given where an event from outside could
# come again: the same event is told once.
case_history = Table(
    "case_history",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False),
    Column("at", String(30), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", String(20), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("note", Text),
    Column("trigger_key", String(260), unique=True),
)
Index("case_history_by_case", case_history.c.case_id, case_history.c.id)

case_escalations = Table(
    "case_escalations",
    metadata,
    Column("case_id", Integer, ForeignKey("cases.id"), primary_key=True),
    Column("opening", Integer, primary_key=True),
    Column("step", String(12), primary_key=True),  # call_overdue, director, vp
    Column("at", String(30), nullable=False),
)

# Who was responsible for a case until `at`, written as its account changes hands.
case_hand_overs = Table(
    "case_hand_overs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False),
    Column("at", String(30), nullable=False),
    Column("owner", Text),
    Column("director", Text),
    Column("vp", Text),
)

# The band that the closed loop holds an account to: it changes less readily than the band of the day.
settled_bands = Table(
    "settled_bands",
    metadata,
    Column("account_id", String(200), primary_key=True),
    Column("band", String(10), nullable=False),
    Column("since", String(40), nullable=False),  # the as-of date on which it was entered
    Column("as_of", String(40), nullable=False),  # the newest as-of date that was looked at
    Column("pillar", String(12)),  # of a red account: what pulled it down most as it turned red
)

# Who is who, as the book said when it was last scored: an answer that comes in between is read with it.
book_accounts = Table(
    "book_accounts",
    metadata,
    Column("account_id", String(200), primary_key=True),
    Column("name", Text),
    Column("owner", Text),
    Column("director", Text),
    Column("vp", Text),
)
book_contacts = Table(
    "book_contacts",
    metadata,
    Column("contact_id", String(200), primary_key=True),
    Column("account_id", String(200), primary_key=True),
    Column("role", String(20), primary_key=True),
    Column("is_key", Boolean),
)

append_only(case_history)
append_only(case_escalations)
append_only(case_hand_overs)

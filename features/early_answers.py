"""Answers that are older than what is known of their contact: they speak for no role, and so for no NPS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis.expr.types as ir

from features.faults import Fault
from features.warehouse import DAY, epoch_microseconds


def early_answers(accepted: Mapping[str, ir.Table]) -> Iterator[Fault]:
    """A notice where contacts answered before the day of their first `valid_from`: how many answers, and one.

    The role is not guessed back: who is a manager since May may have been a user before, and the NPS of
    a role goes by who held it when the answer was given.

    >>> from features.source_tables import CONTACTS, SURVEYS
    >>> from features.warehouse import literal_table
    >>> who = {"contact_id": "C", "account_id": "A"}
    >>> contacts = literal_table(CONTACTS, [{**who, "valid_from": "2026-05-01"}])
    >>> surveys = literal_table(SURVEYS, [{**who, "response_id": "R", "responded_at": "2026-04-30"}])
    >>> print(*early_answers({"contacts": contacts, "surveys": surveys}))
    surveys.responded_at is '2026-04-30 of contact C (R, first of 1 answer)'; allowed: a day from the \
contact's first valid_from on. Next: they count for no role; begin valid_from when the person began, if you \
know it
    """
    if not {"contacts", "surveys"} <= accepted.keys():
        return
    contacts, answers = accepted["contacts"], accepted["surveys"]
    first = contacts.group_by("contact_id", "account_id").agg(first=contacts.valid_from.min())
    both = answers.inner_join(first, ["contact_id", "account_id"])
    early = both.filter(_day(both.responded_at) < _day(both["first"]))
    count = early.count().execute()
    if not count:
        return
    day = early.responded_at.strftime("%Y-%m-%d")
    told = early.select(at=day, who=early.contact_id, key=early.response_id)
    row = told.order_by("at", "key").limit(1).to_pyarrow().to_pylist()[0]
    many = "answer" if count == 1 else "answers"
    found = f"{row['at']} of contact {row['who']} ({row['key']}, first of {count:,} {many})"
    step = "they count for no role; begin valid_from when the person began, if you know it"
    yield Fault("surveys.responded_at", found, "a day from the contact's first valid_from on", step)


def _day(moment: ir.Value) -> ir.Value:
    return epoch_microseconds(moment) // DAY

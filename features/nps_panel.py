"""The NPS panel: who was heard with which score at two dates, and which roles are there to be heard.

An account's people answer more than once, so two dates are compared person by person. Everything
here is counted in whole numbers by the engine; what is concluded from the counts is worked out in
features/nps_posterior.py and features/nps_change.py, the same on every engine.

Of the two dates the *later* is the as-of date; the *earlier* lies `gap` days before it. Both are
told as known at the later one: an answer given before the earlier date and entered after it counts
at both, so that late entry is never read as a move.
"""

from __future__ import annotations

from typing import Literal

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.params import FeatureParams
from features.source_tables import ROLES
from features.voice import known_answers, with_role
from features.warehouse import Warehouse

Date = Literal["later", "earlier"]
DATES: tuple[Date, ...] = ("later", "earlier")
CLASSES = ("absent", "detractor", "passive", "promoter")  # a person's class at a date indexes these


def heard(source: Warehouse, cohort: ir.Table, params: FeatureParams, gap: int) -> ir.Table:
    """One row per answer that speaks for a person at one of the two dates, or at both.

    At each date that is the person's latest relational NPS answer given before it and at most a
    year old then (ties: the greater response_id). `person` is the contact_id, or the response_id
    where there is none; `role` the one held on the day of the answer (see `with_role`); `ten` the
    score on 0–10, null where unknown. `is_later` and `is_earlier` tell at which date it speaks.
    """
    year = params.windows.year
    answers = known_answers(source, cohort, year + gap)
    answers = answers.filter(answers.kind == "nps", answers.touchpoint == "relational")
    person = ibis.coalesce(answers.contact_id, answers.response_id)
    newest_first = ibis.window(
        group_by=[answers.as_of_day, answers.account_id, person],
        order_by=[answers.responded_at.desc(), answers.response_id.desc()],
    )
    next_age = answers.age.lag().over(newest_first)  # of the person's next answer; null: there is none
    told = answers.select(
        *KEYS,
        *("response_id", "contact_id", "responded_day"),
        person=person,
        ten=answers.unit_score * 10,
        is_later=(answers.age <= year) & next_age.isnull(),
        is_earlier=(answers.age > gap) & (next_age.isnull() | (next_age <= gap)),
    )
    return with_role(source, told.filter(told.is_later | told.is_earlier), "responded_day")


def people(answers: ir.Table) -> ir.Table:
    """One row per person and role of `heard` answers, with the class and score at both dates.
    `is_named` tells whether the person is a contact and not an answer without one.

    A class is an index into CLASSES: 0–6 detracts, 7–8 is passive, 9–10 promotes, and 0 stands for
    absent (not heard, or heard without a score). Who answers in another role at the later date has
    left the one and joined the other. `role` is null where none is known.
    """
    ten = answers.ten
    of = ibis.ifelse(ten.isnull(), 0, ibis.ifelse(ten < 7, 1, ibis.ifelse(ten < 9, 2, 3)))
    return answers.group_by(*KEYS, "person", "role").agg(
        is_named=answers.contact_id.notnull().any(),
        **{date: of.max(where=answers[f"is_{date}"]).fill_null(0) for date in DATES},
        **{f"score_{date}": ten.max(where=answers[f"is_{date}"]) for date in DATES},
    )


def cells(panel: ir.Table) -> ir.Table:
    """How many `people` of each role went from each class to each: a row per account, role and such pair."""
    known = panel.filter(panel.role.notnull())
    return known.group_by(*KEYS, "role", "earlier", "later").agg(people=known.count())


def there(source: Warehouse, cohort: ir.Table, gap: int, date: Date) -> ir.Table:
    """The roles that somebody holds at a date, as known at the later one: a row per account, a flag per role.

    A role is held at a date from the day after it began until the day it ended; an end counts from
    when it is known.
    """
    c = source["contacts"].inner_join(cohort, "account_id")
    day = c.as_of_day - (gap if date == "earlier" else 0)
    over = (c.valid_to_day < day) & (c.valid_to_known_day < c.as_of_day)
    held = c.filter((c.known_day < c.as_of_day) & (c.valid_from_day < day) & ~over.fill_null(False))
    return held.group_by(*KEYS).agg(**{role: (held.role == role).any() for role in ROLES})


def asked(
    source: Warehouse, cohort: ir.Table, params: FeatureParams, gap: int, date: Date, answers: ir.Table
) -> ir.Table:
    """How many people of each role were asked within the year before a date; a row per account.

    Who was heard at that date (`answers`, of `heard`) was asked, in the role of the answer; else who
    was sent a relational NPS question, in the role held on the day of the latest one.
    """
    spoke = answers.filter(answers[f"is_{date}"])
    s = source["surveys"].inner_join(cohort, "account_id")
    s = s.filter(s.known_day < s.as_of_day, s.kind == "nps", s.touchpoint == "relational")
    s = s.mutate(
        person=ibis.coalesce(s.contact_id, s.response_id),
        age_sent=s.as_of_day - s.sent_day - (gap if date == "earlier" else 0),
    )
    s = s.filter(s.age_sent >= 1, s.age_sent <= params.windows.year).anti_join(spoke, [*KEYS, "person"])
    last = ibis.window(
        group_by=[s.as_of_day, s.account_id, s.person], order_by=[s.sent_at.desc(), s.response_id.desc()]
    )
    silent = s.mutate(place=ibis.row_number().over(last)).filter(lambda t: t.place == 0)
    roles = [with_role(source, silent, "sent_day"), spoke]
    everyone = ibis.union(*(rows.select(*KEYS, "role") for rows in roles))
    return everyone.group_by(*KEYS).agg(**{role: (everyone.role == role).sum() for role in ROLES})

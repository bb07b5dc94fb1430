"""Who was asked and did not answer (V5), who left, and who is there to be asked."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import share
from features.params import FeatureParams
from features.voice import with_role
from features.warehouse import Warehouse


def silence(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Response rates and the decision maker's silence within a year.

    A question counts as unanswered only after the grace period (`answer_grace`). The rates are
    null where nobody was asked: never asked is not silence. `days_since_decision_maker_answer` is
    the window's length where decision makers were asked and none answered.
    """
    asked = _asked(source, cohort, params)
    answered = (asked.responded_day < asked.as_of_day).fill_null(False)
    top = asked.role == "decision_maker"
    answer_age = asked.as_of_day - asked.responded_day
    found = asked.group_by(*KEYS).agg(
        asked=asked.count(),
        rate=share(answered.sum(), asked.count()),
        top_rate=share((answered & top).sum(), top.sum()),
        top_asked=top.sum(),
        top_age=answer_age.min(where=answered & top),
    )
    t = cohort.left_join(found, KEYS)
    year = params.windows.year
    since = ibis.ifelse(t.top_asked > 0, t.top_age.fill_null(year).clip(upper=year), ibis.null("int64"))
    label = params.windows.labels()["year"]
    return t.select(
        *KEYS,
        **{
            f"questions_asked_{label}": t.asked.fill_null(0),
            f"response_rate_{label}": t.rate,
            f"response_rate_decision_maker_{label}": t.top_rate,
            "days_since_decision_maker_answer": since,
        },
    )


def _asked(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Questions sent within the year that are answered, or older than the grace period."""
    s = source["surveys"].inner_join(cohort, "account_id")
    s = s.filter(s.known_day < s.as_of_day, s.as_of_day - s.sent_day <= params.windows.year)
    due = s.as_of_day - s.sent_day >= params.answer_grace
    return with_role(source, s.filter(due | (s.responded_day < s.as_of_day)), "sent_day")


def people(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Decision makers in place, and decision makers and key contacts who left within half a year.

    People are counted, not rows: who takes on another role, or the same role anew, has not left. A
    decision maker has left when the role is held no more, a key contact when no role is.
    """
    p = _each_person(source, cohort)
    half = params.windows.half_year
    top_lately = (p.as_of_day - p.top_until <= half).fill_null(False)
    key_lately = (p.as_of_day - p.key_until <= half).fill_null(False)
    found = p.group_by(*KEYS).agg(
        here=p.is_top.sum(),
        top_left=(~p.is_top & top_lately).sum(),
        key_left=(~p.is_here & key_lately).sum(),
    )
    t = cohort.left_join(found, KEYS).fill_null({"here": 0, "top_left": 0, "key_left": 0})
    w = params.windows.labels()["half_year"]
    return t.select(
        *KEYS,
        decision_makers_in_place=t.here,
        **{f"decision_makers_left_{w}": t.top_left, f"key_contacts_left_{w}": t.key_left},
    )


def _each_person(source: Warehouse, cohort: ir.Table) -> ir.Table:
    """One row per contact: the roles held at the as-of date, and the day the last one before it ended."""
    c = source["contacts"].inner_join(cohort, "account_id")
    c = c.filter(c.known_day < c.as_of_day)
    over = (c.valid_to_known_day < c.as_of_day).fill_null(False)
    top, key = c.role == "decision_maker", c.is_key.fill_null(False)
    return c.group_by(*KEYS, "contact_id").agg(
        is_here=(~over).any(),
        is_top=(top & ~over).any(),
        top_until=c.valid_to_day.max(where=top & over),
        key_until=c.valid_to_day.max(where=key & over),
    )

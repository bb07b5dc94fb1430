"""Who was asked and did not answer (V5), who left, and who is there to be asked."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import share
from features.params import FeatureParams
from features.source_tables import ROLES
from features.voice import with_role
from features.warehouse import Warehouse


def silence(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Response rates by role and their change, and the decision maker's silence.

    A question counts as unanswered only after the grace period (`answer_grace`). The rates are
    null where nobody was asked: never asked is not silence, and the questions are counted as 0
    (null without contacts: then nobody knows whom they went to).
    `decision_maker_silent` is 1 where decision makers were asked within the year and none answered,
    0 where one did. `days_since_decision_maker_answer` is the window's length where none answered.
    """
    year, w = params.windows.year, params.windows.labels()
    asked = _asked(source, cohort, params, year)
    top = asked.role == "decision_maker"
    found = asked.group_by(*KEYS).agg(
        asked=asked.count(),
        top_asked=top.sum(),
        top_age=(asked.as_of_day - asked.responded_day).min(where=asked.answered & top),
        rate=share(asked.answered.sum(), asked.count()),
        **{f"rate_{role}": _rate_of(asked, role) for role in ROLES},
    )
    t = cohort.left_join(found, KEYS).drop("account_id_right", "as_of_day_right")
    t = t.left_join(_rate_change(source, cohort, params), KEYS)
    of_top = t.top_asked > 0
    since = ibis.ifelse(of_top, t.top_age.fill_null(year).clip(upper=year), ibis.null("int64"))
    to_top = t.top_asked.fill_null(0) if source.has("contacts") else ibis.null("int64")
    silent = ibis.ifelse(of_top, t.top_age.isnull().cast("int64"), ibis.null("int64"))
    return t.select(
        *KEYS,
        **{
            f"questions_asked_{w['year']}": t.asked.fill_null(0),
            f"questions_to_decision_maker_{w['year']}": to_top,
            f"response_rate_{w['year']}": t.rate,
            **{f"response_rate_{role}_{w['year']}": t[f"rate_{role}"] for role in ROLES},
            f"response_rate_change_{w['half_year']}": t.rate_change,
            f"decision_maker_silent_{w['year']}": silent,
            "days_since_decision_maker_answer": since,
        },
    )


def _rate_of(asked: ir.Table, role: str) -> ir.Value:
    of_role = asked.role == role
    return share((asked.answered & of_role).sum(), of_role.sum())


def _rate_change(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """The response rate of the last half year minus that of the half year before, as it stood then."""
    half = params.windows.half_year
    now, before = (
        asked.group_by(*KEYS).agg(rate=share(asked.answered.sum(), asked.count()))
        for asked in (_asked(source, cohort, params, half, before) for before in (0, half))
    )
    both = now.inner_join(before.rename(rate_before="rate"), KEYS)
    return both.select(*KEYS, rate_change=both.rate - both.rate_before)


def _asked(
    source: Warehouse, cohort: ir.Table, params: FeatureParams, length: int, days_before: int = 0
) -> ir.Table:
    """Questions of the `length` days that end `days_before` the as-of date, with whether they were
    `answered` by then; one without an answer only where it is older than the grace period."""
    s = source["surveys"].inner_join(cohort, "account_id")
    moment = s.as_of_day - days_before
    answered = (s.responded_known_day < moment).fill_null(False)
    s = s.mutate(answered=answered, age=moment - s.sent_day).filter(s.known_day < s.as_of_day)
    s = s.filter(s.age >= 1, s.age <= length)
    return with_role(source, s.filter(s.answered | (s.age >= params.answer_grace)), "sent_day")


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

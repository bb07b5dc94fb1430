"""Which questions and answers count for which feature: what customers said, and where they were silent."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.evidence_rows import AsOf, Marks
from features.source_tables import ROLES
from features.voice import with_role
from features.warehouse import Warehouse

DECIDES = "decision_maker"


def behind_surveys(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The questions, with the roles asked and heard, and the marks of every feature of the voice."""
    roles = t.mutate(as_of_day=ibis.literal(at.day, "int64"))
    for column, day in (("role_heard", "responded_day"), ("role_asked", "sent_day")):
        roles = with_role(source, roles, day).rename({column: "role"})
    t = _who_speaks(roles, at).cache()  # thirty marks read what was worked out here
    return t, _nps(t, at) | _touchpoints(t, at) | _silence(t, at) | _comments(t, at)


def _who_speaks(t: ir.Table, at: AsOf) -> ir.Table:
    """With `is_later` and `is_earlier`: the answer speaks for its person at the as-of date, or half a year
    before it; see `nps_panel.heard`."""
    year, gap = at.params.windows.year, at.params.windows.half_year
    nps = (t.kind == "nps") & (t.touchpoint == "relational")
    t = t.mutate(
        person=ibis.coalesce(t.contact_id, t.response_id),
        age=at.day - t.responded_day,
        heard=(nps & at.within(t.responded_day, year + gap)).fill_null(False),
    )
    newest_first = ibis.window(
        group_by=[t.account_id, t.person, t.heard], order_by=[t.responded_at.desc(), t.response_id.desc()]
    )
    t = t.mutate(next_age=t.age.lag().over(newest_first))
    later = t.heard & (t.age <= year) & t.next_age.isnull()
    earlier = t.heard & (t.age > gap) & (t.next_age.isnull() | (t.next_age <= gap))
    return t.mutate(is_later=later.fill_null(False), is_earlier=earlier.fill_null(False))


def _nps(t: ir.Table, at: AsOf) -> Marks:
    month, _, half, year = at.labels
    scored = t.is_later & t.score.notnull()
    by_role = {role: scored & (t.role_heard == role) for role in ROLES}
    account = scored & t.role_heard.notnull()
    # An answer without a score still speaks for its person: it stands in the way of the one before it.
    either = t.is_later | t.is_earlier
    decides = (either & (t.role_heard == DECIDES)).fill_null(False)
    theirs = decides.any().over(ibis.window(group_by=[t.account_id, t.person]))
    ten = 10 * (t.score - t.scale_min) / (t.scale_max - t.scale_min)
    may_detract = (t.role_heard.isnull() | (t.role_heard == DECIDES)) & (t.score.isnull() | (ten < 7))
    return {f"nps_{role}_{year}": marked for role, marked in by_role.items()} | {
        f"nps_account_{year}": account,
        f"nps_account_half_width_{year}": account,
        f"nps_account_change_{half}": either,
        f"nps_decision_maker_change_{half}": either & theirs,
        f"nps_drop_probability_{half}": either,
        f"nps_answers_{year}": scored,
        f"decision_maker_score_{year}": by_role[DECIDES],
        f"decision_maker_detractors_{year}": t.is_later & may_detract,
        f"role_conflict_{year}": account,
        f"users_above_decision_maker_{year}": by_role["user"] | by_role[DECIDES],
        f"praise_while_use_falls_{month}": account,
    }


def _touchpoints(t: ir.Table, at: AsOf) -> Marks:
    *_, year = at.labels
    answered = at.within(t.responded_day, at.params.windows.year) & t.score.notnull()
    here = {
        "ces": ("ticket_resolved", "onboarding_completed", "renewal_completed"),
        "csat": ("qbr", "training"),
    }
    return {
        f"{kind}_{touchpoint}_{year}": answered & (t.kind == kind) & (t.touchpoint == touchpoint)
        for kind, touchpoints in here.items()
        for touchpoint in touchpoints
    }


def _silence(t: ir.Table, at: AsOf) -> Marks:
    *_, half, year = at.labels
    length = at.params.windows.half_year
    asked = _asked(t, at, at.params.windows.year)
    to_top = asked & (t.role_asked == DECIDES)
    return {f"response_rate_{role}_{year}": asked & (t.role_asked == role) for role in ROLES} | {
        f"questions_asked_{year}": asked,
        f"response_rate_{year}": asked,
        f"response_rate_change_{half}": _asked(t, at, length) | _asked(t, at, length, length),
        f"questions_to_decision_maker_{year}": to_top,
        f"decision_maker_silent_{year}": to_top,
        "days_since_decision_maker_answer": to_top,
    }


def _asked(t: ir.Table, at: AsOf, length: int, days_before: int = 0) -> ir.BooleanValue:
    """Sent within the `length` days that end `days_before` the as-of date, and answered by then or older
    than the grace period; see `silence._asked`."""
    moment = at.day - days_before
    answered, age = (t.responded_known_day < moment).fill_null(False), moment - t.sent_day
    return (age >= 1) & (age <= length) & (answered | (age >= at.params.answer_grace))


def _comments(t: ir.Table, at: AsOf) -> Marks:
    """Answers with a comment; that something was read in it is found by `evidence_of_words`."""
    *_, half, year = at.labels
    spoken = t.comment.notnull()
    lately = spoken & at.within(t.responded_day, at.params.windows.half_year)
    decides = lately & (t.role_heard == DECIDES)
    return {
        f"comment_tone_{year}": spoken & at.within(t.responded_day, at.params.windows.year),
        f"learned_text_signal_{half}": lately,
        f"decision_maker_tone_{half}": decides,
        f"decision_maker_negative_themes_{half}": decides,
    }

"""What customers say: answers and whose they are; CES (V3) and CSAT (V4). The NPS: features/nps.py.

A contact's role is the one held when the answer was given, as far as it is known at the as-of date.
Scores are brought from their own scale to 0–1 first, so that a 0–100 survey reads alike.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import exact_sum, share
from features.params import FeatureParams
from features.warehouse import Warehouse


def known_answers(source: Warehouse, cohort: ir.Table, longest: int) -> ir.Table:
    """Answers given and known before each as-of date, at most `longest` days old.

    Adds `age` (days) and `unit_score` (0 worst … 1 best on the answer's own scale; null where the
    answer's score is unknown).
    """
    s = source["surveys"].inner_join(cohort, "account_id")
    s = s.filter(s.known_day < s.as_of_day, s.responded_day < s.as_of_day)
    unit = (s.score - s.scale_min) / (s.scale_max - s.scale_min)
    s = s.mutate(age=s.as_of_day - s.responded_day, unit_score=unit)
    return s.filter(s.age <= longest)


def with_role(source: Warehouse, answers: ir.Table, on_day: str) -> ir.Table:
    """`answers` with the contact's `role` on the day in column `on_day`; null where none is known.

    A contact who held two roles in the account counts in the one that began last; of two that began
    at one instant, in the first by name.
    """
    if not source.has("contacts"):
        return answers.mutate(role=ibis.null("string"))
    c = source["contacts"].select(
        *("contact_id", "account_id", "role", "valid_from"),
        *("valid_from_day", "valid_to_day", "valid_to_known_day"),
        known_contact="known_day",
    )
    held = answers.inner_join(c, ["contact_id", "account_id"])
    held = held.filter(held.known_contact < held.as_of_day, held.valid_from_day <= held[on_day])
    ended = (held.valid_to_day <= held[on_day]) & (held.valid_to_known_day < held.as_of_day)
    held = held.filter(~ended.fill_null(False))
    last = ibis.window(
        group_by=[held.as_of_day, held.response_id],
        order_by=[held.valid_from.desc(), held.role],
    )
    one = held.mutate(place=ibis.row_number().over(last)).filter(lambda t: t.place == 0)
    roles = one.select("response_id", "as_of_day", "role")
    return answers.left_join(roles, ["response_id", "as_of_day"]).drop("response_id_right", "as_of_day_right")


def touchpoints(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """CES (mean, 0–100, higher = easier) and CSAT (top-two-box share, 0–1) per touchpoint.

    Top two boxes are the best two of five: at least three quarters of the way up the scale.
    """
    a = known_answers(source, cohort, params.windows.year)
    year = params.windows.labels()["year"]
    ces = {
        f"ces_{at}_{year}": _ces(a, at)
        for at in ("ticket_resolved", "onboarding_completed", "renewal_completed")
    }
    csat = {f"csat_{at}_{year}": _csat(a, at) for at in ("qbr", "training")}
    found = a.group_by(*KEYS).agg(**ces, **csat)
    t = cohort.left_join(found, KEYS)
    return t.select(*KEYS, *ces, *csat)


def _ces(answers: ir.Table, touchpoint: str) -> ir.Value:
    here = (answers.kind == "ces") & (answers.touchpoint == touchpoint) & answers.score.notnull()
    return share(exact_sum(answers.unit_score * 100, 1_000_000, here), here.sum())


def _csat(answers: ir.Table, touchpoint: str) -> ir.Value:
    here = (answers.kind == "csat") & (answers.touchpoint == touchpoint) & answers.score.notnull()
    return share((here & (answers.unit_score >= 0.75)).sum(), here.sum())

"""What customers say: role NPS (V1), account NPS (V2), CES (V3), CSAT (V4).

The NPS rests on the latest relational answer of each contact within a year. A contact's role is
the one held when the answer was given, as far as it is known at the as-of date. Scores are brought
from their own scale to 0–10 (NPS) or 0–1 (CES, CSAT) first, so that a 0–100 survey reads alike.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import exact_sum, share
from features.params import FeatureParams
from features.source_tables import ROLES
from features.warehouse import Warehouse

JEFFREYS = 0.5  # prior count of each answer class; an interval from one answer is then wide, not zero
Z90 = 1.6448536269514722  # standard normal quantile of a two-sided 90 % interval


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

    A contact who held two roles in the account counts in the one that began last.
    """
    if not source.has("contacts"):
        return answers.mutate(role=ibis.null("string"))
    c = source["contacts"].select(
        *("contact_id", "account_id", "role", "valid_from_day", "valid_to_day", "valid_to_known_day"),
        known_contact="known_day",
    )
    held = answers.inner_join(c, ["contact_id", "account_id"])
    held = held.filter(held.known_contact < held.as_of_day, held.valid_from_day <= held[on_day])
    ended = (held.valid_to_day <= held[on_day]) & (held.valid_to_known_day < held.as_of_day)
    held = held.filter(~ended.fill_null(False))
    last = ibis.window(
        group_by=[held.as_of_day, held.response_id],
        order_by=[held.valid_from_day.desc(), held.role],
    )
    one = held.mutate(place=ibis.row_number().over(last)).filter(lambda t: t.place == 0)
    roles = one.select("response_id", "as_of_day", "role")
    return answers.left_join(roles, ["response_id", "as_of_day"]).drop("response_id_right", "as_of_day_right")


def nps(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """NPS by role, role-weighted account NPS, its 90 % half-width, and the decision maker's word.

    NPS = 100 (promoters − detractors) / n, −100 … 100 (Reichheld 2003). The half-width (NPS points)
    is that of a Dirichlet posterior with Jeffreys prior per role, combined with the role weights.
    Null where nobody answered; `decision_maker_detractors` is 0 then, because none was heard, and
    null where an answer with unknown score or role may be one (missing evidence never flatters).
    """
    votes = _votes(source, cohort, params)
    roles = {role: _posterior(votes, role) for role in ROLES}
    counted = votes.group_by(*KEYS).agg(
        **{f"nps_{role}": nps_of for role, (nps_of, _) in roles.items()},
        **{f"var_{role}": variance for role, (_, variance) in roles.items()},
        answers=votes.ten.count(),
        lowest=votes.ten.min(where=votes.role == "decision_maker"),
        low=_detractors(votes),
    )
    t = cohort.left_join(counted, KEYS)
    weights = {
        role: ibis.ifelse(t[f"nps_{role}"].notnull(), weight, 0.0)
        for role, weight in dict(params.role_weights).items()
    }
    total = reduce(add, weights.values()).nullif(0.0)
    account = reduce(add, (w * t[f"nps_{r}"].fill_null(0.0) for r, w in weights.items())) / total
    variance = reduce(add, (w * w * t[f"var_{r}"].fill_null(0.0) for r, w in weights.items())) / (
        total * total
    )
    year = params.windows.labels()["year"]
    return t.select(
        *KEYS,
        **{f"nps_{role}_{year}": t[f"nps_{role}"] for role in ROLES},
        **{
            f"nps_account_{year}": account,
            f"nps_account_half_width_{year}": Z90 * variance.sqrt(),
            f"nps_answers_{year}": t.answers.fill_null(0),
            f"decision_maker_score_{year}": t.lowest,
            f"decision_maker_detractors_{year}": ibis.ifelse(t.answers.isnull(), 0, t.low),
        },
    )


def _votes(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """The latest relational answer of each contact, on 0–10, with the role; ties by response_id."""
    answers = known_answers(source, cohort, params.windows.year)
    answers = answers.filter(answers.kind == "nps", answers.touchpoint == "relational")
    answers = answers.mutate(person=ibis.coalesce(answers.contact_id, answers.response_id))
    last = ibis.window(
        group_by=[answers.as_of_day, answers.account_id, answers.person],
        order_by=[answers.responded_at.desc(), answers.response_id.desc()],
    )
    latest = answers.mutate(place=ibis.row_number().over(last)).filter(lambda t: t.place == 0)
    return with_role(source, latest, "responded_day").mutate(ten=lambda t: t.unit_score * 10)


def _posterior(votes: ir.Table, role: str) -> tuple[ir.Value, ir.Value]:
    """NPS of a role (null without answers) and the posterior variance, in squared NPS points."""
    of_role = (votes.role == role) & votes.ten.notnull()
    n = of_role.sum()
    up = (of_role & (votes.ten >= 9)).sum()
    down = (of_role & (votes.ten < 7)).sum()
    size = n + 3 * JEFFREYS
    mean = (up - down) / size
    spread = (up + down + 2 * JEFFREYS) / size - mean * mean
    return share(100 * (up - down), n), 10_000 * spread / (size + 1)


def _detractors(votes: ir.Table) -> ir.Value:
    """How many decision makers gave 0–6; null where none is sure and an unknown score or role may be one."""
    top = (votes.role == "decision_maker").fill_null(False)
    low = (votes.ten < 7).fill_null(False)
    sure = (top & low).sum()
    may_be = ((top | votes.role.isnull()) & (low | votes.ten.isnull())).sum()
    return ibis.ifelse((sure == 0) & (may_be > 0), ibis.null("int64"), sure)


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

"""The role of a contact, read from the job title, and its periods, read from the title's history."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.imports.derivations.declared import first_reason

# The first that is found decides: a CFO is of finance, a CIO of IT, before either is a decision maker.
TITLES: tuple[tuple[str, str], ...] = (
    (
        "finance",
        r"\b(cfo|financ\w*|account(ing|ant|s payable)|billing|procurement|purchas\w*)\b|财务|采购|会计",
    ),
    ("it_manager", r"\b(cio|ciso|it|infrastructure|sys(tem)?s? ?admin\w*|security|devops)\b|信息|运维|安全"),
    (
        "decision_maker",
        r"\b(ceo|coo|cto|cmo|cro|chief|founder|co-founder|owner|president|vp|svp|evp|director|partner"
        r"|decision.?maker|executive sponsor|budget holder)\b|总裁|总经理|总监|董事|创始人|决策",
    ),
    ("manager", r"\b(manager|head|lead|leader|supervisor|champion)\b|经理|主管|负责人"),
    (
        "user",
        r"\b(user|end.?user|analyst|engineer|specialist|associate|assistant|representative)\b|专员|工程师",
    ),
)


def role_of(title: ir.Value) -> ir.Value:
    """The role that a job title tells, or null where it tells none.

    >>> import ibis
    >>> [role_of(ibis.literal(t)).to_pyarrow().as_py() for t in ("CFO", "VP Sales", "采购经理", "Barista")]
    ['finance', 'decision_maker', 'finance', None]
    """
    cases = [(title.lower().re_search(pattern), role) for role, pattern in TITLES]
    return ibis.cases(*cases, else_=ibis.null("string"))


def role_periods(versions: ir.Table) -> ir.Table:
    """One row per contact and unbroken period in one role at one account, from the versions of each contact.

    Whoever goes to another company has left the first, in whatever role. `versions` has contact_id,
    account_id, title, created_at, since (when the title became known, null where no history tells), and
    email. The first version holds from `created_at`: it is trusted as first written. Returns contact_id,
    account_id, role, valid_from, valid_to and the remarks.
    """
    v = versions.mutate(role=role_of(versions.title))
    v = v.mutate(unsaid=v.role.isnull(), role=v.role.fill_null("user"), undated=v.since.isnull())
    order = [v.since, v.role, v.account_id]
    before = {n: v[n].lag().over(group_by="contact_id", order_by=order) for n in ("role", "account_id")}
    place = ibis.row_number().over(group_by="contact_id", order_by=order)
    moved = ~before["account_id"].identical_to(v.account_id)
    v = v.mutate(changed=before["role"].isnull() | (before["role"] != v.role) | moved, place=place)
    v = v.filter(v.changed)
    begun = ibis.coalesce(v.created_at, v.since)
    v = v.mutate(valid_from=(v.place == 0).ifelse(begun, v.since))
    following = v.valid_from.lead().over(group_by="contact_id", order_by=[v.since, v.role, v.account_id])
    v = v.mutate(valid_to=following)
    return v.mutate(
        row_key=v.contact_id,
        left_out=first_reason((v.account_id.isnull(), "a contact of no account")),
        told=first_reason(
            (v.unsaid, "no job title that tells a role: counted as user"),
            (v.undated, "no history of the job title: the role as it stands in the export"),
        ),
    )

"""What the help desk saw: volume against the account's own history (O4), severity (O5), FCR (O6).

A ticket exists from `opened_at`. Its resolution, and with it `contacts_to_resolve` and `reopened`,
is known only once `resolved_at` lies before the as-of date; until then the ticket is open.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import change, exact_sum, share
from features.params import FeatureParams
from features.warehouse import Warehouse, epoch_microseconds


def known_tickets(source: Warehouse, cohort: ir.Table) -> ir.Table:
    """Tickets known at each as-of date, with `age` since opening and `solved_age` since resolution.

    `solved_age` is null while the ticket was still open at the as-of date; `first_response_at` is
    null where it lies at or after it.
    """
    t = source["tickets"].inner_join(cohort, "account_id")
    t = t.filter(t.known_day < t.as_of_day)
    solved_age = ibis.ifelse(t.resolved_day < t.as_of_day, t.as_of_day - t.resolved_day, ibis.null("int64"))
    answered = t.first_response_day < t.as_of_day
    answer = ibis.ifelse(answered, t.first_response_at, ibis.null(t.first_response_at.type()))
    return t.mutate(age=t.as_of_day - t.opened_day, solved_age=solved_age, first_response_at=answer)


def volume(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Tickets of the quarter, none at all, and the ratio to the account's own earlier rate.

    `ticket_volume_vs_history` is log2((n + ½) / (expected + ½)); the expectation is the account's
    own daily rate over the year before the quarter. It is null for an account that is younger
    than two quarters: it has no history to compare with. Zero and spike both stand out; neither
    is monotone in risk.
    """
    quarter, year = params.windows.quarter, params.windows.year
    t = known_tickets(source, cohort)
    earlier = (t.age > quarter) & (t.age <= quarter + year)
    counts = t.group_by(*KEYS).agg(
        recent=(t.age <= quarter).sum(), earlier=earlier.sum(), open=t.solved_age.isnull().sum()
    )
    accounts = source["accounts"].select("account_id", "created_day")
    c = cohort.left_join(counts, KEYS).drop("account_id_right", "as_of_day_right")
    c = c.fill_null({"recent": 0, "earlier": 0, "open": 0}).inner_join(accounts, "account_id")
    lived = (c.as_of_day - c.created_day - quarter).clip(upper=year)
    expected = c.earlier * float(quarter) / lived.nullif(0)
    against = ((c.recent + 0.5) / (expected + 0.5)).log2()
    w = params.windows.labels()
    return c.select(
        *KEYS,
        **{
            f"tickets_{w['quarter']}": c.recent,
            f"no_tickets_{w['quarter']}": (c.recent == 0).cast("int64"),
            "ticket_volume_vs_history": ibis.ifelse(lived >= quarter, against, ibis.null("float64")),
            "open_tickets": c.open,
        },
    )


def severity(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Weighted severity of the quarter and its change, share of bugs and incidents, open critical tickets.

    The change is against the quarter before, in [-1, 1]; null for an account younger than the two.
    """
    quarter, half_year = params.windows.quarter, params.windows.half_year
    t = known_tickets(source, cohort)
    weight = t.severity.cases(*dict(params.severity_weights).items(), else_=0.0)
    broken, recent = t.kind.isin(("bug", "incident")), t.age <= half_year
    found = t.group_by(*KEYS).agg(
        weight=exact_sum(weight, 1000, t.age <= quarter),
        weight_before=exact_sum(weight, 1000, (t.age > quarter) & (t.age <= 2 * quarter)),
        share_broken=share((broken & recent).sum(), recent.sum()),
        open_critical=((t.severity == "critical") & t.solved_age.isnull()).sum(),
    )
    c = cohort.left_join(found, KEYS).drop("account_id_right", "as_of_day_right")
    c = c.inner_join(source["accounts"].select("account_id", "created_day"), "account_id")
    c = c.fill_null({"weight": 0.0, "weight_before": 0.0, "open_critical": 0})
    old_enough = c.as_of_day - c.created_day >= 2 * quarter
    w = params.windows.labels()
    return c.select(
        *KEYS,
        **{
            f"ticket_severity_{w['quarter']}": c.weight,
            f"ticket_severity_change_{w['quarter']}": ibis.ifelse(
                old_enough, change(c.weight, c.weight_before), ibis.null("float64")
            ),
            f"broken_ticket_share_{w['half_year']}": c.share_broken,
            "open_critical_tickets": c.open_critical,
        },
    )


def resolution(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """First-contact resolution and its change, reopened tickets, hours to the first response and the end.

    Over tickets resolved in the half year before the as-of date; null where there was none.
    FCR is the share resolved in one contact and not reopened, among those with a contact count. One of
    which nobody says whether it was reopened is not known to be done; null where none of them says. The
    change is against the half year before, and null unless all of both say.
    """
    t, half = known_tickets(source, cohort), params.windows.half_year
    now, before = t.solved_age <= half, (t.solved_age > half) & (t.solved_age <= 2 * half)
    counted = t.contacts_to_resolve.notnull()
    found = t.group_by(*KEYS).agg(
        fcr=_first_contact(t, now & counted),
        fcr_before=_first_contact(t, before & counted),
        told=~((now | before) & counted & t.reopened.isnull()).any(),
        reopened=share((t.reopened & now).sum(), (t.reopened.notnull() & now).sum()),
        to_resolve=_hours(t.opened_at, t.resolved_at).median(where=now),
        to_answer=_hours(t.opened_at, t.first_response_at).median(where=now),
    )
    c, w = cohort.left_join(found, KEYS), params.windows.labels()["half_year"]
    return c.select(
        *KEYS,
        **{
            f"first_contact_resolution_{w}": c.fcr,
            f"first_contact_resolution_change_{w}": ibis.ifelse(
                c.told, c.fcr - c.fcr_before, ibis.null("float64")
            ),
            f"reopened_share_{w}": c.reopened,
            f"hours_to_resolve_{w}": c.to_resolve,
            f"hours_to_first_response_{w}": c.to_answer,
        },
    )


def _first_contact(tickets: ir.Table, counted: ir.Value) -> ir.Value:
    # Left out, a ticket that was reopened would raise the share as soon as nobody says so any more.
    at_once = (tickets.contacts_to_resolve <= 1) & ~tickets.reopened.fill_null(True)
    told = (tickets.reopened.notnull() & counted).any()
    return ibis.ifelse(told, share((at_once & counted).sum(), counted.sum()), ibis.null("float64"))


def _hours(start: ir.Value, end: ir.Value) -> ir.Value:
    # In whole microseconds: of epoch seconds DuckDB keeps the fraction, and Spark drops it.
    return (epoch_microseconds(end) - epoch_microseconds(start)).cast("float64") / 3_600_000_000.0

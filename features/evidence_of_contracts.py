"""Which subscriptions, invoices, renewals and account records count for which feature."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.evidence_rows import AsOf, Marks, known_then
from features.source_tables import SUBSCRIPTIONS
from features.warehouse import Warehouse


def behind_subscriptions(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The states of subscriptions, with the marks of those that run now, or ran half a year ago.

    A change is measured against the state that stood then. Where one of the two ran, the other is shown
    too: that a subscription was ended by then is why it counts for nothing; see `running_subscriptions`.
    """
    half_year = at.params.windows.half_year
    everyone = known_then(source["subscriptions"], SUBSCRIPTIONS, at.day)
    for name, day in (("now", at.day), ("then", at.day - half_year)):
        seen = everyone.filter(everyone.changed_day < day, everyone.starts_day <= day)
        newest = seen.group_by("subscription_id").agg(newest=seen.changed_at.max())
        t = t.left_join(newest, "subscription_id").drop("subscription_id_right")
        stands = (t.changed_at == t.newest) & (t.starts_day <= day)  # one state of each, of whatever account
        t = t.mutate(**{f"stands_{name}": stands.fill_null(False)}).drop("newest")
        runs = t[f"stands_{name}"] & (t.ends_day.isnull() | (t.ends_day >= day))
        t = t.mutate(**{f"runs_{name}": runs.fill_null(False)})
    one = ibis.window(group_by=[t.account_id, t.subscription_id])
    ran = (t.runs_now | t.runs_then).any().over(one)
    change = (t.stands_now | t.stands_then) & ran
    month, _, half, _ = at.labels
    licensed = ("seat_utilisation", "seat_utilisation_change", "modules_used_share")
    return t, {f"{name}_{month}": t.runs_now for name in (*licensed, "modules_used_share_change")} | {
        "seats": t.runs_now,
        "mrr": t.runs_now,
        f"seats_change_{half}": change,
        f"mrr_change_{half}": change,
    }


def behind_invoices(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The invoices, with the marks of those that fell due in a window, or are overdue."""
    windows, (*_, half, year) = at.params.windows, at.labels
    due = at.within(t.due_day, windows.year)
    t = t.mutate(overdue=(t.due_day < at.day) & t.paid_day.isnull())
    longest = t.due_day.min(where=t.overdue).over(ibis.window(group_by=[t.account_id]))
    return t, {
        f"paid_on_time_share_{year}": due,
        f"days_late_{year}": due,
        f"days_late_change_{half}": at.within(t.due_day, windows.half_year, 2),
        "overdue_invoices": t.overdue,
        "overdue_days_longest": t.overdue & (t.due_day == longest),
    }


def behind_renewals(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The newest status of each contract, with the marks of the renewals that are still to come."""
    newest_first = ibis.window(group_by=[t.account_id, t.contract_id], order_by=[t.changed_at.desc()])
    t = t.mutate(place=ibis.row_number().over(newest_first))
    t = t.mutate(coming=(t.place == 0) & (t.renewal_day >= at.day))
    soonest = t.renewal_day.min(where=t.coming).over(ibis.window(group_by=[t.account_id]))
    return t, {
        "days_to_renewal": t.coming & (t.renewal_day == soonest),
        "renewal_at_risk": t.coming,
        "renewal_committed": t.coming,
    }


def behind_accounts(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The account's own record, marked for what asks how old the account is, or of which segment."""
    month, quarter, _, year = at.labels
    compared = ["dau_over_mau_change", "active_users_change", "events_change", "seat_utilisation_change"]
    compared += ["praise_while_use_falls", "friendly_notes_while_use_falls"]
    names = [f"{name}_{month}" for name in compared]
    names += [f"ticket_severity_change_{quarter}", f"nps_account_half_width_{year}"]
    names += ["tenure_days", "ticket_volume_vs_history", "days_since_last_use"]
    return t, {name: ibis.literal(True) for name in names}

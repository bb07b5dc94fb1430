"""What the contract and the bank say: seats and revenue (O7), payment (O8), renewal (O9)."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import share, whole_sum
from features.params import FeatureParams
from features.subscription_state import running_subscriptions
from features.warehouse import Warehouse


def seats_and_revenue(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Seats and monthly recurring revenue now, and their change against half a year earlier.

    Both are null unless every running subscription states them. The change is `now / then - 1`; null where
    nothing ran then, or where the currency differs.
    """
    half = params.windows.half_year
    now, then = _standing(source, cohort, 0), _standing(source, cohort, half)
    then = then.rename(seats_then="seats", mrr_then="mrr", currency_then="currency")
    t = cohort.left_join(now, KEYS).drop("account_id_right", "as_of_day_right").left_join(then, KEYS)
    same_money = t.currency == t.currency_then
    mrr_change = ibis.ifelse(same_money, share(t.mrr, t.mrr_then) - 1, ibis.null("float64"))
    w = params.windows.labels()["half_year"]
    return t.select(
        *KEYS,
        seats=t.seats,
        mrr=t.mrr,
        **{f"seats_change_{w}": share(t.seats, t.seats_then) - 1, f"mrr_change_{w}": mrr_change},
    )


def _standing(source: Warehouse, cohort: ir.Table, days_before: int) -> ir.Table:
    """Seats, revenue and currency of each account `days_before`.

    Revenue is null in mixed currencies; one that is not stated differs from one that is.
    """
    running = running_subscriptions(source, cohort, days_before)
    # One export writes EUR and the other eur.
    money, paying = running.currency.fill_null("").strip().upper(), running.mrr.notnull()
    sums = running.group_by(*KEYS).agg(
        seats=whole_sum(running.seats, 1),
        mrr=whole_sum(running.mrr, 100),
        currency=money.max(where=paying),
        currencies=money.nunique(where=paying),
    )
    one_money = sums.currencies <= 1
    return sums.mutate(mrr=ibis.ifelse(one_money, sums.mrr, ibis.null("float64"))).drop("currencies")


def payment(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """On-time share and days late of invoices due within a year, and what is overdue as known then.

    An invoice paid later is still unpaid at the as-of date. Days late of an unpaid invoice run
    until the as-of date. Shares and means are null where nothing fell due. The change is days late
    of the invoices due within half a year minus that of those due in the half year before.
    """
    i = source["invoices"].inner_join(cohort, "account_id")
    i = i.filter(i.known_day < i.as_of_day, i.due_day < i.as_of_day)
    paid = (i.paid_known_day < i.as_of_day).fill_null(False)
    until = ibis.ifelse(paid, i.paid_day, i.as_of_day)
    i = i.mutate(paid=paid, late=(until - i.due_day).clip(lower=0))
    age, half = i.as_of_day - i.due_day, params.windows.half_year
    due, lately, before = age <= params.windows.year, age <= half, (age > half) & (age <= 2 * half)
    found = i.group_by(*KEYS).agg(
        on_time=share((i.paid & (i.late == 0) & due).sum(), due.sum()),
        late=share(i.late.sum(where=due), due.sum()),
        late_lately=share(i.late.sum(where=lately), lately.sum()),
        late_before=share(i.late.sum(where=before), before.sum()),
        overdue=(~i.paid).sum(),
        overdue_days=i.late.max(where=~i.paid),
    )
    c = cohort.left_join(found, KEYS).fill_null({"overdue": 0, "overdue_days": 0})
    w = params.windows.labels()
    return c.select(
        *KEYS,
        overdue_invoices=c.overdue,
        overdue_days_longest=c.overdue_days,
        **{
            f"paid_on_time_share_{w['year']}": c.on_time,
            f"days_late_{w['year']}": c.late,
            f"days_late_change_{w['half_year']}": c.late_lately - c.late_before,
        },
    )


def renewal(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Days to the next renewal date known, and what the CSM has said about it.

    Of each contract the newest status known counts; a renewal date that has passed is over. Null
    where no coming renewal is known. The status features are 1 or 0; a renewal that has been
    refused beforehand (`churned`) is at risk.
    """
    changes = source["renewals"].inner_join(cohort, "account_id")
    seen = changes.filter(changes.known_day < changes.as_of_day)
    newest = ibis.window(
        group_by=[seen.as_of_day, seen.account_id, seen.contract_id], order_by=[seen.changed_at.desc()]
    )
    contracts = seen.mutate(place=ibis.row_number().over(newest)).filter(lambda t: t.place == 0)
    coming = contracts.filter(contracts.renewal_day >= contracts.as_of_day)
    found = coming.group_by(*KEYS).agg(
        days=(coming.renewal_day - coming.as_of_day).min(),
        at_risk=coming.status.isin(("at_risk", "churned")).cast("int64").max(),
        committed=(coming.status.isin(("committed", "renewed"))).cast("int64").max(),
    )
    c = cohort.left_join(found, KEYS)
    return c.select(*KEYS, days_to_renewal=c.days, renewal_at_risk=c.at_risk, renewal_committed=c.committed)


def tenure(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Days since the account was created."""
    t = cohort.inner_join(source["accounts"].select("account_id", "created_day"), "account_id")
    return t.select(*KEYS, tenure_days=t.as_of_day - t.created_day)

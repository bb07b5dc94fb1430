"""The subscriptions of an account as they stood, and were known, at a date."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.warehouse import Warehouse

KEYS = ("account_id", "as_of_day")


def running_subscriptions(source: Warehouse, cohort: ir.Table, days_before: int = 0) -> ir.Table:
    """The newest known state of each subscription that was running `days_before` the as-of date.

    What is known is judged at the as-of date itself: a change entered late counts from the day it
    was entered. A state that starts later (a renewal signed early) replaces the present one only
    from its start on. A subscription belongs to the account that its newest state names, and to no
    other. A period that ends on the very day still runs: whether it was renewed is known only afterwards.
    """
    # Of all accounts: a row that names another one is how a subscription leaves this one.
    changes = source["subscriptions"].cross_join(cohort.select("as_of_day").distinct())
    moment = changes.as_of_day - days_before
    seen = changes.filter(
        changes.known_day < changes.as_of_day, changes.changed_day < moment, changes.starts_day <= moment
    )
    newest = ibis.window(
        group_by=[seen.as_of_day, seen.subscription_id],
        order_by=[seen.changed_at.desc(), seen.account_id],
    )
    latest = seen.mutate(place=ibis.row_number().over(newest)).filter(lambda t: t.place == 0)
    own = latest.semi_join(cohort, KEYS)
    return own.filter(own.ends_day.isnull() | (own.ends_day >= own.as_of_day - days_before))

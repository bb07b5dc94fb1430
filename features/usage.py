"""What customers do in the product: use (O1), breadth (O2) and depth (O3).

What is counted here comes from `usage_counts.py`; this module turns counts into shares and changes.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.cohort import KEYS
from features.exact import change, exact_sum, share
from features.params import FeatureParams
from features.subscription_state import running_subscriptions
from features.usage_counts import THOUSANDTHS, usage_counts
from features.warehouse import Warehouse


def use(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Log-in, seat, breadth and depth features of every account of the cohort, each trend with its level.

    An account without any event in the window has zeros: the usage table is there, so silence is
    a fact. Shares over no active user are null. Use longer ago than a quarter counts as a quarter
    ago, and an account that nobody has used yet has waited no longer than it exists. Changes are
    null for an account younger than the two windows they compare: it has not grown, it has begun.
    What is measured against the licence needs the subscriptions, and is left out without them.
    """
    counts = usage_counts(source, cohort, params)
    t = counts.inner_join(source["accounts"].select("account_id", "created_day"), "account_id")
    age = t.as_of_day - t.created_day
    t = t.mutate(
        unused=age.clip(upper=params.windows.quarter),
        grown_up=age >= 2 * params.windows.month,
        events=t.events.cast("float64") / float(THOUSANDTHS),
        events_before=t.events_before.cast("float64") / float(THOUSANDTHS),
    )
    found = _people_and_days(t, params) | _depth(t, params)
    if source.has("subscriptions"):
        t = t.left_join(_licences(source, cohort), KEYS).drop("account_id_right", "as_of_day_right")
        found |= _against_licence(t, params)
    return t.select(*KEYS, **found)


def _people_and_days(t: ir.Table, params: FeatureParams) -> dict[str, ir.Value]:
    month, w = params.windows.month, params.windows.labels()["month"]
    daily = share(t.person_days, t.active * month)
    return {
        f"active_users_{w}": t.active,
        f"active_days_{w}": t.days,
        f"dau_over_mau_{w}": daily,
        f"dau_over_mau_change_{w}": _grown(t, daily - share(t.person_days_before, t.active_before * month)),
        f"events_per_active_user_{w}": share(t.events, t.active),
        f"active_users_change_{w}": _grown(t, change(t.active, t.active_before)),
        f"events_change_{w}": _grown(t, change(t.events, t.events_before)),
        "days_since_last_use": t.last_age.fill_null(t.unused),
    }


def _depth(t: ir.Table, params: FeatureParams) -> dict[str, ir.Value]:
    w, deep = params.windows.labels()["month"], share(t.sticky, t.active)
    return {
        f"sticky_feature_user_share_{w}": deep,
        f"sticky_feature_user_share_change_{w}": deep - share(t.sticky_before, t.active_before),
    }


def _against_licence(t: ir.Table, params: FeatureParams) -> dict[str, ir.Value]:
    """Active users over licensed seats, modules used over modules licensed: both over today's licence.

    Null where no running subscription states its seats, or its modules.
    """
    w = params.windows.labels()["month"]
    return {
        f"seat_utilisation_{w}": share(t.active, t.seats),
        f"seat_utilisation_change_{w}": _grown(t, share(t.active - t.active_before, t.seats)),
        f"modules_used_share_{w}": share(t.modules, t.licensed),
        f"modules_used_share_change_{w}": share(t.modules - t.modules_before, t.licensed),
    }


def _grown(t: ir.Table, change_of: ir.Value) -> ir.Value:
    """The change; null for an account younger than the two windows compared."""
    return ibis.ifelse(t.grown_up, change_of, ibis.null("float64"))


def _licences(source: Warehouse, cohort: ir.Table) -> ir.Table:
    """Seats and the number of distinct licensed modules of each account as known at each date."""
    running = running_subscriptions(source, cohort)
    seats = running.group_by(*KEYS).agg(seats=exact_sum(running.seats, 1))
    named = running.select(*KEYS, module=running.modules.split("|").unnest())
    one_each = named.mutate(module=named.module.strip()).filter(lambda t: t.module != "").distinct()
    modules = one_each.group_by(*KEYS).agg(licensed=one_each.count())
    return seats.left_join(modules, KEYS).select(*KEYS, "seats", "licensed")

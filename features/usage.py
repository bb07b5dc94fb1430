"""What customers do in the product: use (O1), breadth (O2) and depth (O3).

What is counted here comes from `usage_counts.py`; this module turns counts into shares and changes.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.bit_masks import size
from features.cohort import KEYS
from features.exact import change, share, whole_sum
from features.licensed_modules import Modules, known_modules, licensed_modules
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
    modules = _modules(source, cohort, params)
    counts = usage_counts(source, cohort, params, modules)
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
        t = t.left_join(_licences(source, cohort, modules), KEYS).drop("account_id_right", "as_of_day_right")
        found |= _seats_in_use(t, params) | _breadth(t, params, modules)
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


def _seats_in_use(t: ir.Table, params: FeatureParams) -> dict[str, ir.Value]:
    """Active users over the seats of today's licence; null unless every running subscription states them."""
    w = params.windows.labels()["month"]
    return {
        f"seat_utilisation_{w}": share(t.active, t.seats),
        f"seat_utilisation_change_{w}": _grown(t, share(t.active - t.active_before, t.seats)),
    }


def _breadth(t: ir.Table, params: FeatureParams, modules: Modules) -> dict[str, ir.Value]:
    """Of the modules of today's licence those that were used: what is used and not licensed counts for
    nothing. Null unless every running subscription names its modules.
    """
    licensed = size(t[word] for word in modules.licensed)
    now, before = (
        size(t[word] & t[own] for word, own in zip(used, modules.licensed, strict=True))
        for used in (modules.used, modules.used_before)
    )
    w = params.windows.labels()["month"]
    return {
        f"modules_used_share_{w}": share(now, licensed),
        f"modules_used_share_change_{w}": share(now - before, licensed),
    }


def _grown(t: ir.Table, change_of: ir.Value) -> ir.Value:
    """The change; null for an account younger than the two windows compared."""
    return ibis.ifelse(t.grown_up, change_of, ibis.null("float64"))


def _modules(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> Modules:
    """The modules that use before any of the cohort's dates may be of."""
    days = cohort.as_of_day.to_pyarrow().to_pylist()
    return known_modules(source, min(days, default=0) - params.windows.quarter, max(days, default=0))


def _licences(source: Warehouse, cohort: ir.Table, modules: Modules) -> ir.Table:
    """Seats and licensed modules of each account as known at each date."""
    running = running_subscriptions(source, cohort)
    seats = running.group_by(*KEYS).agg(seats=whole_sum(running.seats, 1))
    return seats.left_join(licensed_modules(running, modules), KEYS).select(*KEYS, "seats", *modules.licensed)

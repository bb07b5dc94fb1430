"""What customers do in the product: use (O1), breadth (O2) and depth (O3).

Events are joined to a calendar of (day, as-of day, age) by equality of days, so that each engine
uses a hash join and reads each event once for each as-of date it counts for. The days of use of a
person are kept as the bits of one integer, which makes distinct days an `or` and a bit count.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.cohort import KEYS
from features.exact import change, exact_sum, share
from features.params import FeatureParams
from features.subscription_state import running_subscriptions
from features.warehouse import Warehouse


@ibis.udf.scalar.builtin(name="bit_count")  # type: ignore[untyped-decorator]
def bit_count(mask: int) -> int:  # type: ignore[empty-body]
    """The number of bits set in `mask`: DuckDB and Spark both know it by this name."""


def calendar(cohort: ir.Table, longest: int) -> ir.Table:
    """One row per as-of day and age 1 … `longest`: which day is how old at which as-of date."""
    days = sorted(cohort.as_of_day.to_pyarrow().unique().to_pylist())
    rows = [(as_of - age, as_of, age) for as_of in days for age in range(1, longest + 1)]
    frame = pd.DataFrame(rows, columns=["occurred_day", "as_of_day", "age"], dtype="int64")
    return ibis.memtable(frame, schema={"occurred_day": "int64", "as_of_day": "int64", "age": "int64"})


def events_in_window(source: Warehouse, cohort: ir.Table, longest: int) -> ir.Table:
    """Every event known before each as-of date and not older than `longest` days, with its age.

    A roll-up that counts 0 events is no use.
    """
    columns = ("account_id", "user_id", "occurred_day", "known_day", "module", "feature", "quantity")
    events = source["usage"].filter(source["usage"].quantity > 0).select(*columns)
    aged = events.inner_join(calendar(cohort, longest), "occurred_day")
    return aged.filter(aged.known_day < aged.as_of_day)


def use(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Log-in, trend and depth features of every account of the cohort.

    An account without any event in the window has zeros: the usage table is there, so silence is
    a fact. Shares over no active user are null. Use longer ago than a quarter counts as a quarter
    ago, and an account that nobody has used yet has waited no longer than it exists. Changes are
    null for an account younger than the two windows they compare: it has not grown, it has begun.
    """
    w, month = params.windows.labels(), params.windows.month
    people = (
        _by_person(source, cohort, params)
        .group_by(*KEYS)
        .agg(
            active=lambda t: (t.days_now != 0).sum(),
            active_before=lambda t: t.before.sum(),
            days=lambda t: bit_count(t.days_now.bit_or()),
            person_days=lambda t: bit_count(t.days_now).sum(),
            events=lambda t: exact_sum(t.events_now, 1000),
            events_before=lambda t: exact_sum(t.events_before, 1000),
            sticky=lambda t: t.sticky_now.sum(),
            sticky_before=lambda t: t.sticky_before.sum(),
            last_age=lambda t: t.last_age.min(),
        )
    )
    joined = cohort.left_join(people, KEYS).drop("account_id_right", "as_of_day_right")
    joined = joined.inner_join(source["accounts"].select("account_id", "created_day"), "account_id")
    zeros = dict.fromkeys(("active", "active_before", "days", "person_days", "sticky", "sticky_before"), 0)
    t = joined.fill_null({**zeros, "events": 0.0, "events_before": 0.0})
    age = t.as_of_day - t.created_day
    unused, two_windows_old = age.clip(upper=params.windows.quarter), age >= 2 * month
    return t.select(
        *KEYS,
        **{
            f"active_users_{w['month']}": t.active,
            f"active_days_{w['month']}": t.days,
            f"dau_over_mau_{w['month']}": share(t.person_days, t.active * month),
            f"events_per_active_user_{w['month']}": share(t.events, t.active),
            f"active_users_change_{w['month']}": two_windows_old.ifelse(
                change(t.active, t.active_before), ibis.null("float64")
            ),
            f"events_change_{w['month']}": two_windows_old.ifelse(
                change(t.events, t.events_before), ibis.null("float64")
            ),
            "days_since_last_use": t.last_age.fill_null(unused),
            f"sticky_feature_user_share_{w['month']}": share(t.sticky, t.active),
            f"sticky_feature_user_share_change_{w['month']}": share(t.sticky, t.active)
            - share(t.sticky_before, t.active_before),
        },
    )


def _by_person(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """One row per account, as-of day and user: bit masks of days, event counts, sticky use."""
    month = params.windows.month
    seen = events_in_window(source, cohort, params.windows.quarter)
    now, before = seen.age <= month, (seen.age > month) & (seen.age <= 2 * month)
    sticky = seen.feature.isin(params.sticky_features) if params.sticky_features else ibis.literal(False)
    one = ibis.literal(1, "int64")
    return seen.group_by(*KEYS, "user_id").agg(
        # Engines evaluate the shift before they filter, so ages beyond the window must still be legal.
        days_now=(one << (seen.age - 1).clip(upper=62)).bit_or(where=now).fill_null(0),
        before=before.cast("int64").max(),
        events_now=exact_sum(seen.quantity, 1000, now).fill_null(0.0),
        events_before=exact_sum(seen.quantity, 1000, before).fill_null(0.0),
        sticky_now=(sticky & now).cast("int64").max().fill_null(0),
        sticky_before=(sticky & before).cast("int64").max().fill_null(0),
        last_age=seen.age.min(),
    )


def seats_in_use(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Active users over licensed seats, and modules used over modules licensed.

    Null where no running subscription states its seats, or its modules.
    """
    month = params.windows.month
    seen = events_in_window(source, cohort, params.windows.quarter)
    used = seen.group_by(*KEYS).agg(
        users=seen.user_id.nunique(where=seen.age <= month),
        modules=seen.module.nunique(where=seen.age <= month),
        modules_before=seen.module.nunique(where=(seen.age > month) & (seen.age <= 2 * month)),
    )
    t = cohort.left_join(_licences(source, cohort), KEYS).drop("account_id_right", "as_of_day_right")
    t = t.left_join(used, KEYS).fill_null({"users": 0, "modules": 0, "modules_before": 0})
    w = params.windows.labels()
    return t.select(
        *KEYS,
        **{
            f"seat_utilisation_{w['month']}": share(t.users, t.seats),
            f"modules_used_share_{w['month']}": share(t.modules, t.licensed),
            f"modules_used_share_change_{w['month']}": share(t.modules - t.modules_before, t.licensed),
        },
    )


def _licences(source: Warehouse, cohort: ir.Table) -> ir.Table:
    """Seats and the number of distinct licensed modules of each account as known at each date."""
    running = running_subscriptions(source, cohort)
    seats = running.group_by(*KEYS).agg(seats=exact_sum(running.seats, 1))
    named = running.select(*KEYS, module=running.modules.split("|").unnest())
    one_each = named.mutate(module=named.module.strip()).filter(lambda t: t.module != "").distinct()
    modules = one_each.group_by(*KEYS).agg(licensed=one_each.count())
    return seats.left_join(modules, KEYS).select(*KEYS, "seats", "licensed")

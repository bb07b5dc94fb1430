"""Which use counts for which feature: the very rows, or rolled up by day, by user and by module."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.evidence_rows import AsOf, Columns, Marks, Records, columns_of, known_then
from features.licensed_modules import known_modules, with_licence
from features.source_tables import USAGE
from features.subscription_state import running_subscriptions
from features.time_windows import EPOCH
from features.warehouse import Warehouse

ROLL_UPS = ("usage_by_day", "usage_by_user", "usage_by_module")
"""What stands for the table `usage` where its rows are too many to be kept."""


def behind_usage(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The rows of use (of `known_then`), with the marks of every feature of use."""
    t = _with_licences(source, t.mutate(last_day=_last_day(t, at)), at)
    return t, _of_days(t, at, t.last_day) | _of_modules(t, at)


def _last_day(t: ir.Table, at: AsOf) -> ir.IntegerValue:
    """The last day with use in the quarter before the as-of date, of each row's account."""
    counts = (t.quantity > 0) & at.within(t.occurred_day, at.params.windows.quarter)
    return t.occurred_day.max(where=counts).over(ibis.window(group_by=[t.account_id]))


def _of_days(t: ir.Table, at: AsOf, last_day: ir.IntegerValue) -> Marks:
    """Features of people and days. A roll-up that counts 0 events is no use."""
    used, length, (month, *_) = t.quantity > 0, at.params.windows.month, at.labels
    now, both = used & at.within(t.occurred_day, length), used & at.within(t.occurred_day, length, 2)
    levels = ("active_users", "active_days", "dau_over_mau", "events_per_active_user", "seat_utilisation")
    changes = ["active_users_change", "events_change", "dau_over_mau_change", "seat_utilisation_change"]
    changes += (
        "sticky_feature_user_share_change",
        "praise_while_use_falls",
        "friendly_notes_while_use_falls",
    )
    return (
        {f"{name}_{month}": now for name in (*levels, "sticky_feature_user_share")}
        | {f"{name}_{month}": both for name in changes}
        | {"days_since_last_use": used & (t.occurred_day == last_day)}
    )


def _of_modules(t: ir.Table, at: AsOf) -> Marks:
    """Breadth, of rows that tell whether their module `is_licensed`: what is not counts for nothing."""
    used, length, (month, *_) = (t.quantity > 0) & t.is_licensed, at.params.windows.month, at.labels
    return {
        f"modules_used_share_{month}": used & at.within(t.occurred_day, length),
        f"modules_used_share_change_{month}": used & at.within(t.occurred_day, length, 2),
    }


def _with_licences(source: Warehouse, t: ir.Table, at: AsOf) -> ir.Table:
    """The rows with `is_licensed`: whether the module is one of the account's licence at the as-of date."""
    if not source.has("subscriptions"):
        return t.mutate(is_licensed=ibis.literal(False))
    who = t.select("account_id").distinct().mutate(as_of_day=ibis.literal(at.day, "int64"))
    modules = known_modules(source, at.day - at.params.windows.quarter, at.day)
    return with_licence(t, running_subscriptions(source, who), modules)


def rolled_up(source: Warehouse, who: ir.Table, at: AsOf, names: AbstractSet[str]) -> dict[str, Records]:
    """Use of the accounts of `who` as ROLL_UPS, in the days that count for one of the features `names`.

    By day: `records` (rows of the table), people, events, people who used a sticky feature. By user and
    by module: days with use in the month and in the month before, events and days of sticky use (users
    of the module), and the last day. The table is read once.
    """
    finest = _with_licences(source, _finest(source, who, at), at)
    daily = finest.group_by("account_id", "user_id", "occurred_day").agg(
        records=finest.records.sum(), quantity=finest.quantity.sum(), sticky=finest.sticky.any()
    )
    last = ibis.window(group_by=[daily.account_id])
    daily = daily.mutate(last_day=daily.occurred_day.max().over(last))
    # What a roll-up tells does not depend on which features were asked for, so all are marked first.
    of_days, of_modules = _of_days(daily, at, daily.last_day), _of_modules(finest, at)
    found = {}
    if names & of_days.keys():
        marked = columns_of(of_days, of_days)
        daily = _marked(daily, marked).cache()
        found["usage_by_day"] = _by_day(daily, marked)
        found["usage_by_user"] = _by_user(daily, at, marked)
    if names & of_modules.keys():
        marked = columns_of(of_modules, of_modules)
        found["usage_by_module"] = _by_module(_marked(finest, marked), at, marked)
    return {table: records.behind_one_of(names) for table, records in found.items()}


def _finest(source: Warehouse, who: ir.Table, at: AsOf) -> ir.Table:
    """One row per account, user, day and module of the quarter; `quantity` in whole thousandths."""
    t = source["usage"]
    # The instant says the same as the day below, and lets the engine pass over files of older rows.
    since = EPOCH + pd.Timedelta(days=at.day - at.params.windows.quarter)
    t = t.filter(t.occurred_at >= since)
    t = t.filter(t.used, at.within(t.occurred_day, at.params.windows.quarter)).semi_join(who, "account_id")
    t = known_then(t, USAGE, at.day)
    sticky = t.feature.isin(at.params.sticky_features or ("",)).fill_null(False)
    return (
        t.group_by("account_id", "user_id", "occurred_day", "module")
        .agg(records=t.records.sum(), quantity=t.thousandths.sum(), sticky=sticky.any())
        .cache()
    )


def _marked(t: ir.Table, marked: Columns) -> ir.Table:
    t = t.mutate(**marked.values)
    return t.filter(ibis.or_(*(t[mark] for mark in marked.values)))


def _records(table: str, rolled: ir.Table, marked: Columns) -> Records:
    frame: pd.DataFrame = rolled.to_pyarrow().to_pandas()
    return Records(table, frame.drop(columns=list(marked.values)), marked.flags(frame))


def _any_of(t: ir.Table, marked: Columns) -> dict[str, ir.Value]:
    return {mark: t[mark].any() for mark in marked.values}


def _by_day(daily: ir.Table, marked: Columns) -> Records:
    rolled = daily.group_by("account_id", "occurred_day").agg(
        records=daily.records.sum(),
        users=daily.count(),
        events=_events(daily.quantity),
        sticky_users=daily.sticky.sum(),
        **_any_of(daily, marked),
    )
    rolled = rolled.mutate(day=_date(rolled.occurred_day)).relocate("day", after="account_id")
    rolled = rolled.order_by("account_id", ibis.desc("occurred_day")).drop("occurred_day")
    return _records("usage_by_day", rolled, marked)


def _by_user(daily: ir.Table, at: AsOf, marked: Columns) -> Records:
    now = at.within(daily.occurred_day, at.params.windows.month)
    rolled = daily.group_by("account_id", "user_id").agg(
        days=now.sum(),
        days_before=_before(daily, at).sum(),
        events=_events(daily.quantity, now),
        sticky_days=(daily.sticky & now).sum(),
        last_day=_date(daily.occurred_day.max()),
        **_any_of(daily, marked),
    )
    order = (ibis.desc("last_day"), ibis.desc("days"), "user_id")
    return _records("usage_by_user", rolled.order_by("account_id", *order), marked)


def _by_module(t: ir.Table, at: AsOf, marked: Columns) -> Records:
    now = at.within(t.occurred_day, at.params.windows.month)
    rolled = t.group_by("account_id", "module").agg(
        days=t.occurred_day.nunique(where=now),
        days_before=t.occurred_day.nunique(where=_before(t, at)),
        events=_events(t.quantity, now),
        users=t.user_id.nunique(where=now),
        last_day=_date(t.occurred_day.max()),
        **_any_of(t, marked),
    )
    order = (ibis.desc("last_day"), ibis.desc("days"), "module")
    return _records("usage_by_module", rolled.order_by("account_id", *order), marked)


def _before(t: ir.Table, at: AsOf) -> ir.BooleanValue:
    month = at.params.windows.month
    return at.within(t.occurred_day, month, 2) & ~at.within(t.occurred_day, month)


def _events(thousandths: ir.IntegerValue, where: ir.BooleanValue | None = None) -> ir.Value:
    """The sum as a number of events: the same in any order."""
    return thousandths.sum(where=where).fill_null(0).cast("float64") / 1000.0


def _date(day: ir.IntegerValue) -> ir.Value:
    return (ibis.date(1970, 1, 1) + day.as_interval("D")).cast("string").left(10)

"""The usage features in DuckDB SQL written by hand, two ways; both read each Parquet file themselves.

`by_calendar` joins each event to a calendar of (day, as-of date, in-window flags) by equality and keeps
distinct days and modules as bits. `by_masks` is the best plan we know: one row per user with the days of
use as bits, from which all as-of dates are read off, and one row per account and stretch for the rest.
"""

from __future__ import annotations

import duckdb
import pandas as pd
from usage_events import DAY, STICKY

MONTH, QUARTER, BITS = 30, 90, 62
FOUND = """
select c.account_id, c.as_of_day, active, days, person_days / nullif(active * 30.0, 0) dau,
  person_days / nullif(active * 30.0, 0) - person_days_before / nullif(active_before * 30.0, 0) dau_change,
  events / 1000.0 / nullif(active, 0) per_user,
  case when active + active_before = 0 then 0.0
       else (active - active_before)::double / (active + active_before) end users_change,
  case when events + events_before = 0 then 0.0
       else (events - events_before)::double / (events + events_before) end events_change,
  coalesce(last_age, 90) last_age, sticky / nullif(active::double, 0) deep,
  sticky / nullif(active::double, 0) - sticky_before / nullif(active_before::double, 0) deep_change,
  active / seats utilisation, (active - active_before) / seats utilisation_change,
  modules / licensed::double breadth, (modules - modules_before) / licensed::double breadth_change
from (select account_id, as_of_day, {zeros}, last_age
      from (select account_id, as_of_day from '{folder}/accounts.parquet', origins) {joins}) c
join (select account_id, seats, len(list_distinct(string_split(modules, '|'))) licensed from (
  select *, row_number() over (partition by account_id, subscription_id order by changed_at desc) place
  from '{folder}/subscriptions.parquet') where place = 1) l using (account_id)
"""
COUNTS = ("active", "active_before", "days", "person_days", "person_days_before", "sticky", "sticky_before")
COUNTS += ("events", "events_before", "modules", "modules_before")


def connected(folder: str, days: list[int]) -> duckdb.DuckDBPyConnection:
    """A connection with the view `events` and the tables `origins`, `known` and `module_bits`."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
    con.execute(f"create table origins as select unnest({days})::bigint as as_of_day")
    con.execute(f"""create view events as select account_id, user_id, module, feature, quantity,
      epoch_us(occurred_at) // {DAY} as occurred_day,
      epoch_us(coalesce(recorded_at, occurred_at)) // {DAY} as known_day
      from '{folder}/usage.parquet' where quantity > 0""")
    con.execute(f"""create table known as select day as known_day,
      (select min(as_of_day) from origins where as_of_day > day) as known_from
      from range({days[0] - QUARTER}, {days[-1]}) t(day)""")
    con.execute(f"""create table module_bits as
      select module, 1::bigint << (row_number() over (order by module) - 1) as module_bit
      from (select distinct module from '{folder}/usage.parquet' where module is not null)""")
    return con


def _found(con: duckdb.DuckDBPyConnection, folder: str, ctes: str, joins: str) -> pd.DataFrame:
    zeros = ", ".join(f"coalesce({name}, 0) as {name}" for name in COUNTS)
    return con.execute(f"with {ctes} {FOUND.format(folder=folder, joins=joins, zeros=zeros)}").df()


def by_calendar(folder: str, days: list[int]) -> pd.DataFrame:
    """Each event joined to each as-of date that it counts for."""
    con = connected(folder, days)
    con.execute(f"""create table calendar as select as_of_day, as_of_day - age as occurred_day, age,
      age <= {MONTH} as now, age > {MONTH} and age <= {2 * MONTH} as before,
      case when age <= {2 * MONTH} then 1::bigint << (age - 1) else 0 end as bit
      from origins, range(1, {QUARTER + 1}) t(age)""")
    now = (1 << MONTH) - 1
    ctes = f"""seen as (select account_id, user_id, as_of_day, age, bit, now, before, module_bit,
        case when feature in {STICKY} then bit else 0 end as stuck, round(quantity * 1000)::bigint as q
      from events join calendar using (occurred_day) left join module_bits using (module)
      where known_day < as_of_day),
    people as (select account_id, as_of_day, user_id, bit_or(bit) as used, bit_or(stuck) as stuck,
        sum(case when now then q else 0 end) as events,
        sum(case when before then q else 0 end) as events_before,
        bit_or(case when now then module_bit else 0 end) as modules,
        bit_or(case when before then module_bit else 0 end) as modules_before, min(age) as last_age
      from seen group by all),
    counted as (select account_id, as_of_day, count_if(used & {now} <> 0) as active,
        count_if(used >> {MONTH} <> 0) as active_before, bit_count(bit_or(used & {now})) as days,
        sum(bit_count(used & {now})) as person_days, sum(bit_count(used >> {MONTH})) as person_days_before,
        count_if(stuck & {now} <> 0) as sticky, count_if(stuck >> {MONTH} <> 0) as sticky_before,
        sum(events) as events, sum(events_before) as events_before, bit_count(bit_or(modules)) as modules,
        bit_count(bit_or(modules_before)) as modules_before, min(last_age) as last_age
      from people group by all)"""
    return _found(con, folder, ctes, "left join counted using (account_id, as_of_day)")


def by_masks(folder: str, days: list[int]) -> pd.DataFrame:
    """Each event read once; all as-of dates read off the bits of its user's row."""
    con = connected(folder, days)
    compared = sorted({day for end in days for day in range(end - 2 * MONTH, end)})
    numbers = {day: number for number, day in enumerate(compared)}
    words = -(-len(compared) // BITS)
    con.execute(f"""create table numbered as
      select day as occurred_day, (n - 1) // {BITS} as word, 1::bigint << ((n - 1) % {BITS}) as bit, first
      from (select day, row_number() over (order by day) as n,
        (select min(as_of_day) from origins where as_of_day > day) as first
        from (select unnest({compared})::bigint as day))""")
    ctes = f"""by_user as (select account_id, user_id,
        case when known_from > first then known_from else 0 end as late,
        {_words(words, "used", "true")}, {_words(words, "stuck", f"feature in {STICKY}")}
      from events join numbered using (occurred_day) join known using (known_day) group by all),
    each as (select account_id, user_id, {", ".join(_pieces(numbers, days))} from by_user group by all),
    wide as materialized (select account_id, {", ".join(_people(numbers, days))} from each group by all),
    people as ({" union all ".join(_narrow(day) for day in days)}),
    {_activity(con, days)}"""
    joins = "left join people using (account_id, as_of_day) left join activity using (account_id, as_of_day)"
    return _found(con, folder, ctes, joins)


def _words(words: int, name: str, where: str) -> str:
    one = "bit_or(case when word = {0} and {1} then bit else 0 end) as {2}_{0}"
    return ", ".join(one.format(word, where, name) for word in range(words))


def _masks(numbers: dict[int, int], end: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for day in range(end - MONTH, end):
        word, bit = divmod(numbers[day], BITS)
        found[word] = found.get(word, 0) | 1 << bit
    return found


def _pieces(numbers: dict[int, int], days: list[int]) -> list[str]:
    return [
        f"bit_or(case when late <= {day} then {what}_{word} & {mask} else 0 end) as {what}_{end}_{day}_{word}"
        for day in days
        for end in (day, day - MONTH)
        for word, mask in _masks(numbers, end).items()
        for what in ("used", "stuck")
    ]


def _people(numbers: dict[int, int], days: list[int]) -> list[str]:
    found = []
    for day in days:
        for suffix, end in (("", day), ("_before", day - MONTH)):
            used, stuck = (
                [f"{what}_{end}_{day}_{word}" for word in _masks(numbers, end)] for what in ("used", "stuck")
            )
            found.append(f"count_if({' | '.join(used)} <> 0) as active{suffix}_{day}")
            found.append(f"count_if({' | '.join(stuck)} <> 0) as sticky{suffix}_{day}")
            found.append(f"sum({' + '.join(f'bit_count({w})' for w in used)}) as person_days{suffix}_{day}")
            if not suffix:
                found.append(f"{' + '.join(f'bit_count(bit_or({w}))' for w in used)} as days_{day}")
    return found


def _narrow(day: int) -> str:
    columns = ", ".join(f"{name}_{day} as {name}" for name in COUNTS[:7])
    return f"select account_id, {day}::bigint as as_of_day, {columns} from wide"


def _activity(con: duckdb.DuckDBPyConnection, days: list[int]) -> str:
    bounds = sorted({end - length for end in days for length in (0, MONTH, 2 * MONTH, QUARTER)})
    con.execute(f"""create table stretches as select day as occurred_day,
        (select max(b) from (select unnest({bounds}) as b) where b <= day) as start,
        (select min(as_of_day) from origins where as_of_day > day) as first
      from range({bounds[0]}, {days[-1]}) t(day)""")
    con.execute(f"""create table windows as select distinct start, as_of_day,
        start >= as_of_day - {MONTH} as now,
        start between as_of_day - {2 * MONTH} and as_of_day - {MONTH + 1} as before
      from stretches join origins on start >= as_of_day - {QUARTER} and occurred_day < as_of_day""")
    return """by_stretch as (select account_id, start,
        case when known_from > first then known_from else 0 end as late,
        sum(round(quantity * 1000)::bigint) as q, max(occurred_day) as last_day,
        bit_or(module_bit) as used_modules
      from events join stretches using (occurred_day) join known using (known_day)
      left join module_bits using (module) group by all),
    activity as (select account_id, as_of_day, sum(case when now then q else 0 end) as events,
        sum(case when before then q else 0 end) as events_before,
        bit_count(bit_or(case when now then used_modules else 0 end)) as modules,
        bit_count(bit_or(case when before then used_modules else 0 end)) as modules_before,
        min(as_of_day - last_day) as last_age
      from by_stretch join windows using (start) where late <= as_of_day group by all)"""

"""What a table tells of one key in several parts of a book: which of it is one row, and which a change.

A later part may tell of a row again. Where only something has come to pass (a ticket is resolved, an
invoice is paid), it is the same row, filled in, and known as its columns say. Where anything else differs,
it is a *change*: a version of the row that holds from when it was recorded, or else from when the part
that tells it was known. What is the case is so for every as-of date what was told by then: the order in
which parts arrive plays no role, and no earlier row is ever rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.increments import KNOWN, NUMBER, PART_COLUMNS, SINCE, recorded_at
from features.source_tables import SourceTable

HOLDS = "__holds_from"  # the instant from which a version is known; null of the first
PLACE = "__version"


@dataclass(frozen=True)
class Versions:
    """A table with one row per key as it is `now`, and `all` versions where a key has more than one."""

    now: ir.Table
    all: ir.Table | None


def versions_of(rows: ir.Table, table: SourceTable) -> Versions:
    """The versions told by `rows`, which are typed, accepted, unique by key and part, with PART_COLUMNS."""
    if not table.key:
        return Versions(_plain(rows.mutate(**_recorded(rows, table))), None)
    told = _told(rows, table).cache()
    newest = told[PLACE].max().over(ibis.window(group_by=list(table.key)))
    now = _plain(told.filter(told[PLACE] == newest))
    several = bool(told.aggregate(most=told[PLACE].max()).to_pyarrow()["most"][0].as_py())
    return Versions(now, told if several else None)


def holding(versions: ir.Table, table: SourceTable, as_of: ir.Value | int, holds: ir.Value) -> ir.Table:
    """One row per key: the newest version that `holds` from before `as_of`, the first where none does.

    `holds` is HOLDS, as an instant or as a day, like `as_of`.
    """
    seen = versions.filter(versions[HOLDS].isnull() | (holds < as_of))
    place = seen[PLACE].max().over(ibis.window(group_by=list(table.key)))
    return seen.filter(seen[PLACE] == place).drop(PLACE, HOLDS)


def _recorded(rows: ir.Table, table: SourceTable) -> dict[str, ir.Value]:
    """`recorded_at`, of a table that has it."""
    if table.happens is None or "recorded_at" not in rows.columns:
        return {}
    return {"recorded_at": recorded_at(rows, table.happens)}


def _plain(rows: ir.Table) -> ir.Table:
    return rows.drop(*[name for name in (*PART_COLUMNS, PLACE, HOLDS) if name in rows.columns])


def _told(rows: ir.Table, table: SourceTable) -> ir.Table:
    """A row per key and version, with PLACE (0, 1, …) and HOLDS."""
    key = list(table.key)
    in_order = ibis.window(group_by=key, order_by=NUMBER)
    so_far = ibis.window(group_by=key, order_by=NUMBER, preceding=None, following=0)
    first = rows[NUMBER] == rows[NUMBER].min().over(ibis.window(group_by=key))
    changed = ~first & _differs(rows, table, in_order)
    entered = {
        column: _entered(rows, later, column, first, in_order)
        for later in table.later
        if (column := table.recorded_later(later)) is not None
    }
    recorded = _recorded(rows, table)
    t = rows.mutate(
        __changed=changed,
        __holds=ibis.ifelse(changed, _stated(rows, table, in_order), ibis.null(PART_COLUMNS[KNOWN])),
        **recorded,
        **entered,
    )
    t = t.mutate(**{PLACE: t["__changed"].cast("int64").sum().over(so_far)})
    t = t.mutate(
        **{name: t[name].first(include_null=True).over(so_far) for name in recorded},
        **{name: t[name].max().over(so_far) for name in entered},
    )
    version = ibis.window(group_by=[*key, PLACE])
    t = t.mutate(**{HOLDS: t["__holds"].max().over(version), "__last": t[NUMBER].max().over(version)})
    return t.filter(t[NUMBER] == t["__last"]).drop("__changed", "__holds", "__last", *PART_COLUMNS)


def _differs(
    rows: ir.Table, table: SourceTable, in_order: ibis.expr.builders.WindowBuilder
) -> ir.BooleanValue:
    """Whether a row says otherwise than the one before it of its key, and not only more."""
    groups = {later: table.told_by(later) for later in table.later}
    inside = {name for names in groups.values() for name in names}
    core = [name for name in table.column_names if name not in {*table.key, *inside, "recorded_at"}]
    found = [~rows[name].identical_to(rows[name].lag().over(in_order)) for name in core]
    for later, names in groups.items():
        before = rows[later].lag().over(in_order)
        recorded = table.recorded_later(later)
        compared = [name for name in names if name != recorded]
        other = ibis.or_(*(~rows[name].identical_to(rows[name].lag().over(in_order)) for name in compared))
        found.append(before.notnull() & other)
        if recorded is None:  # no column could say that it was told late
            found.append(before.isnull() & (rows[later] < rows[SINCE]).fill_null(False))
    return ibis.or_(ibis.literal(False), *found)


def _entered(
    rows: ir.Table,
    later: str,
    recorded: str,
    first: ir.BooleanValue,
    in_order: ibis.expr.builders.WindowBuilder,
) -> ir.Value:
    """When what came later was entered: as it is said, else with the part, where that tells it late."""
    came = ~first & rows[later].notnull() & rows[later].lag().over(in_order).isnull()
    late = came & rows[recorded].isnull() & (rows[later] < rows[SINCE]).fill_null(False)
    return ibis.ifelse(late, rows[KNOWN], rows[recorded])


def _stated(rows: ir.Table, table: SourceTable, in_order: ibis.expr.builders.WindowBuilder) -> ir.Value:
    """From when a change is known: as it says itself, if that is newer than what it changes."""
    if table.happens is None or "recorded_at" not in rows.columns:
        return rows[KNOWN]
    known = ibis.coalesce(rows["recorded_at"], rows[table.happens])
    newer = rows["recorded_at"].notnull() & (rows["recorded_at"] > known.lag().over(in_order))
    return ibis.ifelse(newer.fill_null(False), rows["recorded_at"], rows[KNOWN])

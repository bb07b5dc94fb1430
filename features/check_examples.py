"""From the mask of each rejected row to faults that a person can act on: counts, keys, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from features.check_report import RowFault
from features.faults import Fault, nearest
from features.source_tables import SourceTable
from features.source_values import Check

MASK = "__faults"  # the column of the masks: bit i is set where check i failed
MAX_KEYS, MAX_VALUES = 5, 3


def row_faults(
    table: SourceTable, checks: Sequence[Check], counts: Mapping[int, int], rejected: ir.Table
) -> tuple[RowFault, ...]:
    """One RowFault for each check that failed, in the order of the checks.

    `counts` are rows by mask; `rejected` holds those rows as they came (all texts) with their MASK.
    """
    found = []
    for bit, check in enumerate(checks):
        count = sum(n for mask, n in counts.items() if mask >> bit & 1)
        if count:
            found.append(_row_fault(table, check, count, rejected.filter((rejected[MASK] & (1 << bit)) != 0)))
    return tuple(found)


def _row_fault(table: SourceTable, check: Check, count: int, rows: ir.Table) -> RowFault:
    values = _values(rows, check.columns)
    step = f"{check.next}; {nearest(values[0], check.choices)}" if check.choices else check.next
    fault = Fault(f"{table.name}.{check.columns[0]}", values[0], check.allowed, step)
    return RowFault(check.code, count, _keys(table, rows), values, fault)


def _keys(table: SourceTable, rows: ir.Table) -> tuple[str, ...]:
    """Up to 5 keys, the first in their order; of rows without a key (events): account and time."""
    names = table.key or tuple(name for name in ("account_id", table.happens) if name)
    key = ibis.literal(" / ").join([_text(rows, name) for name in names])
    keys = rows.select(key=key).distinct().order_by("key").limit(MAX_KEYS)
    return tuple(keys.to_pyarrow()["key"].to_pylist())


def _values(rows: ir.Table, names: Sequence[str]) -> tuple[str, ...]:
    """Up to 3 contents of the first column, the most frequent first, each with what it clashes with."""
    first, *others = names
    value = _text(rows, first)
    if others:
        clash = ibis.literal(", ").join([ibis.literal(f"{name} ") + _text(rows, name) for name in others])
        value = value + " (" + clash + ")"
    counted = rows.select(value=value).value_counts(name="n")
    most = counted.order_by(ibis.desc("n"), "value").limit(MAX_VALUES)
    return tuple(most.to_pyarrow()["value"].to_pylist())


def _text(rows: ir.Table, name: str) -> ir.StringValue:
    return rows[name].fill_null("empty") if name in rows.columns else ibis.literal("empty")

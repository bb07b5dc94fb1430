"""Sums that do not depend on the order of the rows.

Engines add floating-point numbers in whatever order their threads meet them, so the last bits of
a sum change from run to run, and change when later rows are deleted. Whole numbers do not: values
are scaled to whole units first (a thousandth of an event, a cent, a millionth of a weight).
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def exact_sum(values: ir.Value, units: int, where: ir.Value | None = None) -> ir.Value:
    """The sum of `values` in steps of 1/`units`, the same bits in any order; null over no rows."""
    whole = (values * units).round().cast("int64")
    return whole.sum(where=where).cast("float64") / float(units)


def whole_sum(values: ir.Value, units: int) -> ir.Value:
    """`exact_sum`; null where one of the values is: a sum without it would be taken for the whole."""
    return ibis.ifelse(values.isnull().any(), ibis.null("float64"), exact_sum(values, units))


def share(part: ir.Value, whole: ir.Value) -> ir.Value:
    """`part / whole` as a float; null where `whole` is 0, on every engine."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def change(now: ir.Value, before: ir.Value) -> ir.Value:
    """`(now - before) / (now + before)` in [-1, 1]: 0 is no change, also where both are 0; null of null."""
    total = now + before
    return ibis.ifelse(total == 0, 0.0, share(now - before, total))

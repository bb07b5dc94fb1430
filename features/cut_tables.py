"""The source tables as they stood at a date: later rows are gone, what came later of a row is blank."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.row_versions import HOLDS, holding
from features.source_tables import SOURCE_TABLES, SourceTable

# What comes to be known together with a later moment, as the tables' docstrings say.
COMES_WITH = {
    "responded_at": ("score", "comment"),
    "resolved_at": ("contacts_to_resolve", "reopened"),
}


def cut_at(
    tables: Mapping[str, ir.Table],
    as_of: pd.Timestamp,
    versions: Mapping[str, ir.Table] = MappingProxyType({}),
) -> dict[str, ir.Table]:
    """What was known of each source table before `as_of`; other tables are left out.

    `versions` of the rows that later parts of the book have changed: those that held then are taken.

    Building features from it must give the same bits as from the whole book: that is what point in time
    means, and what a check of a training run compares.
    """
    limit = ibis.literal(as_of.to_pydatetime(), type="timestamp('UTC')")
    then = {
        name: holding(versions[name], SOURCE_TABLES[name], limit, versions[name][HOLDS])
        for name in versions
        if name in SOURCE_TABLES
    }
    there = {**tables, **then}
    return {name: _cut(there[name], SOURCE_TABLES[name], limit) for name in SOURCE_TABLES if name in there}


def _cut(table: ir.Table, schema: SourceTable, limit: ir.Value) -> ir.Table:
    if schema.happens is not None:
        table = table.filter(ibis.coalesce(table["recorded_at"], table[schema.happens]) < limit)
    blank: dict[str, ir.Value] = {}
    for moment in schema.later:
        entered = schema.recorded_later(moment)
        known = table[moment] < limit
        if entered is not None and entered in table.columns:
            known &= ibis.coalesce(table[entered], table[moment]) < limit
        for name in (moment, entered, *COMES_WITH.get(moment, ())):
            if name in table.columns:
                blank[name] = known.fill_null(False).ifelse(table[name], ibis.null(table[name].type()))
    return table.mutate(**blank) if blank else table

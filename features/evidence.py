"""The records behind a driver: the very rows that a feature was computed from, as they were known then.

Each table says which of its rows count for which feature (`evidence_of_….py`). What was not known at the
as-of date is not shown: a later row is gone, a payment or a resolution still to come is blank. A book of
nothing but the records of a feature gives that feature the same bits (`tests/features/test_evidence.py`);
only the half-width of an NPS leans on other accounts too, by its prior: how their segment answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.evidence_of_answers import behind_surveys
from features.evidence_of_contracts import (
    behind_accounts,
    behind_invoices,
    behind_renewals,
    behind_subscriptions,
)
from features.evidence_of_people import behind_contacts, told_by_role, with_roles_told
from features.evidence_of_tickets import behind_tickets
from features.evidence_of_use import ROLL_UPS, behind_usage, rolled_up
from features.evidence_of_words import TEXT_OF, behind_notes, with_words
from features.evidence_rows import AsOf, Marks, Records, columns_of, known_then
from features.params import FeatureParams
from features.source_tables import SOURCE_TABLES
from features.time_windows import day_number
from features.warehouse import Warehouse, literal_table, with_days

Behind = Callable[[Warehouse, ir.Table, AsOf], tuple[ir.Table, Marks]]
BEHIND: Mapping[str, Behind] = {
    "surveys": behind_surveys,
    "notes": behind_notes,
    "tickets": behind_tickets,
    "contacts": behind_contacts,
    "usage": behind_usage,
    "subscriptions": behind_subscriptions,
    "invoices": behind_invoices,
    "renewals": behind_renewals,
    "accounts": behind_accounts,
}
SHOWN = {"accounts": ("account_id", "segment", "created_at", "recorded_at")}
"""The columns that are shown of a table, where not all of them are."""


def evidence(
    source: Warehouse,
    accounts: Collection[str],
    as_of: pd.Timestamp,
    names: Collection[str],
    params: FeatureParams,
    roll_up: bool = False,
) -> dict[str, Records]:
    """The records of these accounts behind the features `names` at a date, by table in the order of BEHIND.

    One query per table, for one account as for all of a book. A table that the book lacks, or that none
    of the features reads, is left out; one without a row that counts is there, and empty. With `roll_up`
    the table `usage` is replaced by ROLL_UPS.
    """
    at = AsOf(day_number(as_of), params)
    source = source.as_known(at.day)
    who = ibis.memtable(pd.DataFrame({"account_id": sorted(set(accounts))}, dtype="str"))
    wanted = {table: set(names) & reads for table, reads in _reads(params).items()}
    found: dict[str, Records] = {}
    for table, behind in BEHIND.items():
        if not wanted[table] or not source.has(table):
            continue
        if table == "usage" and roll_up:
            found |= rolled_up(source, who, at, wanted[table])
        else:
            found[table] = _marked(source, who, table, behind, at, wanted[table])
            if table in TEXT_OF:
                found[table] = with_words(found[table], at)
    if "contacts" in found:
        found["contacts"] = with_roles_told(found["contacts"], found, at, wanted["contacts"])
    return found


def tables_behind(name: str, params: FeatureParams, roll_up: bool = False) -> tuple[str, ...]:
    """The tables that a feature reads, whether a book has them or not, in the order of BEHIND.

    >>> tables_behind("open_critical_tickets", FeatureParams())
    ('tickets',)
    >>> tables_behind("nps_user_365d", FeatureParams())
    ('surveys', 'contacts')
    """
    found = [table for table, reads in _reads(params).items() if name in reads]
    if not roll_up or "usage" not in found:
        return tuple(found)
    by_module = name.startswith("modules_used_share")
    rolled = ROLL_UPS[2:] if by_module else ROLL_UPS[:2]
    return tuple(each for table in found for each in (rolled if table == "usage" else (table,)))


@lru_cache
def _reads(params: FeatureParams) -> dict[str, frozenset[str]]:
    """Which features read each table, from the marks over tables without a row."""
    at = AsOf(0, params)
    empty = Warehouse({name: _without_rows(name) for name in SOURCE_TABLES})
    reads = {
        table: frozenset(behind(empty, known_then(empty[table], SOURCE_TABLES[table], 0), at)[1])
        for table, behind in BEHIND.items()
    }
    spoken = (features for by_day in told_by_role(at).values() for features in by_day.values())
    return reads | {"contacts": reads["contacts"].union(*spoken)}


def _without_rows(name: str) -> ir.Table:
    table = SOURCE_TABLES[name]
    return with_days(literal_table(table, []), table)


def _marked(
    source: Warehouse, who: ir.Table, name: str, behind: Behind, at: AsOf, names: Collection[str]
) -> Records:
    """The rows that count for one of the features; of the contacts all, which are looked up by who spoke."""
    table = SOURCE_TABLES[name]
    rows = known_then(source[name].semi_join(who, "account_id"), table, at.day)
    rows, marks = behind(source, rows, at)
    marked = columns_of(marks, names)
    columns = SHOWN.get(name, table.column_names)
    shown = rows.select(*columns, **marked.values)
    if name != "contacts":
        shown = shown.filter(ibis.or_(*(shown[mark] for mark in marked.values)))
    frame = shown.order_by("account_id", *_newest_first(shown, name)).to_pyarrow().to_pandas()
    return Records(name, frame[list(columns)], marked.flags(frame))


def _newest_first(rows: ir.Table, name: str) -> Iterable[ir.Value]:
    """An order that leaves nothing to chance: by the time of the row, then by all that it says."""
    table = SOURCE_TABLES[name]
    assert table.happens is not None
    yield rows[table.happens].desc()
    rest = table.key or SHOWN.get(name, table.column_names)
    yield from (rows[column] for column in rest if column not in ("account_id", table.happens))

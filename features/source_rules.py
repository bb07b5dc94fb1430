"""What must hold between the columns of a row, between rows, and between tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import ibis
import ibis.expr.types as ir

from features.increments import NUMBER
from features.source_tables import SURVEYS, SourceTable
from features.source_values import Cell, Check
from features.warehouse import DAY, epoch_microseconds

MIDNIGHTS = DAY // 96  # days begin at quarters of an hour in UTC, whatever the zone
MEND_TIMES = "mend the one that is wrong at the source (a changed time zone is a common cause)"


def row_rules(
    table: SourceTable, cells: Mapping[str, Cell], rows: ir.Table, accounts: ir.Table | None
) -> list[Check]:
    """All rules of `table` over the `cells` of its raw `rows`.

    `accounts` are the accepted accounts; None where they are not known (then nothing is said of them).
    """
    checks = [*_order_in_time(table, cells), *_duplicates(table, cells, rows)]
    if accounts is not None:
        checks.append(_unknown_account(cells["account_id"], accounts))
    if table.name == SURVEYS.name:
        checks.extend(_survey_scores(cells))
    return checks


def _unknown_account(cell: Cell, accounts: ir.Table) -> Check:
    unknown = cell.given & cell.value.notin(accounts.account_id)
    step = "add the account to accounts (or mend its row there), or leave these rows out"
    return Check("unknown_account", ("account_id",), unknown, "an accepted account_id of accounts", step)


def _order_in_time(table: SourceTable, cells: Mapping[str, Cell]) -> Iterator[Check]:
    """Pairs that must not run backwards. Equal times are fine; of periods and payments equal days are too."""
    if table.extent:
        yield _backwards("ends_before_start", *table.extent, cells, by_day=True)
    for later in table.later:
        if table.happens and (table.happens, later) != table.extent:
            by_day = table.extent is not None
            yield _backwards("before_it_happened", table.happens, later, cells, by_day=by_day)
    if table.happens and "recorded_at" in table.column_names:
        yield _backwards("known_before_it_happened", table.happens, "recorded_at", cells)


def _backwards(code: str, first: str, last: str, cells: Mapping[str, Cell], *, by_day: bool = False) -> Check:
    """`by_day`: a date alone, which an import made the midnight it begins with, stands for all of its day."""
    start, end = cells[first].value, cells[last].value
    backwards = end < start
    if by_day:
        start, end = epoch_microseconds(start), epoch_microseconds(end)
        backwards &= (end % MIDNIGHTS != 0) | (end + DAY <= start)
    return Check(code, (last, first), backwards, f"{last} at or after {first}", MEND_TIMES)


def _duplicates(table: SourceTable, cells: Mapping[str, Cell], rows: ir.Table) -> list[Check]:
    """Rows with one key: of exact copies the first one stays; if they differ, none of them does.

    "Exact" means every cell as it came, by a 64-bit hash of the row: a collision among the few rows
    of one key is not to be expected in the life of the product.
    """
    if not table.key or not set(table.key) <= set(rows.columns):
        return []  # events have no key; a key column that did not come is a fault of the file
    key = [cells[name].value for name in table.key]
    part = [rows[NUMBER]] if NUMBER in rows.columns else []  # what a later part says anew is a version
    same_key = ibis.window(group_by=[*key, *part])
    content = ibis.array([rows[name].cast("string") for name in rows.columns]).hash()
    whole = ibis.and_(*(part.notnull() for part in key))
    differ = content.min().over(same_key) != content.max().over(same_key)
    copy = ~differ & (ibis.row_number().over(same_key) > 0)
    allowed = f"one row per {', '.join(table.key)}"
    step = "leave the copies out of the export; the first one is kept"
    guess = "decide at the source which row holds; none of them is used until then"
    return [
        Check("duplicate_copy", table.key, whole & copy, allowed, step),
        Check("duplicate_conflict", table.key, whole & differ, allowed, guess),
    ]


def _survey_scores(cells: Mapping[str, Cell]) -> list[Check]:
    score, low, high = (cells[name].value for name in ("score", "scale_min", "scale_max"))
    outside = (low < high) & ((score < low) | (score > high))
    unanswered = cells["score"].given & ~cells["responded_at"].given
    mend = "mend the score, or the scale of its row"
    when = "add the time of the answer: without it nobody can say from when the score was known"
    return [
        Check("outside_scale", ("score", "scale_min", "scale_max"), outside, "scale_min to scale_max", mend),
        Check(
            "scale_upside_down", ("scale_min", "scale_max"), low >= high, "scale_min below scale_max", mend
        ),
        Check(
            "score_without_answer",
            ("score", "responded_at"),
            unanswered,
            "a score with its responded_at",
            when,
        ),
    ]

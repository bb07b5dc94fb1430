"""What a derivation is: the columns it wants of each input, and the table it makes of them.

A derivation is code of this package that a mapping names; a mapping itself runs no code. What it
makes is a table like any other source of the mapping, with three columns beside its own:

- `row_key`: what the row is called in a notice;
- `left_out`: why the row cannot be told, or null. Such rows are counted, named, and not passed on;
- `told`: what a reader must know about a row that is passed on (a time that no history gives), or null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from features.source_tables import Kind

Inputs = Mapping[str, ir.Table]
REMARKS = ("row_key", "left_out", "told")


@dataclass(frozen=True)
class Wants:
    """The columns of one input by kind. `needs` must be in the file; the rest may be missing.

    A column that is missing is empty on every row. An input without a file has no rows.
    """

    text: tuple[str, ...] = ()
    time: tuple[str, ...] = ()
    number: tuple[str, ...] = ()
    flag: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def kinds(self) -> dict[str, Kind]:
        """Each column with its kind.

        >>> Wants(text=("id",), time=("created",)).kinds()
        {'id': 'text', 'created': 'time'}
        """
        by_kind: dict[Kind, tuple[str, ...]] = {
            "text": self.text,
            "time": self.time,
            "number": self.number,
            "flag": self.flag,
        }
        return {name: kind for kind, names in by_kind.items() for name in names}


@dataclass(frozen=True)
class Derivation:
    """A named piece of reading: `make` gets its inputs with the kinds that `wants` names."""

    wants: Mapping[str, Wants]
    make: Callable[[Inputs], ir.Table]


def first_reason(*cases: tuple[ir.Value, str]) -> ir.Value:
    """The text of the first condition that holds, or null: for `left_out` and `told`."""
    return ibis.cases(*cases, else_=ibis.null("string"))


def latest(*times: ir.Value) -> ir.Value:
    """The latest of several times, those that are missing left out; null where all are.

    DuckDB's greatest() passes over nulls; said out here, so that no other reading of it creeps in.
    """
    return reduce(lambda a, b: ibis.cases((a.isnull(), b), (b.isnull(), a), else_=ibis.greatest(a, b)), times)


def newest(rows: ir.Table, key: str, at: str) -> ir.Table:
    """The newest row of each `key`; of rows at the same time the one whose cells sort last."""
    rest = [name for name in rows.columns if name not in (key, at)]
    order = [ibis.desc(rows[at]), *(ibis.desc(rows[name]) for name in rest)]
    ranked = rows.mutate(_place=ibis.row_number().over(group_by=key, order_by=order))
    return ranked.filter(ranked["_place"] == 0).drop("_place")

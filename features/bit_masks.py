"""Sets of days or of names as the bits of a few integers, so that distinct things are an `or` and a count.

Things are numbered; thing n is bit n mod 62 of word n div 62. A word stays below 2^62, so that no engine
meets a sign or an overflow. An engine then needs one group per person and not one per person and day.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.row_readers import small_table

BITS = 62  # of one word


@ibis.udf.scalar.builtin(name="bit_count")  # type: ignore[untyped-decorator]
def bit_count(mask: int) -> int:  # type: ignore[empty-body]
    """The number of bits set in `mask`: DuckDB and Spark both know it by this name."""


@dataclass(frozen=True)
class Numbering:
    """Things in their order, each once: the place of a thing is its number."""

    things: tuple[Hashable, ...]

    @property
    def words(self) -> int:
        """How many integers hold all of the things; at least one."""
        return max(1, -(-len(self.things) // BITS))

    def rows(self) -> list[tuple[Hashable, int, int]]:
        """Each thing with its word and its bit in that word.

        >>> Numbering(("core", "api")).rows()
        [('core', 0, 1), ('api', 0, 2)]
        """
        return [(thing, n // BITS, 1 << n % BITS) for n, thing in enumerate(self.things)]

    def masks(self, chosen: Iterable[Hashable]) -> dict[int, int]:
        """The chosen things as a mask for each word that holds one of them; others are left out.

        >>> Numbering(tuple(range(100))).masks([0, 3, 62, 500])
        {0: 9, 1: 1}
        """
        wanted, found = frozenset(chosen), dict[int, int]()
        for thing, word, bit in self.rows():
            if thing in wanted:
                found[word] = found.get(word, 0) | bit
        return found


def numbered(
    beside: ir.Table, numbering: Numbering, name: str, type_: str, more: Mapping[str, Sequence[int]]
) -> ir.Table:
    """The things as a table to join by equality: `name`, `<name>_word`, `<name>_bit`, and `more` columns."""
    columns = [name, f"{name}_word", f"{name}_bit"]
    frame = pd.DataFrame(numbering.rows(), columns=columns).assign(**more)
    schema = {name: type_, **dict.fromkeys([*columns[1:], *more], "int64")}
    return small_table(beside, frame, schema)


def words_of(table: ir.Table, name: str, words: int, where: ir.Value | None = None) -> list[ir.Value]:
    """Per word the `or` over the bits of a joined `numbered` table's rows (where `where` holds)."""
    word, bit = table[f"{name}_word"], table[f"{name}_bit"]
    here = [word == number if where is None else (word == number) & where for number in range(words)]
    return [ibis.ifelse(one, bit, 0).bit_or() for one in here]


def size(words: Iterable[ir.Value]) -> ir.Value:
    """How many things the words hold together."""
    return reduce(add, (bit_count(word) for word in words))

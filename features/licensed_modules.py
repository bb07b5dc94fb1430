"""Which modules an account may use: the names of the licences and of the use, brought together (O2).

Billing and product analytics do not spell alike: `Core ` of the one is `core` of the other. Names are folded
in Python, so that every engine takes the same two for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.bit_masks import Numbering, words_of
from features.cohort import KEYS
from features.row_readers import small_table
from features.warehouse import Warehouse


def folded(name: str) -> str:
    """A module's name whatever its case and the blanks around it; empty where it names none.

    >>> folded(" Core"), folded("core"), folded(" ")
    ('core', 'core', '')
    """
    return name.strip().casefold()


@dataclass(frozen=True)
class Modules:
    """The licensed modules as bits of a few words; `spelt` has every spelling, with the folded name."""

    spelt: Mapping[str, str]

    @cached_property
    def numbering(self) -> Numbering:
        """The modules in order; from their numbers no count depends."""
        return Numbering(tuple(sorted(set(self.spelt.values()))))

    @property
    def used(self) -> list[str]:
        """The columns for the modules used; as many as there are words."""
        return [f"modules_{word}" for word in range(self.numbering.words)]

    @property
    def used_before(self) -> list[str]:
        """The columns for those used the month before."""
        return [f"modules_before_{word}" for word in range(self.numbering.words)]

    @property
    def licensed(self) -> list[str]:
        """The columns for those of an account's licence."""
        return [f"licensed_{word}" for word in range(self.numbering.words)]

    def named(self, beside: ir.Table) -> ir.Table:
        """Every spelling as a table to join by equality: `module`, `module_word`, `module_bit`."""
        places = {name: (word, bit) for name, word, bit in self.numbering.rows()}
        rows = [(spelling, *places[name]) for spelling, name in self.spelt.items()]
        columns = {"module": "string", "module_word": "int64", "module_bit": "int64"}
        return small_table(beside, pd.DataFrame(rows, columns=list(columns)), columns)


def known_modules(source: Warehouse, first: int, last: int) -> Modules:
    """The modules of any licence, as the subscriptions and the use of the days [first, last) spell them.

    What is used and licensed to nobody has no number: it counts for no account. None without subscriptions.
    """
    if not source.has("subscriptions"):
        return Modules({})
    named = source["subscriptions"].select(module=source["subscriptions"].modules.split("|").unnest())
    use = source["usage"]
    used = use.filter(use.occurred_day >= first, use.occurred_day < last).select("module")
    licensed = {spelling: folded(spelling) for spelling in _spellings(named)}
    known = set(licensed.values()) - {""}
    spelt = licensed | {spelling: folded(spelling) for spelling in _spellings(used)}
    return Modules({spelling: name for spelling, name in sorted(spelt.items()) if name in known})


def _spellings(names: ir.Table) -> Iterable[str]:
    found = names.distinct().to_pyarrow()["module"].to_pylist()
    return [name for name in found if name is not None]


def licensed_modules(running: ir.Table, modules: Modules) -> ir.Table:
    """One row per account and as-of day of the `running` subscriptions: the words of its licensed modules.

    Null unless every one of them names a module: what one does not say could be anything, and a licence that
    is counted too small would make its use look broad.
    """
    named = running.select(*KEYS, "subscription_id", module=running.modules.split("|").unnest())
    named = named.inner_join(modules.named(running), "module")
    words = dict(zip(modules.licensed, words_of(named, "module", len(modules.licensed)), strict=True))
    found = named.group_by(*KEYS).agg(naming=named.subscription_id.nunique(), **words)
    everyone = running.group_by(*KEYS).agg(running=running.count())
    t = everyone.left_join(found, KEYS)
    whole = t.naming == t.running
    return t.select(*KEYS, **{word: ibis.ifelse(whole, t[word], ibis.null("int64")) for word in words})


def with_licence(used: ir.Table, running: ir.Table, modules: Modules) -> ir.Table:
    """Rows of use with `is_licensed`: whether their module is one of those that count for their account.

    `running` is of one as-of day.
    """
    licences = licensed_modules(running, modules).drop("as_of_day")
    t = used.left_join(modules.named(running), "module").drop("module_right")
    t = t.left_join(licences, "account_id").drop("account_id_right")
    owned = [
        (t.module_word == word) & ((t[licence] & t.module_bit) != 0)
        for word, licence in enumerate(modules.licensed)
    ]
    t = t.mutate(is_licensed=ibis.or_(*owned).fill_null(False))
    return t.drop("module_word", "module_bit", *modules.licensed)

"""Counts of use per account and as-of date: people, days, sticky use, events; and which modules.

Reading each event once for each as-of date it counts for is what costs time, so it is not done.
People: one row per user holds the days of use as bits (`bit_masks.py`); what is in a window is then a
mask, and all as-of dates are read off the same row. Events and modules: one row per account and
*stretch* of days between two neighbouring window bounds is added up to the windows it lies in.

A fact counts from the first as-of date after the day it became known. Most are known before the first
as-of date after they happened; the others are *late*, and keep a row of their own with that date.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.bit_masks import Numbering, numbered, size, words_of
from features.cohort import KEYS
from features.licensed_modules import Modules
from features.params import FeatureParams
from features.row_readers import small_table
from features.warehouse import Warehouse

TOGETHER = 12  # as-of dates read off one row: beyond a dozen the rows get wide and gain nothing
THOUSANDTHS = 1000
PEOPLE = ("active", "active_before", "days", "person_days", "person_days_before", "sticky", "sticky_before")
ACTIVITY = ("events", "events_before", "last_age")


@dataclass(frozen=True)
class Calendar:
    """The as-of days, rising, and the lengths of the windows that are counted before each of them."""

    as_of_days: tuple[int, ...]
    month: int
    quarter: int

    def first_after(self, day: int) -> int:
        """The first as-of day after `day`; there is one for each day before the last of them."""
        return self.as_of_days[bisect_right(self.as_of_days, day)]

    def compared(self) -> list[int]:
        """Every day of the month, or the month before, of an as-of day."""
        return sorted({day for end in self.as_of_days for day in range(end - 2 * self.month, end)})

    def stretches(self) -> list[tuple[int, int]]:
        """Half-open stretches `[start, end)` of days which each window holds whole or not at all."""
        lengths = (0, self.month, 2 * self.month, self.quarter)
        bounds = sorted({end - length for end in self.as_of_days for length in lengths})
        return [(a, b) for a, b in pairwise(bounds) if any(self.holds(a, b, end) for end in self.as_of_days)]

    def holds(self, start: int, end: int, as_of: int) -> bool:
        """Whether the stretch lies within the quarter before `as_of`."""
        return as_of - self.quarter <= start and end <= as_of


def usage_counts(source: Warehouse, cohort: ir.Table, params: FeatureParams, modules: Modules) -> ir.Table:
    """One row per account and as-of date of the cohort: PEOPLE, ACTIVITY, and the words of `modules`.

    Counts are whole numbers, `events` thousandths; an account without use in the quarter has zeros,
    and no `last_age` (days since the last use). `_before` is the month before the month. The modules used
    are bits of `modules_<word>` and `modules_before_<word>`: which of them count is for the licence to say.
    """
    days = sorted(cohort.as_of_day.to_pyarrow().unique().to_pylist())
    parts = []
    for place in range(0, len(days), TOGETHER):
        some = tuple(days[place : place + TOGETHER])
        calendar = Calendar(some, params.windows.month, params.windows.quarter)
        who = cohort.filter(cohort.as_of_day.isin(some)) if len(days) > TOGETHER else cohort
        parts.append(_counts(source, who, calendar, modules, params.sticky_features))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _counts(
    source: Warehouse, cohort: ir.Table, calendar: Calendar, modules: Modules, sticky: Sequence[str]
) -> ir.Table:
    people = _people(_by_user(source, calendar, sticky), calendar)
    activity = _activity(source, calendar, modules)
    t = cohort.left_join(people, "account_id").drop("account_id_right")
    at_date = {
        name: ibis.cases(*((t.as_of_day == day, t[f"{name}_{day}"]) for day in calendar.as_of_days))
        for name in PEOPLE
    }
    t = t.select(*KEYS, **at_date).left_join(activity, KEYS)
    zeros = dict.fromkeys([*PEOPLE, *ACTIVITY[:-1], *modules.used, *modules.used_before], 0)
    return t.select(*KEYS, *ACTIVITY[-1:], *zeros).fill_null(zeros)


def _counting(source: Warehouse, days: ir.Table, calendar: Calendar) -> ir.Table:
    """The events on these `days`, with `late`: 0, or the as-of day from which a late fact counts.

    A roll-up that counts 0 events is no use. `days` tells the first as-of day after each of them.
    """
    events = source["usage"].filter(source["usage"].used)
    # The last two say what the join says below, and let the engine pass over files of other days.
    longest = max(calendar.quarter, 2 * calendar.month)
    events = events.filter(
        events.known_day < calendar.as_of_days[-1],
        events.occurred_day >= calendar.as_of_days[0] - longest,
        events.occurred_day < calendar.as_of_days[-1],
    )
    t = events.inner_join(days, "occurred_day")
    # Few facts are late: a choice that only they come to costs less than a join for every event.
    known = ibis.cases(*((t.known_day < day, day) for day in calendar.as_of_days))
    return t.mutate(late=ibis.ifelse(t.known_day < t.first, 0, known))


def _by_user(source: Warehouse, calendar: Calendar, sticky: Sequence[str]) -> ir.Table:
    """One row per account, user and `late`: the days of use, and of sticky use, as words of bits."""
    compared = calendar.compared()
    numbering = Numbering(tuple(compared))
    first = [calendar.first_after(day) for day in compared]
    days = numbered(source["usage"], numbering, "occurred_day", "int64", {"first": first})
    t = _counting(source, days, calendar)
    is_sticky = t.feature.isin(sticky) if sticky else ibis.literal(False)
    bit = t.occurred_day_bit
    # First the events of each word by themselves: two sums of bits go through them all, and not two per word.
    by_word = t.group_by("account_id", "user_id", "late", word=t.occurred_day_word).agg(
        used=bit.bit_or(), stuck=ibis.ifelse(is_sticky, bit, 0).bit_or()
    )
    return by_word.group_by("account_id", "user_id", "late").agg(
        **{
            f"{what}_{word}": ibis.ifelse(by_word.word == word, by_word[what], 0).bit_or()
            for what in ("used", "stuck")
            for word in range(numbering.words)
        }
    )


def _people(by_user: ir.Table, calendar: Calendar) -> ir.Table:
    """One row per account: each of PEOPLE at each as-of day, named `<name>_<as-of day>`."""
    numbering, month = Numbering(tuple(calendar.compared())), calendar.month
    known, counts = dict[str, ir.Value](), dict[str, ir.Value]()
    for day in calendar.as_of_days:
        in_time = by_user.late <= day
        for word in numbering.masks(range(day - 2 * month, day)):
            for what in ("used", "stuck"):
                known[f"{what}_{day}_{word}"] = ibis.ifelse(in_time, by_user[f"{what}_{word}"], 0).bit_or()
    each = by_user.group_by("account_id", "user_id").agg(**known)
    for day in calendar.as_of_days:
        now = numbering.masks(range(day - month, day))
        before = numbering.masks(range(day - 2 * month, day - month))
        counts |= _people_at(each, day, now, before)
    return each.group_by("account_id").agg(**counts)


def _people_at(each: ir.Table, day: int, now: dict[int, int], before: dict[int, int]) -> dict[str, ir.Value]:
    """The counts at one as-of day, from the words under the masks of its two months."""
    used_now, used_before, stuck_now, stuck_before = (
        [each[f"{what}_{day}_{word}"] & mask for word, mask in masks.items()]
        for what in ("used", "stuck")
        for masks in (now, before)
    )
    return {
        f"active_{day}": _any(used_now).sum(),
        f"active_before_{day}": _any(used_before).sum(),
        f"days_{day}": size(word.bit_or() for word in used_now),
        f"person_days_{day}": size(used_now).sum(),
        f"person_days_before_{day}": size(used_before).sum(),
        f"sticky_{day}": _any(stuck_now).sum(),
        f"sticky_before_{day}": _any(stuck_before).sum(),
    }


def _any(words: Sequence[ir.Value]) -> ir.Value:
    return reduce(or_, (word != 0 for word in words))


def _activity(source: Warehouse, calendar: Calendar, modules: Modules) -> ir.Table:
    """One row per account and as-of day with use in the quarter before: ACTIVITY and the modules."""
    by_stretch = _by_stretch(source, calendar, modules)
    t = by_stretch.inner_join(_windows(calendar), "start").filter(lambda t: t.late <= t.as_of_day)
    both = list(zip(modules.used, modules.used_before, strict=True))
    return t.group_by(*KEYS).agg(
        events=ibis.ifelse(t.now == 1, t.events, 0).sum(),
        events_before=ibis.ifelse(t.before == 1, t.events, 0).sum(),
        last_age=(t.as_of_day - t.last_day).min(),
        **{used: ibis.ifelse(t.now == 1, t[used], 0).bit_or() for used, _ in both},
        **{before: ibis.ifelse(t.before == 1, t[used], 0).bit_or() for used, before in both},
    )


def _by_stretch(source: Warehouse, calendar: Calendar, modules: Modules) -> ir.Table:
    """One row per account, stretch (by its `start`) and `late`: events, modules, the last day of use."""
    rows = [
        (day, start, calendar.first_after(day))
        for start, end in calendar.stretches()
        for day in range(start, end)
    ]
    names = ["occurred_day", "start", "first"]
    days = small_table(source["usage"], pd.DataFrame(rows, columns=names), dict.fromkeys(names, "int64"))
    t = _counting(source, days, calendar)
    t = t.left_join(modules.named(source["usage"]), "module")
    words = words_of(t, "module", len(modules.used))
    return t.group_by("account_id", "start", "late").agg(
        events=t.thousandths.sum(),
        last_day=t.occurred_day.max(),
        **dict(zip(modules.used, words, strict=True)),
    )


def _windows(calendar: Calendar) -> ir.Table:
    """Which stretches each as-of day counts, and whether in its month or in the month before."""
    month = calendar.month
    rows = [
        (start, day, int(day - month <= start), int(day - 2 * month <= start < day - month))
        for start, end in calendar.stretches()
        for day in calendar.as_of_days
        if calendar.holds(start, end, day)
    ]
    names = ["start", "as_of_day", "now", "before"]
    return ibis.memtable(pd.DataFrame(rows, columns=names), schema=dict.fromkeys(names, "int64"))

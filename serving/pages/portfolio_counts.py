"""The portfolio at a glance: bands with counts and revenue, the distribution, and groups of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from serving.pages.book_lines import BANDS, Line

BIN = 5  # health points per bar of the distribution


@dataclass(frozen=True)
class Count:
    """How many accounts, their monthly revenue, and the share of it that is expected to be lost in a year."""

    name: str
    accounts: int
    mrr: float
    at_risk: float


def count_of(name: str, lines: Sequence[Line]) -> Count:
    """The sums of some accounts; revenue that is not known counts as none."""
    return Count(
        name, len(lines), sum(line.mrr or 0.0 for line in lines), sum(line.revenue_at_risk for line in lines)
    )


def by_band(lines: Sequence[Line]) -> list[Count]:
    """A count per band, the worst first."""
    return [count_of(band, [line for line in lines if line.band == band]) for band in BANDS]


def in_force(bands: Sequence[Count], lines: Iterable[Line], held: Mapping[str, str]) -> list[Count]:
    """The counts of `by_band` with accounts moved to the bands that people set."""
    moved = [(line, held[line.account_id]) for line in lines if line.account_id in held] if held else []
    found = {count.name: count for count in bands}
    for line, band in moved:
        for name, sign in ((line.band, -1), (band, 1)):
            before = found[name]
            found[name] = Count(
                name,
                before.accounts + sign,
                before.mrr + sign * (line.mrr or 0.0),
                before.at_risk + sign * line.revenue_at_risk,
            )
    return [found[count.name] for count in bands]


def by_both_bands(lines: Sequence[Line]) -> dict[tuple[str, str], int]:
    """How many accounts the health puts into a band and the rule into another: (band, rule's band)."""
    found = {(band, rule): 0 for band in BANDS for rule in BANDS}
    for line in lines:
        found[line.band, line.rule_band] += 1
    return found


def distribution(lines: Iterable[Line]) -> list[int]:
    """How many accounts have a health in [0, 5), [5, 10) … [95, 100]."""
    counts = [0] * (100 // BIN)
    for line in lines:
        counts[min(int(line.health // BIN), len(counts) - 1)] += 1
    return counts


@dataclass(frozen=True)
class Group:
    """A parent account with its children. `health` is their mean by revenue; plain where none is known."""

    parent: Line
    children: Sequence[Line]
    health: float
    count: Count
    worst: Line


def groups(lines: Sequence[Line]) -> list[Group]:
    """Every parent that can be seen with the children that can be seen, most revenue at risk first."""
    by_id = {line.account_id: line for line in lines}
    children: dict[str, list[Line]] = {}
    for line in lines:
        if line.parent is not None and line.parent in by_id and line.parent != line.account_id:
            children.setdefault(line.parent, []).append(line)
    found = [_group(by_id[parent], below) for parent, below in children.items()]
    return sorted(found, key=lambda group: (-group.count.at_risk, group.parent.account_id))


def _group(parent: Line, children: Sequence[Line]) -> Group:
    members = [parent, *children]
    revenue = sum(line.mrr or 0.0 for line in members)
    weights = [(line.mrr or 0.0) if revenue else 1.0 for line in members]
    health = sum(w * line.health for w, line in zip(weights, members, strict=True)) / sum(weights)
    worst = min(members, key=lambda line: (line.health, line.account_id))
    return Group(parent, children, health, count_of(parent.account_id, members), worst)

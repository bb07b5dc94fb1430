"""Guesses for what names and values left open, from how the columns of a file stand to one another.

Times of a row run in the order of its life: nothing is resolved before it is opened, and what has not come
to pass is empty. A module holds several features and a user belongs to one account. And where one column
is wanted and one of its kind is left, it is likely that one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

import pandas as pd

from features.imports.date_formats import ISO, fitting
from features.source_tables import SourceTable

ORDERED = 0.52  # how sure a guess by order is
LAST_LEFT = 0.48
MOST = 6  # times of a file that are tried in every order
NOT_LAST = {"scale_min", "scale_max", "contacts_to_resolve", "recorded_at", "valid_to_recorded_at"}
LATER_KIND = {"paid_recorded_at", "recorded_at", "valid_to_recorded_at"}


def left_over(
    sample: pd.DataFrame, table: SourceTable, taken: Mapping[str, str], times: set[str], numbers: set[str]
) -> Iterator[tuple[str, str, float, str]]:
    """Further guesses (canonical column, header, how sure, why) beside those `taken`.

    `times` and `numbers` are the headers whose values are such.
    """
    free = [header for header in sample.columns if header not in taken.values()]
    by_order = _by_order(sample, table, taken, [header for header in free if header in times])
    yield from ((name, header, ORDERED, "by the order of its times") for name, header in by_order.items())
    yield from _one_left(table, taken, [header for header in free if header in numbers], "number")
    if table.name == "usage":
        texts = [header for header in free if header not in times | numbers]
        yield from _of_usage(sample, taken, texts)


def _by_order(
    sample: pd.DataFrame, table: SourceTable, taken: Mapping[str, str], free: list[str]
) -> dict[str, str]:
    """The one way in which the free times fit the places that are open; none where two fit alike."""
    places = [c.name for c in table.columns if c.kind == "time" and c.name not in LATER_KIND]
    open_ = [place for place in places if place not in taken]
    moments = {
        header: _moments(sample[header]) for header in [*free, *(taken[p] for p in places if p in taken)]
    }
    free = [header for header in free if moments[header].notna().any()][:MOST]
    number = min(len(free), len(open_))
    if not number:
        return {}
    found = []
    for chosen in permutations(free, number):
        for names in _choices(open_, number):
            trial = dict(zip(names, chosen, strict=True))
            whole = {**{p: taken[p] for p in places if p in taken}, **trial}
            found.append((_fitness(table, places, whole, moments), trial))
    best = max(score for score, _ in found)
    winners = [trial for score, trial in found if score == best]
    return winners[0] if best > 0 and len(winners) == 1 else {}


def _choices(open_: list[str], number: int) -> Iterator[tuple[str, ...]]:
    """Places in their own order: what is left out is left out wherever it stands."""
    yield from (
        names for names in permutations(open_, number) if list(names) == sorted(names, key=open_.index)
    )


def _fitness(
    table: SourceTable, places: list[str], whole: Mapping[str, str], moments: Mapping[str, pd.Series]
) -> float:
    """How well times fit their places: in order, full where they must be, with gaps where they may."""
    score = 0.0
    named = [place for place in places if place in whole]
    for place in named:
        gaps = bool(moments[whole[place]].isna().any())
        required = table.column(place).required
        score += (-4.0 if required else 1.0) if gaps else (1.0 if required else 0.0)
        score += 0.5 if place == table.happens else 0.0
    for n, first in enumerate(named):
        for last in named[n + 1 :]:
            one, two = moments[whole[first]], moments[whole[last]]
            both = one.notna() & two.notna()
            if both.any() and not (first in table.later and last in table.later):
                late = float((one[both] <= two[both]).mean())
                planned = last not in table.later and (table.extent or ("", ""))[1] == last
                steady = float(two[both].sub(one[both]).nunique() == 1) if planned else 0.0
                score += (2 * late - 1) + 0.5 * steady
            elif both.any():
                score += 0.5 * (2 * float((one[both] <= two[both]).mean()) - 1)
    return round(score, 6)


def _moments(cells: pd.Series) -> pd.Series:
    texts = cells.dropna().astype(str).str.strip()
    written = next(iter(fitting(texts[texts != ""])), ISO)
    dayfirst = written.startswith("D")
    return pd.to_datetime(cells, errors="coerce", dayfirst=dayfirst, format="mixed", utc=True)


def _one_left(
    table: SourceTable, taken: Mapping[str, str], free: list[str], kind: str
) -> Iterator[tuple[str, str, float, str]]:
    wanted = [c.name for c in table.columns if c.kind == kind and c.name not in {*taken, *NOT_LAST}]
    if len(wanted) == 1 and len(free) == 1:
        yield wanted[0], free[0], LAST_LEFT, f"the only column of {kind}s left, and the only one wanted"


def _of_usage(
    sample: pd.DataFrame, taken: Mapping[str, str], free: list[str]
) -> Iterator[tuple[str, str, float, str]]:
    """Users belong to one account each; a feature belongs to one module, which holds several."""
    rest = list(free)
    account = taken.get("account_id")
    if "user_id" not in taken and account is not None:
        own = [h for h in rest if _belongs(sample, h, account) and sample[h].nunique() > 1]
        own.sort(key=lambda header: -sample[header].nunique())
        if own:
            yield "user_id", own[0], ORDERED, "each of its values belongs to one account"
            rest.remove(own[0])
    wanted = [name for name in ("module", "feature") if name not in taken]
    if len(wanted) == 2 and len(rest) == 2:
        module, feature = sorted(rest, key=lambda header: sample[header].nunique())
        if _belongs(sample, feature, module) and not _belongs(sample, module, feature):
            yield "module", module, ORDERED, "each value of another column belongs to one of its"
            yield "feature", feature, ORDERED, "each of its values belongs to one of another column"
    elif len(wanted) == 1 and len(rest) == 1:
        yield wanted[0], rest[0], LAST_LEFT, "the only column of texts left, and the only one wanted"


def _belongs(sample: pd.DataFrame, header: str, owner: str) -> bool:
    return bool((sample.groupby(header)[owner].nunique() <= 1).all())

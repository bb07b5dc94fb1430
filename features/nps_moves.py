"""NPS moves between any two dates, with the probability that they are real and who moved (H7).

The features tell of half a year; a person asks of any two dates and wants to see the people. Levels,
intervals and probabilities are those of the features: features/nps_posterior.py, features/nps_change.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.book import open_book
from features.check_report import CheckReport
from features.cohort import cohort
from features.extent import known_extent
from features.faults import DataFault, Fault, WrongUse
from features.nps import CountedPanel, counted, in_order
from features.nps_change import probabilities
from features.nps_panel import DATES, Date, asked, heard, people
from features.nps_posterior import Floats, account_interval, account_nps, role_interval, role_nps
from features.nps_told import AccountMoves, Level, Move, NpsMoves, PersonMove, What
from features.params import CheckParams, FeatureParams
from features.params_file import read_section
from features.source_tables import ROLES
from features.time_windows import as_of_date, day_number
from features.warehouse import Warehouse


def nps_moves_of_book(
    folder: Path,
    account: str | None,
    earlier: str | None,
    later: str | None,
    params_file: Path,
    overrides: tuple[str, ...],
    progress: Callable[[str], None],
    checked: Callable[[CheckReport], None] = lambda _: None,
) -> NpsMoves:
    """The moves of a book's accounts, or of one. `later` None: the end of the book; `earlier` None:
    half a year before it. What the checks found is told to `checked`. Raises as `nps_moves` does."""
    to = None if later is None else as_of_date(later)
    since = None if earlier is None else as_of_date(earlier)
    params = read_section(params_file, "features", FeatureParams, overrides)
    progress("reading and checking the book")
    book = open_book(folder, read_section(params_file, "checks", CheckParams, overrides))
    checked(book.checked.report)
    to = to or known_extent(book.source)[1]
    progress("counting who was heard")
    since = since or to - pd.Timedelta(days=params.windows.half_year)
    return nps_moves(book.source, since, to, params, account)


def nps_moves(
    source: Warehouse,
    earlier: pd.Timestamp,
    later: pd.Timestamp,
    params: FeatureParams,
    account: str | None = None,
) -> NpsMoves:
    """The moves of every account that is a customer at the later date, or of `account` alone.

    Raises WrongUse where the dates are not in order or the account is unknown, DataFault where the
    book has no surveys or nobody is a customer at the later date.
    """
    gap = day_number(later) - day_number(earlier)
    if gap < 1:
        fault = Fault("--from", f"{earlier:%Y-%m-%d}", f"a date before {later:%Y-%m-%d}", "name an earlier")
        raise WrongUse("there is no time between the two dates", [fault])
    if not source.has("surveys"):
        fault = Fault("book", "no surveys", "a table of surveys", "import the answers of the survey tool")
        raise DataFault("no NPS is known", [fault])
    who = cohort(source, [later])
    answers = heard(source, who, params, gap).cache()
    panel = people(answers).cache()
    numbers = counted(source, who, panel, gap)
    _check_known(account, numbers.keys["account_id"], later)
    asked_at = {
        date: in_order(asked(source, who, params, gap, date, answers), numbers.keys, list(ROLES))
        for date in DATES
    }
    persons, roleless = _persons(panel, account), _of_no_role(panel)
    kept = [i for i, name in enumerate(numbers.keys["account_id"]) if account in (None, name)]
    moves = _moves(numbers, asked_at, params)
    accounts = (
        AccountMoves(name, moves[i][0], moves[i][1], tuple(persons.get(name, ())), roleless.get(name, 0))
        for i, name in ((i, str(numbers.keys["account_id"][i])) for i in kept)
    )
    return NpsMoves(earlier, later, tuple(accounts))


def _check_known(account: str | None, known: pd.Series, later: pd.Timestamp) -> None:
    """Raises where there is nothing to tell of: no customer at all, or not this one."""
    if known.empty:
        fault = Fault(
            "--to", f"{later:%Y-%m-%d}", "a date at which an account was a customer", "name another"
        )
        raise DataFault("no account is in the cohort", [fault])
    if account is None or account in set(known):
        return
    near = difflib.get_close_matches(account, known.astype(str), n=3, cutoff=0.5) or list(known[:3])
    allowed = f"one of the {len(known):,} customers at {later:%Y-%m-%d}"
    fault = Fault("account", account, allowed, f"did you mean {' or '.join(map(repr, near))}?")
    raise WrongUse("the account is not known", [fault])


def _moves(
    panel: CountedPanel, asked_at: dict[Date, Floats], params: FeatureParams
) -> list[tuple[Move, tuple[Move, ...]]]:
    """The account's move and its roles', for every position of the panel."""
    weights = np.array([dict(params.role_weights)[role] for role in ROLES])
    numbers = {date: _levels(panel, asked_at[date], date, weights) for date in DATES}
    one = np.array([1.0])
    chances = [probabilities(panel.cells[:, [place]], one) for place in range(len(ROLES))]
    chances.append(probabilities(panel.cells, weights))
    present = (
        panel.present["later"] | panel.present["earlier"] | (asked_at["later"] + asked_at["earlier"] > 0)
    )

    def move(i: int, place: int) -> Move:
        before, after = (_level(numbers[date][i, place]) for date in ("earlier", "later"))
        both = before.nps is not None and after.nps is not None
        fell, rose = (_known(p[i]) for p in chances[place])
        name = ROLES[place] if place < len(ROLES) else None
        return Move(name, before, after, _change(before, after) if both else None, fell, rose)

    return [
        (move(i, len(ROLES)), tuple(move(i, place) for place in range(len(ROLES)) if present[i, place]))
        for i in range(len(panel.keys))
    ]


def _change(before: Level, after: Level) -> float:
    assert before.nps is not None
    assert after.nps is not None
    return after.nps - before.nps


def _levels(panel: CountedPanel, asked_at: Floats, date: Date, weights: Floats) -> Floats:
    """(rows, roles + account, 5): asked, answered, NPS, low, high; NaN where nobody answered."""
    counts = panel.heard(date)
    nps, (low, high) = role_nps(counts), role_interval(counts, panel.elsewhere())
    whole = account_nps(nps, weights)
    edges = account_interval(nps, low, high, panel.present[date], weights)
    roles = np.stack([asked_at, counts.sum(axis=-1), nps, low, high], axis=-1)
    account = np.stack([asked_at.sum(axis=1), counts.sum(axis=(1, 2)), whole, *edges], axis=-1)
    return np.concatenate([roles, account[:, None]], axis=1)


def _level(numbers: Floats) -> Level:
    nps, low, high = (_known(value) for value in numbers[2:])
    interval = None if low is None or high is None else (low, high)
    return Level(int(numbers[0]), int(numbers[1]), nps, interval)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _persons(panel: ir.Table, account: str | None) -> dict[str, list[PersonMove]]:
    """Who moved, by account: falls first, then rises, who joined and who left; contacts by id."""
    rows = panel if account is None else panel.filter(panel.account_id == account)
    found: dict[str, list[PersonMove]] = {}
    for row in rows.order_by("account_id", "person", "role").to_pandas().to_dict("records"):
        move = _person(row)
        if move is not None:
            found.setdefault(row["account_id"], []).append(move)
    order: tuple[What, ...] = ("fell", "rose", "joined", "left")
    for moved in found.values():
        moved.sort(key=lambda person: (order.index(person.what), person.contact_id is None))
    return found


def _of_no_role(panel: ir.Table) -> dict[str, int]:
    """How many people of each account were heard while no role of theirs was known."""
    rows = panel.filter(panel.role.isnull()).group_by("account_id").agg(people=panel.person.nunique())
    found = rows.to_pyarrow()
    return dict(zip(found["account_id"].to_pylist(), found["people"].to_pylist(), strict=True))


def _person(row: Mapping[Hashable, Any]) -> PersonMove | None:
    """The move of a row of the panel (see `nps_panel.people`), if it is one."""
    before, after = _known(row["score_earlier"]), _known(row["score_later"])
    if before == after:
        return None
    what: What
    if before is None or after is None:
        what = "joined" if before is None else "left"
    else:
        what = "fell" if after < before else "rose"
    contact = row["person"] if row["is_named"] else None
    role = None if pd.isna(row["role"]) else row["role"]
    crossed = what in ("fell", "rose") and row["earlier"] != row["later"]
    return PersonMove(contact, role, before, after, what, crossed)

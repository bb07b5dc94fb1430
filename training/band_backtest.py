"""Two ways of setting bands, replayed over past dates: who would have been red in time, at what price.

Worked example: a lead of 60 days, an account that left on 2026-05-20. Sixty days before is 2026-03-21;
the last month start before that is 2026-03-01, so the account was seen in time if it was red on 2026-03-01,
with the facts known by then. It leaves the count where it was no customer yet on that date.

An *alert* is what starts work: an account that is red on a month start and was not on the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.account_sums import Span, drawn_sums, ratio, share_where, span
from training.bootstrap import account_draws
from training.calibration import Matrix
from training.replayed_past import LEADS, PreparedPast, SeenChurns

__all__ = ["FEW", "LEADS", "SIDES", "Backtest", "Compared", "Lead", "compared", "replayed"]
SIDES = ("before", "after")
FEW = 30  # churners below which a percentile interval is too narrow


@dataclass(frozen=True)
class Compared:
    """One number both ways. `difference` is after minus before, `more` the probability that it is above 0."""

    before: Span
    after: Span
    difference: Span
    more: float | None


@dataclass(frozen=True)
class Lead:
    """What was seen `days` ahead: of `churners` (their `mrr` at that date), which share was red.

    `absent` more churned, but were no customers yet on the date in question.
    """

    days: int
    churners: int
    absent: int
    mrr: float
    red: Compared
    red_mrr: Compared
    below_green: Compared


@dataclass(frozen=True)
class Backtest:
    """The replay. `alerts`: a month; `followed`: the share of them whose account left within 90 days;
    `red`: accounts on a date. `churners` has a row per churn and lead, with both bands on the date."""

    dates: tuple[pd.Timestamp, ...]
    rows: int
    accounts: int
    leads: tuple[Lead, ...]
    alerts: Compared
    followed: Compared
    red: Compared
    churners: pd.DataFrame
    resamples: int

    def as_dict(self) -> dict[str, Any]:
        """The whole as plain values, fit for JSON."""
        told = asdict(self) | {"dates": [f"{date:%Y-%m-%d}" for date in self.dates]}
        return told | {"leads": list(told["leads"]), "churners": self.churners.to_dict("records")}


def replayed(
    rows: pd.DataFrame,
    churns: pd.DataFrame,
    dates: Sequence[pd.Timestamp],
    resamples: int,
    seed: int,
) -> Backtest:
    """The replay of rows at consecutive month starts, with intervals bootstrapped by account.

    `rows`: account_id, as_of, mrr (NaN counts 0), and the bands `before` and `after` as texts. `churns`:
    account_id and `at`, those alone that are known. `dates`: the month starts, in order; every churn up to
    the longest lead after the last of them must be known.
    """
    past = PreparedPast.of(rows, churns, dates)
    bands = {side: rows[side].to_numpy(str) for side in SIDES}
    drawn = list(account_draws(np.arange(len(past.names)), resamples, seed))
    found = compared(past, bands, drawn)
    return replace(found, churners=_listed(past, bands))


def compared(past: PreparedPast, bands: Mapping[str, NDArray[np.str_]], drawn: Sequence[Matrix]) -> Backtest:
    """The replay of bands (n,) by side, by draws of the accounts that may be used again; without a list of
    the churners."""
    parts = past.wholes() | past.sums(bands["before"], "before") | past.sums(bands["after"], "after")
    sums, dates = drawn_sums(parts, drawn), past.dates
    draws = len(next(iter(sums.values())))
    months, every = np.full(draws, len(dates) - 1.0), np.full(draws, float(len(dates)))
    return Backtest(
        dates=dates,
        rows=len(past.account),
        accounts=len(past.names),
        leads=tuple(_lead(days, past.seen[days], sums) for days in LEADS),
        alerts=_compared(sums, "alerts", months),
        followed=_compared(sums, "followed", "alerts"),
        red=_compared(sums, "red", every),
        churners=pd.DataFrame(),
        resamples=draws - 1,
    )


def _lead(days: int, seen: SeenChurns, sums: Mapping[str, np.ndarray]) -> Lead:
    mrr = seen.table["mrr"][seen.there]
    return Lead(
        days=days,
        churners=int(seen.there.sum()),
        absent=int((~seen.there).sum()),
        mrr=round(float(np.rint(mrr * 100).sum()) / 100, 2),
        red=_compared(sums, f"red {days}", f"churners {days}"),
        red_mrr=_compared(sums, f"red mrr {days}", f"mrr {days}"),
        below_green=_compared(sums, f"below green {days}", f"churners {days}"),
    )


def _compared(sums: Mapping[str, np.ndarray], part: str, whole: str | np.ndarray) -> Compared:
    """The ratio on both sides and its difference; `whole` is a sum's name, of each side where it has two."""
    values = {}
    for side in SIDES:
        key = f"{whole} {side}"
        below = whole if isinstance(whole, np.ndarray) else sums[key if key in sums else str(whole)]
        values[side] = ratio(sums[f"{part} {side}"], below)
    difference = values["after"] - values["before"]
    return Compared(span(values["before"]), span(values["after"]), span(difference), share_where(difference))


def _listed(past: PreparedPast, bands: Mapping[str, NDArray[np.str_]]) -> pd.DataFrame:
    """A row per churn and lead for people to look up: whose, when, seen when, in which bands."""
    tables = []
    for days, seen in past.seen.items():
        found = seen.table[seen.there].assign(days=days)
        tables.append(found.assign(**{side: bands[side][seen.row[seen.there]] for side in SIDES}))
    whole = pd.concat(tables).sort_values(["at", "account_id", "days"], ignore_index=True)
    moments = {name: whole[name].dt.strftime("%Y-%m-%d") for name in ("at", "as_of")}
    return whole.assign(**moments)[["account_id", "at", "days", "as_of", "mrr", *SIDES]]

"""Two ways of setting bands, replayed over past dates: who would have been red in time, at what price.

Worked example: a lead of 60 days, an account that left on 2026-05-20. Sixty days before is 2026-03-21;
the last month start before that is 2026-03-01, so the account was seen in time if it was red on 2026-03-01,
with the facts known by then. It leaves the count where it was no customer yet on that date.

An *alert* is what starts work: an account that is red on a month start and was not on the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from training.account_sums import Span, ratio, resampled_sums, share_where, span

LEADS = (30, 60, 90)  # days ahead; an alert is called right if the account leaves within the longest
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
    rows = rows.assign(mrr=rows["mrr"].fillna(0.0)).reset_index(drop=True)
    names = np.unique(rows["account_id"].to_numpy(str))
    seen = {days: _seen(rows, churns, dates, days) for days in LEADS}
    alerts = {side: _alerts(rows, side, dates) for side in SIDES}
    parts = {
        **{key: part for days in LEADS for key, part in _lead_parts(seen[days].dropna(), days)},
        **{key: part for side in SIDES for key, part in _alert_parts(rows, alerts[side], churns, side)},
    }
    sums = resampled_sums(_per_account(parts, names), resamples, seed)
    months, every = np.full(resamples + 1, len(dates) - 1.0), np.full(resamples + 1, float(len(dates)))
    return Backtest(
        dates=tuple(dates),
        rows=len(rows),
        accounts=len(names),
        leads=tuple(_lead(days, seen[days], sums) for days in LEADS),
        alerts=_compared(sums, "alerts", months),
        followed=_compared(sums, "followed", "alerts"),
        red=_compared(sums, "red", every),
        churners=_listed(seen),
        resamples=resamples,
    )


def _seen(rows: pd.DataFrame, churns: pd.DataFrame, dates: Sequence[pd.Timestamp], days: int) -> pd.DataFrame:
    """Each churn with the last month start at least `days` before it, where that is one of the dates."""
    ahead = churns["at"] - pd.Timedelta(days=days)
    month = pd.Series(ahead.dt.normalize() - pd.to_timedelta(ahead.dt.day - 1, unit="D"))
    found = pd.DataFrame({"account_id": churns["account_id"], "at": churns["at"], "as_of": month})
    found = found[found["as_of"].isin(list(dates))]
    same = {"as_of": rows["as_of"].dtype}
    return found.astype(same).merge(
        rows[["account_id", "as_of", "mrr", *SIDES]], "left", ["account_id", "as_of"]
    )


def _alerts(rows: pd.DataFrame, side: str, dates: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """The rows that turned red: red, and not red (or not there) on the month start before."""
    red = rows[rows[side] == "red"]
    after = dict(pairwise(dates))
    still = pd.MultiIndex.from_arrays([red["account_id"], red["as_of"].map(after)])
    fresh = ~pd.MultiIndex.from_frame(red[["account_id", "as_of"]]).isin(still)
    return red[fresh & (red["as_of"] > dates[0]).to_numpy()]


Part = tuple[str, tuple[pd.Series, pd.Series]]  # a name, with accounts and what each of them adds


def _lead_parts(seen: pd.DataFrame, days: int) -> Iterator[Part]:
    account, one = seen["account_id"], pd.Series(1.0, index=seen.index)
    yield f"churners {days}", (account, one)
    yield f"mrr {days}", (account, seen["mrr"])
    for side in SIDES:
        red = (seen[side] == "red").astype(float)
        yield f"red {days} {side}", (account, red)
        yield f"red mrr {days} {side}", (account, red * seen["mrr"])
        yield f"below green {days} {side}", (account, (seen[side] != "green").astype(float))


def _alert_parts(rows: pd.DataFrame, alerts: pd.DataFrame, churns: pd.DataFrame, side: str) -> Iterator[Part]:
    pairs = alerts[["account_id", "as_of"]].reset_index(names="row").merge(churns, on="account_id")
    within = pairs["at"].between(
        pairs["as_of"], pairs["as_of"] + pd.Timedelta(days=max(LEADS)), inclusive="left"
    )
    left = alerts.index.isin(pairs.loc[within, "row"])
    yield f"alerts {side}", (alerts["account_id"], pd.Series(1.0, index=alerts.index))
    yield f"followed {side}", (alerts["account_id"], pd.Series(left.astype(float), index=alerts.index))
    red = rows[rows[side] == "red"]
    yield f"red {side}", (red["account_id"], pd.Series(1.0, index=red.index))


def _per_account(parts: Mapping[str, tuple[pd.Series, pd.Series]], names: np.ndarray) -> pd.DataFrame:
    sums = {key: value.groupby(account.to_numpy(str)).sum() for key, (account, value) in parts.items()}
    return pd.DataFrame({key: one.reindex(names).fillna(0.0) for key, one in sums.items()}, index=names)


def _lead(days: int, seen: pd.DataFrame, sums: Mapping[str, np.ndarray]) -> Lead:
    there = seen.dropna(subset=["before"])
    return Lead(
        days=days,
        churners=len(there),
        absent=len(seen) - len(there),
        mrr=round(float(np.rint(there["mrr"] * 100).sum()) / 100, 2),
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


def _listed(seen: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """A row per churn and lead for people to look up: whose, when, seen when, in which bands."""
    whole = pd.concat([one.dropna(subset=["before"]).assign(days=days) for days, one in seen.items()])
    whole = whole.sort_values(["at", "account_id", "days"], ignore_index=True)
    moments = {name: whole[name].dt.strftime("%Y-%m-%d") for name in ("at", "as_of")}
    return whole.assign(**moments)[["account_id", "at", "days", "as_of", "mrr", *SIDES]]

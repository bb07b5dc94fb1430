"""One row per account per as-of date: the only way to a feature, for training and serving alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features import commercial, nps, silence, tickets, usage, voice, written_words
from features.catalog import load_catalog
from features.cohort import KEYS, cohort
from features.conflict import conflict
from features.extent import ends_by, known_extent
from features.faults import DataFault, Fault
from features.params import FeatureParams
from features.time_windows import EPOCH, as_of_date, day_number
from features.warehouse import Warehouse

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A group of features read together, and the tables without which all of them are missing."""

    title: str
    read: Callable[[Warehouse, ir.Table, FeatureParams], ir.Table | pd.DataFrame]
    needs: tuple[str, ...]


SOURCES = (
    Source("use", usage.use, ("usage",)),
    Source("NPS", nps.nps, ("surveys",)),
    Source("touchpoints", voice.touchpoints, ("surveys",)),
    Source("silence", silence.silence, ("surveys",)),
    Source("people", silence.people, ("contacts",)),
    Source("notes", written_words.note_words, ("notes",)),
    Source("ticket texts", written_words.ticket_words, ("tickets",)),
    Source("comments", written_words.comment_words, ("surveys",)),
    Source("decision makers' words", written_words.decision_maker_words, ()),
    Source("ticket volume", tickets.volume, ("tickets",)),
    Source("ticket severity", tickets.severity, ("tickets",)),
    Source("ticket resolution", tickets.resolution, ("tickets",)),
    Source("seats and revenue", commercial.seats_and_revenue, ("subscriptions",)),
    Source("payment", commercial.payment, ("invoices",)),
    Source("renewal", commercial.renewal, ("renewals",)),
    Source("tenure", commercial.tenure, ("accounts",)),
)


def build_snapshot(
    source: Warehouse,
    as_of_dates: Sequence[pd.Timestamp],
    params: FeatureParams,
    progress: Progress = lambda _: None,
) -> pd.DataFrame:
    """The snapshot: `account_id`, `as_of` (UTC midnight), then every feature of the catalogue.

    Features are float64, in the catalogue's order; NaN means missing. Rows are sorted by as-of
    date and account. Only what was known before each as-of date enters: cutting every table there
    and computing again gives the same bits. Features of a table that the book lacks are NaN, and so are
    those that are `learned`: no outcome can be reached from here.

    Raises DataFault where no account is a customer at any of the dates, WrongUse where one of them
    is no UTC midnight.
    """
    groups = source.alike([day_number(as_of_date(date)) for date in as_of_dates])
    parts = [_of_alike(source.as_known(days[-1]), days, params, progress) for days in groups]
    if not sum(len(part) for part in parts):
        raise DataFault("no account is in the cohort", [_nobody(source, as_of_dates)])
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _nobody(source: Warehouse, as_of_dates: Sequence[pd.Timestamp]) -> Fault:
    """Nobody was a customer then. Where that is the end of the book, one wrong year may have set it."""
    dates = ", ".join(f"{date:%Y-%m-%d}" for date in as_of_dates)
    step = "check created_at and subscriptions"
    if any(source.tables) and known_extent(source)[1] in as_of_dates:
        step += f"; the book ends there by a row of {ends_by(source)}: if its time is wrong, mend it"
        step += ", or name the date with --as-of"
    return Fault("as-of", dates, "a date at which an account was a customer", step)


def _of_alike(
    source: Warehouse, days: Sequence[int], params: FeatureParams, progress: Progress
) -> pd.DataFrame:
    """The rows of as-of days before which the tables stand alike; none where nobody was a customer."""
    who = cohort(source, [EPOCH + pd.Timedelta(days=day) for day in days])
    return pd.DataFrame() if _keys(who).empty else snapshot_of(source, who, params, progress)


def snapshot_of(
    source: Warehouse, who: ir.Table, params: FeatureParams, progress: Progress = lambda _: None
) -> pd.DataFrame:
    """The same rows, for whoever is named: `who` has `account_id` and `as_of_day`, customers or not.

    An account must be known before its day, as `cohort.known_accounts` makes sure.
    """
    keys = _keys(who)
    parts = [keys]
    for each in SOURCES:
        if source.has(*each.needs):
            progress(each.title)
            parts.append(_aligned(each.read(source, who, params), keys))
    rows = pd.concat(parts, axis=1)
    names = [feature.name for feature in load_catalog(params.windows)]
    rows = rows.reindex(columns=[*KEYS, *dict.fromkeys([*rows.columns[2:], *names])])
    rows = rows.assign(**conflict(rows, params))
    as_of = EPOCH + pd.to_timedelta(rows["as_of_day"], unit="D").astype("timedelta64[us]")
    return pd.concat([rows["account_id"], as_of.rename("as_of"), _one_missing(rows[names])], axis=1)


def _one_missing(features: pd.DataFrame) -> pd.DataFrame:
    """The features as float64, every missing value with the same bits.

    There are many NaN: which sign the product of two has depends on how the processor took the rows.
    """
    values = features.to_numpy("float64", copy=True)
    values[np.isnan(values)] = np.nan
    return pd.DataFrame(values, index=features.index, columns=features.columns)


def _keys(who: ir.Table) -> pd.DataFrame:
    keys: pd.DataFrame = who.order_by("as_of_day", "account_id").to_pandas()[list(KEYS)]
    return keys


def _aligned(table: ir.Table | pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """The table's features in the order of `keys`, one row each."""
    rows = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    indexed: pd.DataFrame = rows.set_index(list(KEYS)).astype("float64")
    return indexed.loc[pd.MultiIndex.from_frame(keys)].reset_index(drop=True)

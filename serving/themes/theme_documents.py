"""The mentions of a book's themes as they are kept beside a snapshot."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby
from typing import Any

import pandas as pd

from features.params import FeatureParams
from features.theme_mentions import theme_mentions
from features.warehouse import Warehouse
from serving.themes.theme_tables import Mention, ThemeMentions

MONTH = 30


def theme_documents(
    source: Warehouse, accounts: Collection[str], as_of: pd.Timestamp, params: FeatureParams, keep: int
) -> ThemeMentions:
    """The mentions of these accounts in the texts of a year.

    Of each account, theme and role the newest `keep` of every month are kept: no account can fill the
    store, and none drops out of a period because it spoke much in a later one.
    """
    days = params.windows.year
    rows = theme_mentions(source, accounts, as_of, params, days)
    age = (as_of.tz_localize(None) - pd.to_datetime(rows["day"])).dt.days // MONTH
    place = rows.groupby([rows["account_id"], rows["theme"], rows["role"].fillna(""), age]).cumcount()
    kept = rows[place < keep]
    found = {
        str(account): [_plain(row) for _, row in of_account]
        for account, of_account in groupby(
            zip(kept["account_id"], kept[list(Mention._fields)].itertuples(index=False), strict=True),
            key=lambda pair: pair[0],
        )
    }
    return ThemeMentions(days, found)


def _plain(row: Any) -> list[Any]:
    said = Mention._make(None if value is None or value != value else value for value in row)
    return list(said._replace(start=int(said.start), end=int(said.end)))

"""Log-ins without depth: days on which a user did one thing once, more of them than there were before."""

from __future__ import annotations

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities, own_share
from features.time_windows import EPOCH, day_number

RECENT = 60  # days; expected is what the 180 before them show


def pinged_logins(known: KnownTables) -> Opportunities:
    """Of each user's day of use in 60 days: was it a single event of a single unit, a ping?

    Expected is the account's share of such days before. A record is `user@day`.
    """
    days = known.user_days[known.user_days["account_id"].isin(known.accounts["account_id"])]
    days = days.reset_index(drop=True)
    ping = (days["events"] == 1) & (days["quantity"].fillna(1.0) <= 1.0)
    recent = days["occurred_day"] >= day_number(known.as_of) - RECENT
    expected = own_share(days, ping, ~recent, prior=20.0)
    at = EPOCH + pd.to_timedelta(days["occurred_day"].astype("int64"), unit="D")
    record = days["user_id"].astype(str) + "@" + at.dt.strftime("%Y-%m-%d")
    rows = days.assign(record=record, at=at, suspicious=ping, expected=expected)
    return Opportunities.of("pinged", "usage", "user@day", rows[recent])

"""Which accounts are described at which as-of date."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.subscription_state import running_subscriptions
from features.time_windows import as_of_date, day_number
from features.warehouse import Warehouse

KEYS = ("account_id", "as_of_day")


def cohort(source: Warehouse, as_of_dates: Sequence[pd.Timestamp]) -> ir.Table:
    """The accounts that were customers at each as-of date, as far as was known then.

    An account is in from the day after it became known. Where the book has subscriptions, one of
    them must be running: an account whose last known period ended before the as-of date is no
    customer any more. Outcomes play no part here; who is known to have churned is `training`'s.

    Returns a table with `account_id` (text) and `as_of_day` (whole days since 1970), one row each.
    Raises WrongUse where a date is no UTC midnight.
    """
    days = sorted({day_number(as_of_date(date)) for date in as_of_dates})
    dates = ibis.memtable(pd.DataFrame({"as_of_day": days}), schema={"as_of_day": "int64"})
    accounts = source["accounts"].select("account_id", "known_day", "created_day")
    everyone = accounts.cross_join(dates).filter(
        lambda t: (t.known_day < t.as_of_day) & (t.created_day < t.as_of_day)
    )
    candidates = everyone.select(*KEYS)
    if not source.has("subscriptions"):
        return candidates.cache()
    running = running_subscriptions(source, candidates).select(*KEYS).distinct()
    return candidates.semi_join(running, KEYS).cache()

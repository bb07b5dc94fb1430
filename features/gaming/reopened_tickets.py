"""Tickets closed to be quick and opened again: the same ticket, or a new one of the same contact."""

from __future__ import annotations

import pandas as pd

from features.gaming.known_tables import KnownTables
from features.gaming.opportunities import Opportunities

AGAIN = pd.Timedelta(days=3)


def reopened_tickets(known: KnownTables, since: pd.Timestamp) -> Opportunities:
    """Of each ticket that was resolved: was it reopened, or did its contact open another within three days?

    Expected is how often that happens to tickets of its severity in the whole book.
    """
    tickets = known.tickets[known.tickets["resolved_at"].notna()].reset_index(drop=True)
    tickets = tickets[tickets["resolved_at"] >= since].reset_index(drop=True)
    again = tickets["reopened"].fillna(False).astype(bool) | _came_back(tickets, known.tickets)
    expected = again.astype(float).groupby(tickets["severity"]).transform("mean")
    rows = tickets.assign(record=tickets["ticket_id"], at=tickets["resolved_at"], suspicious=again)
    return Opportunities.of("reopened", "tickets", "ticket_id", rows.assign(expected=expected))


def _came_back(closed: pd.DataFrame, tickets: pd.DataFrame) -> pd.Series:
    named = closed[closed["contact_id"].notna()][["ticket_id", "account_id", "contact_id", "resolved_at"]]
    pairs = named.merge(tickets, on=["account_id", "contact_id"], suffixes=("", "_next"))
    gap = pairs["opened_at"] - pairs["resolved_at"]
    next_one = (pairs["ticket_id_next"] != pairs["ticket_id"]) & (gap >= pd.Timedelta(0)) & (gap <= AGAIN)
    return closed["ticket_id"].isin(pairs.loc[next_one, "ticket_id"])

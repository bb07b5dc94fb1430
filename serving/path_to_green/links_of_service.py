"""What else changes where tickets are resolved and invoices are paid."""

from __future__ import annotations

import numpy as np

from features.params import Windows
from serving.path_to_green.candidates import Candidates


def follow_tickets(rows: Candidates, windows: Windows) -> None:
    """Counts, severities and open tickets agree. A plan never asks for more tickets, nor for none at all."""
    quarter, half = windows.labels()["quarter"], windows.labels()["half_year"]
    _ticket_volume(rows, f"tickets_{quarter}", f"ticket_severity_{quarter}")
    _open_tickets(rows)
    _resolution(rows, half)


def _ticket_volume(rows: Candidates, tickets: str, severity: str) -> None:
    if not rows.knows(tickets):
        return
    was = rows.was(tickets)
    now = np.clip(rows[tickets], min(1.0, was), was)
    rows[tickets] = now
    against = (
        "ticket_volume_vs_history"  # log2 of the rate against the account's own, see features/tickets.py
    )
    rows[against] = rows.was(against) + np.log2((now + 0.5) / (was + 0.5))
    if rows.knows(severity) and was > 0:
        fewer = rows.was(severity) * now / was
        lightest = np.minimum(now, fewer)  # each of them weighs at least as a ticket of low severity does
        rows[severity] = np.clip(rows[severity], lightest, fewer)


def _open_tickets(rows: Candidates) -> None:
    """A critical ticket that is closed is a ticket closed."""
    every, critical = "open_tickets", "open_critical_tickets"
    if rows.knows(every, critical):
        closed = rows.was(critical) - rows[critical]
        rows[every] = np.minimum(rows[every], rows.was(every) - closed)
        rows[critical] = np.minimum(rows[critical], rows[every])


def _resolution(rows: Candidates, half: str) -> None:
    """The first response comes before the end; a reopened ticket was not solved at the first contact."""
    answer, end = f"hours_to_first_response_{half}", f"hours_to_resolve_{half}"
    if rows.knows(answer, end) and rows.was(answer) <= rows.was(end):
        rows[answer] = np.minimum(rows[answer], rows[end])
    first, again = f"first_contact_resolution_{half}", f"reopened_share_{half}"
    if rows.knows(first, again) and rows.was(again) <= 1 - rows.was(first):
        rows[again] = np.minimum(rows[again], 1 - rows[first])


def follow_payments(rows: Candidates, windows: Windows) -> None:
    """What is paid is not overdue; where more is paid on time, less is late."""
    longest, overdue = "overdue_days_longest", "overdue_invoices"
    year = windows.labels()["year"]
    on_time, late = f"paid_on_time_share_{year}", f"days_late_{year}"
    if rows.knows(on_time, late) and rows.was(on_time) < 1:
        left = (1 - rows[on_time]) / (1 - rows.was(on_time))
        rows[late] = np.where(rows.moved(on_time), rows.was(late) * left, rows.was(late))
        rows[longest] = np.where(rows.moved(on_time) & (rows[on_time] >= 1), 0.0, rows[longest])
    if rows.knows(overdue, longest):
        rows[overdue] = np.where(rows.moved(longest) & (rows[longest] <= 0), 0.0, rows.was(overdue))

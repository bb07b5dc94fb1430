"""Which tickets count for which feature: volume, severity, resolution, and what they say."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from features.evidence_rows import AsOf, Marks
from features.voice import with_role
from features.warehouse import Warehouse
from features.written_words import TICKET_THEMES


def behind_tickets(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The tickets (of `known_then`) and the marks of every feature of the help desk."""
    return t, _volume(t, at) | _severity(t, at) | _resolution(t, at) | _words(source, t, at)


def _volume(t: ir.Table, at: AsOf) -> Marks:
    windows, (_, quarter, *_) = at.params.windows, at.labels
    recent = at.within(t.opened_day, windows.quarter)
    return {
        f"tickets_{quarter}": recent,
        f"no_tickets_{quarter}": recent,
        "ticket_volume_vs_history": at.within(t.opened_day, windows.quarter + windows.year),
        "open_tickets": t.resolved_day.isnull(),
    }


def _severity(t: ir.Table, at: AsOf) -> Marks:
    windows, (_, quarter, half, _) = at.params.windows, at.labels
    return {
        f"ticket_severity_{quarter}": at.within(t.opened_day, windows.quarter),
        f"ticket_severity_change_{quarter}": at.within(t.opened_day, windows.quarter, 2),
        f"broken_ticket_share_{half}": at.within(t.opened_day, windows.half_year),
        "open_critical_tickets": (t.severity == "critical") & t.resolved_day.isnull(),
    }


def _resolution(t: ir.Table, at: AsOf) -> Marks:
    length, (*_, half, _) = at.params.windows.half_year, at.labels
    now, either = at.within(t.resolved_day, length), at.within(t.resolved_day, length, 2)
    counted = t.contacts_to_resolve.notnull()
    return {
        f"first_contact_resolution_{half}": now & counted,
        f"first_contact_resolution_change_{half}": either & counted,
        f"reopened_share_{half}": now & t.reopened.notnull(),
        f"hours_to_resolve_{half}": now,
        f"hours_to_first_response_{half}": now & t.first_response_at.notnull(),
    }


def _words(source: Warehouse, t: ir.Table, at: AsOf) -> Marks:
    """Tickets with a text; that something was read in it is found by `evidence_of_words`."""
    *_, half, _ = at.labels
    told = t.text.notnull() & at.within(t.opened_day, at.params.windows.half_year)
    found = {f"ticket_{theme}_{half}": told for theme in TICKET_THEMES}
    found |= {f"ticket_tone_{half}": told, f"learned_text_signal_{half}": told}
    if source.has("contacts"):
        of_them = told & t.ticket_id.isin(_of_decision_makers(source, t.filter(told), at))
        found |= {f"decision_maker_{what}_{half}": of_them for what in ("tone", "negative_themes")}
    return found


def _of_decision_makers(source: Warehouse, t: ir.Table, at: AsOf) -> ir.Value:
    """The ids of tickets whose contact was a decision maker on the day of the ticket."""
    asked = t.select("account_id", "contact_id", "opened_day", response_id=t.ticket_id)
    roles = with_role(source, asked.mutate(as_of_day=ibis.literal(at.day, "int64")), "opened_day")
    return roles.filter(roles.role == "decision_maker").response_id

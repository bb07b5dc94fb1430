"""Naively: payment (O8), as it was known at the as-of date."""

from __future__ import annotations

import datetime as dt

from features.params import FeatureParams
from tests.features.naive.known_facts import Facts, in_window, whole_days
from tests.features.naive.numbers import difference, mean, share


def payment(facts: Facts, as_of: dt.datetime, params: FeatureParams) -> dict[str, float | None]:
    """An invoice not known to be paid is unpaid, and its days late run until the as-of date."""
    year, half = params.windows.year, params.windows.half_year
    in_time, days_late, overdue = 0, [], []
    lately, before = [], []
    for invoice in facts["invoices"]:
        if invoice["due_at"] >= as_of:
            continue
        paid = invoice["paid_at"] is not None
        late = max(0, whole_days(invoice["paid_at"] if paid else as_of, invoice["due_at"]))
        if in_window(invoice["due_at"], as_of, 0, year):
            in_time += paid and late == 0
            days_late.append(late)
        if in_window(invoice["due_at"], as_of, 0, half):
            lately.append(late)
        if in_window(invoice["due_at"], as_of, half, 2 * half):
            before.append(late)
        if not paid:
            overdue.append(late)
    return {
        f"paid_on_time_share_{year}d": share(in_time, len(days_late)),
        f"days_late_{year}d": mean(days_late),
        f"days_late_change_{half}d": difference(mean(lately), mean(before)),
        "overdue_invoices": len(overdue),
        "overdue_days_longest": max(overdue, default=0),
    }

"""A replay in words: a table for the terminal, each number with its interval and the difference."""

from __future__ import annotations

from collections.abc import Iterator

from training.band_backtest import FEW, LEADS, Backtest, Compared, Lead

COLUMNS = ("before", "after", "after minus before", "more in")


def in_words(found: Backtest) -> str:
    """Who was seen in time, for which revenue, at how many alerts; both ways, and their difference."""
    first, last = found.dates[0], found.dates[-1]
    lines = [
        f"Replayed on {len(found.dates)} month starts from {first:%Y-%m-%d} to {last:%Y-%m-%d}:"
        f" {found.rows} rows, {found.accounts} accounts; 90% intervals from {found.resamples} resamples",
        "",
        _line("", COLUMNS),
        *(line for lead in found.leads for line in _lead(lead)),
        _compared("alerts a month", found.alerts, ".1f"),
        _compared(f"  followed by churn in {max(LEADS)} days", found.followed, ".0%"),
        _compared("red accounts on a date", found.red, ".1f"),
        *_doubts(found),
    ]
    return "\n".join(line.rstrip() for line in lines)


def _lead(lead: Lead) -> Iterator[str]:
    yield _compared(f"red {lead.days} days ahead, of {lead.churners} churners", lead.red, ".0%")
    yield _compared(f"  of their MRR of {lead.mrr:,.0f}", lead.red_mrr, ".0%")
    yield _compared("  yellow or red", lead.below_green, ".0%")


def _compared(title: str, found: Compared, form: str) -> str:
    more = "-" if found.more is None else f"{found.more:.0%}"
    signed = found.difference.as_text("+" + form)
    return _line(title, (found.before.as_text(form), found.after.as_text(form), signed, more))


def _line(title: str, cells: tuple[str, ...]) -> str:
    return f"{title:<40}" + "".join(f"{cell:<24}" for cell in cells)


def _doubts(found: Backtest) -> Iterator[str]:
    yield ""
    few = [lead for lead in found.leads if lead.churners < FEW]
    if few:
        yield f"Fewer than {FEW} churners are few: read these intervals as rough."
    for lead in found.leads:
        if lead.absent:
            yield f"{lead.absent} more churned, but were no customers yet {lead.days} days ahead."
    if len(found.dates) < 2:
        yield "One date alone has no month before it, and so no alerts."

"""The first page: which accounts need a person, what moved, whose clock runs out next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serving.history_answers import snapshot_for
from serving.pages.book_lines import BANDS, Line, band_limits, lines_of, zones
from serving.pages.book_moves import moves_of
from serving.pages.case_clocks import cases_due
from serving.pages.distribution_chart import distribution_bars
from serving.pages.portfolio_counts import by_band, by_both_bands, count_of, distribution, groups
from serving.pages.portfolio_query import SORTS, read_table_query, table_page
from serving.pages.visits import Page, Visit
from serving.scorer_protocol import Scorer

DUE_SHOWN = 8
GROUPS_SHOWN = 10
CALIBRATION = ("calibration_error", "calibration_slope", "calibration_intercept")


def portfolio(visit: Visit) -> Page:
    """The page at `/`. Raises Problem where nothing was scored yet, or the query cannot be read."""
    query = read_table_query(visit.request.query_params)
    store, now = visit.held.store, visit.held.now()
    snapshot = snapshot_for(store, None)
    lines = lines_of(store, snapshot)
    moves = moves_of(store, snapshot, lines)
    changes = {} if moves is None else moves.changes
    found = groups(lines)
    values = {
        "snapshot": snapshot,
        "now": now,
        "query": query,
        "table": table_page(lines, query, changes),
        "changes": changes,
        "sorts": tuple(SORTS),
        "bands": by_band(lines),
        "whole": count_of("all", lines),
        "both_bands": by_both_bands(lines),
        "band_names": BANDS,
        "bars": distribution_bars(distribution(lines)),
        "zones": zones(band_limits(store, snapshot)),
        "moves": moves,
        "groups": found[:GROUPS_SHOWN],
        "groups_left": max(0, len(found) - GROUPS_SHOWN),
        "owners": _choices(lines, "owner"),
        "segments": _choices(lines, "segment"),
        "due": cases_due(store, now, DUE_SHOWN) if visit.caller.may("cases:read") else None,
        "calibration": _calibration(visit.held.scorer),
        "stale": sorted({name for line in lines[:1] for name in line.stale}),
        "known_until": max((line.known_until or "" for line in lines), default=""),
    }
    return Page("portfolio.html", "portfolio", values)


def _choices(lines: Sequence[Line], name: str) -> list[str]:
    return sorted({value for line in lines if (value := getattr(line, name)) is not None})


def _calibration(scorer: Scorer) -> list[dict[str, Any]]:
    """What the comparison measured of the answering model's calibration, out of time; empty for the rule."""
    measured = scorer.comparison.get("estimates", []) if scorer.model["kind"] == "learned" else []
    last = measured[-1]["model"] if measured else None  # the model stands behind those it is held against
    by_measure = {each["measure"]: each for each in measured if each["model"] == last}
    return [by_measure[name] for name in CALIBRATION if name in by_measure]

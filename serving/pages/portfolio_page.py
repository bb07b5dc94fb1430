"""The first page: which accounts need a person, what moved, whose clock runs out next."""

from __future__ import annotations

from typing import Any

from serving.api.request_queries import PortfolioQuery
from serving.history.history_answers import bands_of, overrides_held, snapshot_for
from serving.pages.book_glance import glance_of
from serving.pages.book_lines import BANDS, band_limits, zones
from serving.pages.case_clocks import cases_due
from serving.pages.portfolio_counts import in_force
from serving.pages.portfolio_query import SORTS, read_table_query, table_page
from serving.pages.visits import Page, Visit
from serving.scores.scorer_protocol import Scorer

DUE_SHOWN = 8
GROUPS_SHOWN = 10
CALIBRATION = ("calibration_error", "calibration_slope", "calibration_intercept")


def portfolio(visit: Visit) -> Page:
    """The page at `/`. Raises Problem where nothing was scored yet, or the query cannot be read."""
    query = read_table_query(visit.request.query_params)
    store, now = visit.held.store, visit.held.now()
    snapshot = snapshot_for(store, None)
    glance = glance_of(store, snapshot)
    changes = {} if glance.moves is None else glance.moves.changes
    held = overrides_held(store, PortfolioQuery(), now)
    mine = {line.account_id for line in glance.lines if line.account_id in held}
    values = {
        "snapshot": snapshot,
        "now": now,
        "query": query,
        "glance": glance,
        "table": table_page(glance.lines, query, changes, held),
        "bands": in_force(glance.bands, glance.lines, bands_of(held)),
        "held": {account: held[account] for account in mine},
        "changes": changes,
        "sorts": tuple(SORTS),
        "band_names": BANDS,
        "zones": zones(band_limits(store, snapshot)),
        "groups": glance.groups[:GROUPS_SHOWN],
        "groups_left": max(0, len(glance.groups) - GROUPS_SHOWN),
        "due": cases_due(store, visit.held.cases, now, DUE_SHOWN) if visit.caller.may("cases:read") else None,
        "calibration": _calibration(visit.held.scorer),
        "stale": glance.lines[0].stale if glance.lines else (),
        "known_until": glance.lines[0].known_until if glance.lines else None,
    }
    return Page("portfolio.html", "portfolio", values)


def _calibration(scorer: Scorer) -> list[dict[str, Any]]:
    """What the comparison measured of the answering model's calibration, out of time; empty for the rule."""
    measured = scorer.comparison.get("estimates", []) if scorer.model["kind"] == "learned" else []
    last = measured[-1]["model"] if measured else None  # the model stands behind those it is held against
    by_measure = {each["measure"]: each for each in measured if each["model"] == last}
    return [by_measure[name] for name in CALIBRATION if name in by_measure]

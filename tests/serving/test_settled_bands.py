from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.params import BandLimits
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.settled_bands import ORDER, Seen, Settled, settle

PARAMS, LIMITS = CaseParams(), BandLimits()
START = datetime(2026, 1, 1, tzinfo=UTC)


def band_of(health: float) -> str:
    return "green" if health >= LIMITS.green else "yellow" if health >= LIMITS.yellow else "red"


def seen(day: int, health: float, evidence: bool = True) -> Seen:
    as_of = f"{START + timedelta(days=day):%Y-%m-%dT00:00:00Z}"
    return Seen(as_of, health, band_of(health), "voice", evidence)


def after(before: Settled | None, *views: Seen) -> Settled:
    for view in views:
        before = settle(before, view, PARAMS, LIMITS)
    assert before is not None
    return before


RED = after(None, seen(0, 50.0))


@pytest.mark.parametrize(
    ("view", "band"),
    [
        (seen(27, 80.0), "red"),  # the minimum stay
        (seen(28, 80.0), "yellow"),
        (seen(28, 67.9), "red"),  # the margin
        (seen(28, 68.0), "yellow"),
        (seen(28, 92.9), "yellow"),  # not green by its own margin
        (seen(28, 93.0), "green"),
        (seen(400, 95.0, evidence=False), "red"),  # nothing new is known
    ],
)
def test_red_is_left_by_margin_stay_and_new_evidence_only(view: Seen, band: str) -> None:
    assert after(RED, view).band == band


def test_a_worse_band_is_entered_at_once_and_dated() -> None:
    found = after(None, seen(0, 95.0), seen(1, 59.9))
    assert found == Settled("red", "2026-01-02T00:00:00Z", "voice")


def test_a_capped_account_stays_red_whatever_its_number() -> None:
    capped = Seen("2026-06-01T00:00:00Z", 80.0, "red", "voice")
    assert after(RED, capped) == RED


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=1, max_size=60))
def test_who_is_red_by_the_bare_threshold_is_red(views: list[tuple[float, bool]]) -> None:
    """So no alarm of the bare threshold is lost: its recall is reached at least."""
    held: Settled | None = None
    for day, (health, evidence) in enumerate(views):
        held = after(held, seen(day, health, evidence))
        assert ORDER.index(held.band) <= ORDER.index(band_of(health))

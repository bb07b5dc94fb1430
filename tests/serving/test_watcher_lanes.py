"""What the lanes of a watcher meet does not end them, and what comes after a night does not undo it."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from serving.closed_loop import watching
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.watching import Watcher
from serving.delivery.delivery_params import DeliveryParams
from serving.history.store import ScoreStore


def watcher(store: ScoreStore, **more: Any) -> Watcher:
    return Watcher(store, CaseParams(), DeliveryParams(), **more)


def test_a_lane_goes_on_whatever_it_meets(
    store: ScoreStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = watcher(store)
    sends = iter([RecursionError("a customer's word"), AttributeError("another"), None])

    def deliver(*_: object, failing: bool | None = None) -> int:
        if not failing:
            error = next(sends)
            if error is not None:
                raise error
            made.stop.set()
        return 0

    monkeypatch.setattr(watching, "deliver_due", deliver)
    lanes = threading.Thread(target=made.run)
    lanes.start()
    lanes.join(timeout=60)
    assert not lanes.is_alive()
    assert [record.getMessage() for record in caplog.records] == [
        "outbox: RecursionError",
        "outbox: AttributeError",
    ], "and nothing of what the errors say"


def test_a_night_is_scored_although_what_comes_after_it_failed(
    store: ScoreStore, caplog: pytest.LogCaptureFixture
) -> None:
    scored: list[int] = []

    def fails() -> None:
        raise ValueError("a customer's word")

    made = watcher(store, score=lambda: scored.append(1), after=fails)
    with caplog.at_level(logging.ERROR):
        assert made.night() is True
    assert made.night() is None, "it is done"
    assert (scored, caplog.messages) == ([1], ["after the nightly scoring: ValueError; next: vitals doctor"])

"""`vitals watch`: the ladder, the outbox and the nightly scoring, each asked for again and again.

It holds no state of its own: killed and started again, or started twice, it does the same work once.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from serving.closed_loop.alert_budget import release_due
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.clock import take_due_steps
from serving.closed_loop.nightly import score_if_due
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.dispatcher import deliver_due
from serving.history.store import ScoreStore

logger = logging.getLogger("vitals.watch")


def utc_now() -> datetime:
    """The time by the machine's clock."""
    return datetime.now(UTC)


@dataclass
class Watcher:
    """What one watcher does; `score` scores the book, None leaves the nights to another watcher. `after` is
    done once a night is scored; where it fails the night is scored all the same."""

    store: ScoreStore
    cases: CaseParams
    delivery: DeliveryParams
    score: Callable[[], object] | None = None
    after: Callable[[], object] = lambda: None
    now: Callable[[], datetime] = utc_now
    name: str = field(default_factory=lambda: uuid4().hex)
    stop: threading.Event = field(default_factory=threading.Event)

    def once(self) -> dict[str, int]:
        """All that is due now: the last night, the ladder, then every message that can be sent."""
        done = {"scored": int(self.night() or 0), "steps": self.ladder(), "attempts": 0}
        with ThreadPoolExecutor(self.delivery.senders) as pool:
            while sent := deliver_due(self.store, self.delivery, self.now(), pool):
                done["attempts"] += sent
        return done

    def night(self) -> bool | None:
        """Scores the last night where nobody has; whether it went well, None where nothing was to do."""
        if self.score is None:
            return None
        went_well = score_if_due(self.store, self.cases, self.now(), self.name, self.score)
        if went_well is not None:
            logger.info("nightly scoring: %s", "done" if went_well else "failed, will be tried again")
        if went_well:
            self._afterwards()
        return went_well

    def _afterwards(self) -> None:
        try:
            self.after()
        except Exception as error:
            logger.error("after the nightly scoring: %s; next: vitals doctor", type(error).__name__)

    def ladder(self) -> int:
        """Releases the alarms that waited and have room, then takes the steps that are due; how many."""
        released = release_due(self.store, self.cases, self.now())
        if released:
            logger.info("released %d alarms that were held back", released)
        taken = take_due_steps(self.store, self.cases, self.now())
        if taken:
            logger.info("took %d steps of the ladder", taken)
        return taken

    def run(self) -> None:
        """Works until `stop` is set. Whatever a lane meets, it goes on: an alarm must not be missed because
        of another, and a store that does not answer is asked again."""
        lanes = [
            threading.Thread(target=self._repeat, args=(seconds, work), daemon=True, name=name)
            for name, seconds, work in (
                ("ladder", 1.0, self.ladder),
                ("outbox", 0.2, lambda: self._send(failing=False)),
                ("retries", 1.0, lambda: self._send(failing=True)),
                ("nights", 10.0, self.night),
            )
        ]
        for lane in lanes:
            lane.start()
        self.stop.wait()
        for lane in lanes:
            lane.join(timeout=30)

    def _send(self, failing: bool) -> None:
        with ThreadPoolExecutor(self.delivery.senders) as pool:
            while not self.stop.is_set():
                if not deliver_due(self.store, self.delivery, self.now(), pool, failing=failing):
                    self.stop.wait(0.2)

    def _repeat(self, seconds: float, work: Callable[[], object]) -> None:
        while not self.stop.is_set():
            try:
                work()
            except Exception as error:
                # Of the error only its kind: the statement it names may hold a customer's name.
                logger.error("%s: %s", threading.current_thread().name, type(error).__name__)
            self.stop.wait(seconds)

    def stop_on_signals(self) -> None:
        """SIGTERM and SIGINT end the watch after what is under way."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop.set())

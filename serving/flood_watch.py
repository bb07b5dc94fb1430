"""How many calls may be at work just now: one in a flood, so that what is let in is answered soon.

    of the calls of a moment                     places
    few more were refused than let in, or none   `most`: a burst is borne, its last call waits for the others
    many more were: a flood                      1: who is let in waits for hardly anything

The process works through the calls that it has let in one after another, so however many places there are,
it answers as many a second; they only set how long each of them waits.
docs/decisions/in-a-flood-one-call-is-answered-at-a-time-and-the-rest-refused-at-once.md
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

MOMENT = 0.2  # seconds
ODD = 4  # so many more refusals than calls let in are no flood yet: slow calls may fill the places for long
BURST = 4  # so many times the places may be refused at once before it is taken for a flood
TELL_EVERY = 1.0  # seconds between two lines of the log

log = logging.getLogger("vitals.serving")


class FloodWatch:
    """Counts who is let in and who is refused; `places` is how many calls may be at work.

    `refused` is the number of refusals since the start. They are not logged one by one, which would take
    longer than to refuse: a line a second tells how many there were.
    """

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = most, clock
        self.places, self.refused = most, 0
        self._let_in = self._turned_away = 0  # of this moment
        self._begun = self._told_at = clock()
        self._told = 0

    def look(self) -> None:
        """Begins a new moment where the last is over. To be called before a call is let in or refused."""
        now = self._clock()
        age = now - self._begun
        if age >= MOMENT:
            # Counts of a moment that ended long ago tell nothing of now.
            flooded = self._turned_away > self._let_in + ODD and age < 2 * MOMENT
            self.places = 1 if flooded else self._most
            self._begun, self._let_in, self._turned_away = now, 0, 0
            self._tell(now)

    def let_in(self) -> None:
        """Counts a call that is let in."""
        self._let_in += 1

    def refuse(self) -> None:
        """Counts a call that is refused. A flood that is plain to see is known before its moment ends."""
        self.refused += 1
        self._turned_away += 1
        if self._turned_away > max(self._let_in, BURST * self._most):
            self.places = 1

    def _tell(self, now: float) -> None:
        if self.refused > self._told and now - self._told_at >= TELL_EVERY:
            log.warning("refused %d calls: more than can be answered", self.refused - self._told)
            self._told, self._told_at = self.refused, now

    def metric_lines(self) -> str:
        """The refusals in Prometheus' text format."""
        return (
            "# HELP vitals_refused_calls_total Calls beyond what can be answered: 503, in no other count.\n"
            "# TYPE vitals_refused_calls_total counter\n"
            f"vitals_refused_calls_total {self.refused}\n"
        )

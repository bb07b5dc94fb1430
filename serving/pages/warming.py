"""Reads a new snapshot for the pages as soon as it is published, so that no visitor waits for it.

A snapshot is read whole once: the lines of the book, what moved, the accounts of the workshop. Whoever came
first after a publication would wait for that, seconds where there are many accounts. A thread of the service
looks every two seconds which snapshot is the newest, and reads it before anybody asks.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from serving.api.answering import Resources
from serving.pages.book_glance import glance_of
from serving.themes.theme_answers import themes_answer
from serving.themes.theme_queries import ThemesAsked
from serving.themes.themed_book import themed_book
from serving.weights.tried_past import past_book
from serving.weights.tried_today import todays_book

LOG = logging.getLogger("vitals.serving")
EVERY = 2.0  # seconds


class PageWarming:
    """`held` gives what the service reads from."""

    def __init__(self, held: Callable[[], Resources]) -> None:
        self._held = held
        self._warm: int | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page-warming", daemon=True)

    def start(self) -> None:
        """Looks every two seconds from now on, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, after the look that is under way."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def look(self) -> bool:
        """One look; whether there was a snapshot to read."""
        held = self._held()
        store = held.store.seen_by(None)
        snapshot = store.newest_snapshot()
        if snapshot is None or snapshot.id == self._warm:
            return False
        glance_of(store, snapshot)
        if themed_book(store, snapshot) is not None:
            themes_answer(store, ThemesAsked())
        if (book := todays_book(store, snapshot)) is not None:
            past_book(held.registry, book.rule)
        self._warm = snapshot.id
        return True

    def _run(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:  # a visitor reads it then, or is told what is wrong
                LOG.warning("the newest snapshot could not be read ahead: %s", type(error).__name__)
            if self._stopped.wait(EVERY):
                return

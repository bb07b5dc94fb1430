"""What never changes is made once and kept in memory: a snapshot, read whole."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class Remembered:
    """By topic, what was made last.

    >>> kept = Remembered()
    >>> kept.of("snapshot", 7, lambda: ["A-1"], most=2), kept.of("snapshot", 7, lambda: [], most=2)
    (['A-1'], ['A-1'])
    """

    def __init__(self) -> None:
        self._topics: dict[str, OrderedDict[Hashable, Any]] = {}
        self._making = threading.RLock()

    def of(self, topic: str, key: Hashable, make: Callable[[], Any], most: int) -> Any:
        """What `make` returned the first time; the `most` that were made last are kept of a topic."""
        kept = self._topics.setdefault(topic, OrderedDict())
        if (found := kept.get(key)) is None:
            with self._making:  # who comes meanwhile waits, and does not make it once more
                if (found := kept.get(key)) is None:
                    found = kept[key] = make()
                    while len(kept) > most:
                        kept.popitem(last=False)
        return found

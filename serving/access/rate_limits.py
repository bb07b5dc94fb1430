"""Token buckets: how often a caller may call. They stand in the memory of one process, as the service is
one; where two serve behind a proxy, each allows the rate."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_BUCKETS = 10_000


class TokenBuckets:
    """A bucket per name: `burst` tokens at first, `per_second` of them coming back.

    >>> buckets = TokenBuckets(per_second=2, burst=1, ticks=lambda: 0.0)
    >>> buckets.wait("crm"), buckets.wait("crm"), buckets.wait("another")
    (0.0, 0.5, 0.0)
    """

    def __init__(self, per_second: float, burst: int, ticks: Callable[[], float]) -> None:
        self._per_second, self._burst, self._ticks = per_second, float(burst), ticks
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Takes a token: 0.0, or the seconds until there is one where there is none."""
        tokens = self._tokens(name)
        if tokens >= 1:
            self._set(name, tokens - 1)
            return 0.0
        self._set(name, tokens)
        return (1 - tokens) / self._per_second

    def _tokens(self, name: str) -> float:
        tokens, seen = self._buckets.get(name, (self._burst, self._ticks()))
        return min(self._burst, tokens + (self._ticks() - seen) * self._per_second)

    def _set(self, name: str, tokens: float) -> None:
        self._buckets[name] = (tokens, self._ticks())
        self._buckets.move_to_end(name)
        if len(self._buckets) > MOST_BUCKETS:  # the longest unused has filled up meanwhile, or nearly
            self._buckets.popitem(last=False)

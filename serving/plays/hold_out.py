"""Which yellow accounts get no plan: at random, and the same ones whoever asks and whenever."""

from __future__ import annotations

import hashlib

from serving.plays.plays_params import PlaysParams


def is_held_out(account_id: str, params: PlaysParams) -> bool:
    """Whether no plan is made for a yellow account. An account's lot depends on the seed and its id alone.

    >>> is_held_out("A-1", PlaysParams(hold_out=0.0)), is_held_out("A-1", PlaysParams(hold_out=0.5, seed=2))
    (False, True)
    """
    drawn = hashlib.sha256(f"{params.seed}:{account_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") / 2**64 < params.hold_out

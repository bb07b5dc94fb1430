"""What is told of an NPS between two dates: levels, moves, and the people behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from features.nps_change import CLAIMED
from features.nps_panel import CLASSES

What = Literal["fell", "rose", "joined", "left"]


@dataclass(frozen=True)
class Level:
    """An NPS at a date, −100 … 100, with its 90 % interval; None where nobody answered."""

    asked: int
    answered: int
    nps: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Move:
    """A role's NPS, or the account's (`role` None), at both dates.

    `change` (points) is None where the NPS of a date is; `fell` and `rose`, 0 … 1, are None where no
    role was heard at both dates.
    """

    role: str | None
    earlier: Level
    later: Level
    change: float | None
    fell: float | None
    rose: float | None

    @property
    def claimed(self) -> Literal["drop", "rise"] | None:
        """A drop or a rise from a probability of 95 % on: without change, one in twenty at most."""
        if (self.fell or 0) >= CLAIMED:
            return "drop"
        return "rise" if (self.rose or 0) >= CLAIMED else None


@dataclass(frozen=True)
class PersonMove:
    """A person whose score changed, who joined the panel or left it; scores on 0–10.

    `contact_id` is None for an answer without a contact; `role` where none is known. `crossed` tells
    whether the class changed (promoter, passive, detractor): only then the NPS does.
    """

    contact_id: str | None
    role: str | None
    earlier: float | None
    later: float | None
    what: What
    crossed: bool


@dataclass(frozen=True)
class AccountMoves:
    """One account: the whole, its roles (those held or heard at either date), and who moved.

    `of_no_role` people were heard at either date while no role of theirs was known: no level counts them.
    """

    account_id: str
    whole: Move
    roles: tuple[Move, ...]
    people: tuple[PersonMove, ...]
    of_no_role: int = 0


@dataclass(frozen=True)
class NpsMoves:
    """The moves between two UTC midnights, both told as known at the later; accounts by id."""

    earlier: pd.Timestamp
    later: pd.Timestamp
    accounts: tuple[AccountMoves, ...]


def class_name(score: float) -> str:
    """What a score on 0–10 makes of a person.

    >>> [class_name(score) for score in (6.9, 7, 9)]
    ['detractor', 'passive', 'promoter']
    """
    return CLASSES[1 + (score >= 7) + (score >= 9)]

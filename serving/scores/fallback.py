"""Why it is not the champion that answers: said in every answer, in `/readyz` and in `/metrics`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Code = Literal["no_champion", "champion_unusable", "registry_unreadable"]
CODES: tuple[Code, ...] = get_args(Code)
MOST = 300


@dataclass(frozen=True)
class Fallback:
    """`code` for programs, `reason` for people.

    `no_champion`: the rule answers. `champion_unusable`: its bundle is broken, unsigned or fails its golden
    rows; the model that answered before goes on, or the rule where there was none. `registry_unreadable`:
    whoever answered goes on.
    """

    code: Code
    reason: str

    def as_dict(self) -> dict[str, str]:
        """As a payload shows it, the reason on one line of at most 300 characters.

        >>> Fallback("no_champion", "no model\\n is champion").as_dict()
        {'code': 'no_champion', 'reason': 'no model is champion'}
        """
        return {"code": self.code, "reason": " ".join(self.reason.split())[:MOST]}

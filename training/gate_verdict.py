"""A question of the gate and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Answer = Literal["passed", "failed", "uncertain", "not applicable"]
MARKS = {"passed": "passes", "failed": "FAILS", "uncertain": "open", "not applicable": "n/a"}


def answered(holds: bool) -> Answer:
    """Passed or failed."""
    return "passed" if holds else "failed"


@dataclass(frozen=True)
class Verdict:
    """One question, what was found, what is allowed, and what to do where it fails.

    *Uncertain*: what was found lies on the wrong side, but so few accounts do not refute it. *Not
    applicable*: there was nothing to ask it of, and `found` says why. Neither stands in the way.
    """

    question: str
    answer: Answer
    found: str
    allowed: str
    step: str

    @property
    def passed(self) -> bool:
        """Whether it lets the challenger through."""
        return self.answer != "failed"

    def as_text(self) -> str:
        """One line for people."""
        asked = "" if self.answer == "not applicable" else f"; allowed: {self.allowed}"
        return f"{MARKS[self.answer]:<7} {self.question}: {self.found}{asked}"

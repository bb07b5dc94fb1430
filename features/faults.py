"""What is said when something is wrong: the value, what is allowed, and the next step.

One vocabulary serves the command line (a paragraph on stderr) and the API (the `errors` of an
RFC 9457 problem detail), so that a reader meets the same words in both.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: where it is, what was found there, what would be allowed, and what to do next.

    >>> print(Fault("rows[0].features.seats", "ten", "a number, or null", "send 10"))
    rows[0].features.seats is 'ten'; allowed: a number, or null. Next: send 10
    """

    field: str
    value: object
    allowed: str
    next: str

    def __str__(self) -> str:
        return f"{self.field} is {self.value!r}; allowed: {self.allowed}. Next: {self.next}"

    def as_dict(self) -> dict[str, object]:
        """The fault as the API shows it: `field`, `value`, `allowed`, `next`."""
        return asdict(self)


class VitalsFault(Exception):
    """A fault that a person or a calling program can mend. `exit_code` is the command line's."""

    exit_code = 1

    def __init__(self, title: str, faults: Iterable[Fault] = ()) -> None:
        self.title = title
        self.faults = tuple(faults)
        super().__init__("\n".join([title, *(f"  - {fault}" for fault in self.faults)]))


class DataFault(VitalsFault):
    """The data cannot be used as they are (exit 1)."""


class WrongUse(VitalsFault):
    """The command, a parameter or a request is off (exit 2)."""

    exit_code = 2


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, as advice; or the whole allowed set where none is near.

    >>> nearest("acount_id", ["account_id", "name"])
    "did you mean 'account_id'?"
    >>> nearest("zzz", ["account_id", "name"])
    "use one of: 'account_id', 'name'"
    """
    known = sorted(known)
    match = difflib.get_close_matches(name, known, n=1)
    if match:
        return f"did you mean {match[0]!r}?"
    return "use one of: " + ", ".join(repr(k) for k in known)

"""What a leakage check found, as it is logged with a run and shown to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Result = Literal["passed", "failed", "not applicable"]
Severity = Literal["fatal", "warning"]


@dataclass(frozen=True)
class Finding:
    """A check's answer as it is logged and shown. `title` is what must hold; `step` is what to do if not."""

    code: str
    title: str
    severity: Severity
    result: Result
    found: str
    step: str

    @property
    def blocks(self) -> bool:
        """Whether the model may not be promoted for it."""
        return self.result == "failed" and self.severity == "fatal"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return asdict(self)

    def as_text(self) -> str:
        """One line for people."""
        return f"{self.code}  {self.result:<14}  {self.title}: {self.found}"


def read_findings(logged: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Findings as they were logged with a run."""
    return tuple(Finding(**one) for one in logged)


def findings_as_text(findings: Iterable[Finding]) -> str:
    """The findings for people, a line each: first what failed, then what could not be looked at."""
    order = ("failed", "not applicable", "passed")
    return "\n".join(f.as_text() for f in sorted(findings, key=lambda f: (order.index(f.result), f.code)))

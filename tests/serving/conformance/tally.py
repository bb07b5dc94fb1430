"""What was asked and answered, by operation, and what was wrong, with a curl line that asks again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError
from schemathesis.engine.recorder import ScenarioRecorder


@dataclass
class Tally:
    """Statuses by operation, and one curl line by operation and kind of fault."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    times: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    excused: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        """How many calls were looked at; one that is told to wait (429) has not been."""
        return sum(counts.total() - counts[429] for counts in self.statuses.values())

    def add(self, event: EngineEvent) -> None:
        """What Schemathesis did: the calls of a scenario and of its checks, their faults; or its error."""
        recorder = getattr(event, "recorder", None)
        if isinstance(recorder, ScenarioRecorder):
            self._add_scenario(recorder)
        elif isinstance(event, NonFatalError):
            self.errors.append(f"{event.label}: {event.value}")
        elif isinstance(event, FatalError):
            self.errors.append(str(event.exception))

    def _add_scenario(self, recorder: ScenarioRecorder) -> None:
        for case_id, interaction in recorder.interactions.items():
            answered = interaction.response
            operation = recorder.cases[case_id].value.operation.label
            self.statuses[operation][answered.status_code if answered else 0] += 1
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    self._add_fault(recorder.cases[case_id].value.operation.label, check.failure_info)

    def _add_fault(self, operation: str, info: Any) -> None:
        """Of faults of one kind the shortest is kept, which is the easiest to read."""
        which = (operation, info.failure.title)
        told = f"{info.failure.message}\n{info.code_sample}"
        self.times[which] += 1
        self.faults[which] = min(told, self.faults.get(which, told), key=len)

    @property
    def operations(self) -> set[str]:
        """The operations that were called, as `GET /v1/accounts`."""
        return set(self.statuses)

    def never_answered(self) -> list[str]:
        """The operations of which no call was answered with 2xx: what they answer was not seen."""
        return [operation for operation, counts in sorted(self.statuses.items()) if not _share(counts)]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was wrong, and every operation was seen to answer."""
        return bool(self.requests) and not (self.faults or self.errors or self.never_answered())

    def lines(self) -> Iterator[str]:
        """The report, for people."""
        for operation, counts in sorted(self.statuses.items()):
            told = ", ".join(f"{status}: {times:,}" for status, times in sorted(counts.items()))
            yield f"{operation:<44} {counts.total():>6,} calls, {_share(counts):4.0%} 2xx   ({told})"
        for reason, times in self.excused.most_common():
            yield f"excused {times:>6,} times: {reason}"
        for (operation, kind), told in sorted(self.faults.items()):
            yield f"\nFAULT {operation}: {kind}, {self.times[operation, kind]:,} times\n{told}"
        yield from (f"\nERROR {error}" for error in self.errors)
        yield from (f"\nNEVER ANSWERED {operation}" for operation in self.never_answered())


def _share(counts: Counter[int]) -> float:
    return sum(times for status, times in counts.items() if 200 <= status < 300) / counts.total()

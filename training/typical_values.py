"""What is usual for a feature: the median of the whole portfolio, and of each segment large enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

FEWEST = 10  # accounts of a segment that must have a value before their median is called typical of it


@dataclass(frozen=True)
class TypicalValues:
    """`portfolio`: feature → median, None where it was always missing. `segments`: the same by segment."""

    portfolio: Mapping[str, float | None] = field(default_factory=dict)
    segments: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def of(self, feature: str, segment: object) -> tuple[float | None, str | None]:
        """What is typical, and of whom: `segment` where enough accounts of it had a value, else `portfolio`.

        >>> usual = TypicalValues({"seats": 20.0, "mrr": None}, {"smb": {"seats": 5.0}})
        >>> usual.of("seats", "smb"), usual.of("seats", None), usual.of("mrr", "smb")
        ((5.0, 'segment'), (20.0, 'portfolio'), (None, None))
        """
        own = self.segments.get(segment, {}) if isinstance(segment, str) else {}
        if (found := own.get(feature)) is not None:
            return found, "segment"
        whole = self.portfolio.get(feature)
        return whole, None if whole is None else "portfolio"

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> TypicalValues:
        """As the facts of a bundle keep it; one from before segments were kept knows the portfolio alone."""
        return cls(facts["typical"], facts.get("typical_by_segment", {}))


def typical_values(rows: pd.DataFrame, names: Sequence[str]) -> TypicalValues:
    """The medians of these rows, one per account; `segment` may be absent, or missing for some."""
    medians = rows[list(names)].median()
    whole = {name: None if pd.isna(value) else float(value) for name, value in medians.items()}
    return TypicalValues({str(k): v for k, v in whole.items()}, dict(_by_segment(rows, list(names))))


def _by_segment(rows: pd.DataFrame, names: list[str]) -> list[tuple[str, dict[str, float]]]:
    if "segment" not in rows:
        return []
    found = []
    for segment, of_segment in rows.groupby("segment", dropna=True):
        known, medians = of_segment[names].notna().sum(), of_segment[names].median()
        enough = {name: float(medians[name]) for name in names if known[name] >= FEWEST}
        if enough:
            found.append((str(segment), enough))
    return found

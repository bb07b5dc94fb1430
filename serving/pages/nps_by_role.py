"""NPS by role of one account, with answers, questions and interval: from the records that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.catalog import Feature
from features.nps_posterior import role_interval
from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_tables import Document
from serving.pages.account_read import AccountRead

ELSEWHERE = np.full(3, 1 / 3)  # how others of the role answer is not kept; it weighs a tenth of an answer


@dataclass(frozen=True)
class RoleNps:
    """One role. `nps` and `interval` None where nobody answered, `asked` None where no question is kept."""

    role: str
    feature: str
    nps: float | None
    interval: tuple[float, float] | None
    answers: int
    asked: int | None
    scores: Sequence[int]


def nps_by_role(read: AccountRead, kept: tuple[Document, Document] | None) -> list[RoleNps]:
    """The roles in their order; empty where no evidence is kept of the snapshot."""
    if kept is None:
        return []
    found = []
    for role in dict.fromkeys(f.role for f in read.features.values() if f.family == "nps" and f.role):
        levels = _named(read.features, "nps_", role)
        rates = _named(read.features, "response_rate_", role)
        if levels is None or levels.name not in kept[0]["features"]:
            continue
        answers = _surveys(kept, levels.name)
        asked = None if rates is None else _total(kept, rates.name)
        found.append(_role(role, levels.name, answers, asked))
    return found


def _role(role: str, feature: str, answers: Sequence[Mapping[str, Any]], asked: int | None) -> RoleNps:
    scores = [round(_ten(answer)) for answer in answers if answer.get("score") is not None]
    counts = np.array(
        [sum(s < 7 for s in scores), sum(7 <= s < 9 for s in scores), sum(s >= 9 for s in scores)],
        dtype=np.float64,
    )
    if not scores:
        return RoleNps(role, feature, None, None, 0, asked, ())
    low, high = role_interval(counts, ELSEWHERE)
    nps = 100 * float(counts[2] - counts[0]) / len(scores)
    return RoleNps(role, feature, nps, (float(low), float(high)), len(scores), asked, scores)


def _ten(answer: Mapping[str, Any]) -> float:
    low, high = float(answer["scale_min"]), float(answer["scale_max"])
    return 10 * (float(answer["score"]) - low) / (high - low)


def _named(features: Mapping[str, Feature], begins: str, role: str) -> Feature | None:
    """The level of that role: not its change."""
    wanted = (
        f for name, f in features.items() if name.startswith(f"{begins}{role}_") and "change" not in name
    )
    return next(wanted, None)


def _surveys(kept: tuple[Document, Document], feature: str) -> Sequence[Mapping[str, Any]]:
    tables = records_behind(*kept, feature)["tables"]
    return next((table["records"] for table in tables if table["table"] == "surveys"), ())


def _total(kept: tuple[Document, Document], feature: str) -> int | None:
    if feature not in kept[0]["features"]:
        return None
    tables = records_behind(*kept, feature)["tables"]
    return next((table["total"] for table in tables if table["table"] == "surveys"), None)

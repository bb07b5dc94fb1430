"""NPS by role of one account, with answers, questions and interval: from the records that were kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.catalog import Feature
from features.nps_posterior import role_interval
from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_tables import Document
from serving.evidence.role_answers import (
    Floats,
    Records,
    answers_of,
    class_counts,
    elsewhere,
    role_features,
    scores_of,
)
from serving.pages.account_read import AccountRead


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
    found, segment = [], read.details.get("segment")
    for role, feature in role_features(kept[0]).items():
        rates = _named(read.features, "response_rate_", role)
        asked = None if rates is None else _total(kept, rates.name)
        answers = answers_of(*kept, feature)
        prior = elsewhere(kept[0], segment, role, class_counts(answers))
        found.append(_role(role, feature, answers, asked, prior))
    return found


def _role(role: str, feature: str, answers: Records, asked: int | None, prior: Floats) -> RoleNps:
    scores, counts = scores_of(answers), class_counts(answers)
    if not scores:
        return RoleNps(role, feature, None, None, 0, asked, ())
    low, high = role_interval(counts, prior)
    nps = 100 * float(counts[2] - counts[0]) / len(scores)
    return RoleNps(role, feature, nps, (float(low), float(high)), len(scores), asked, scores)


def _named(features: Mapping[str, Feature], begins: str, role: str) -> Feature | None:
    """The level of that role: not its change."""
    wanted = (
        f for name, f in features.items() if name.startswith(f"{begins}{role}_") and "change" not in name
    )
    return next(wanted, None)


def _total(kept: tuple[Document, Document], feature: str) -> int | None:
    if feature not in kept[0]["features"]:
        return None
    tables = records_behind(*kept, feature)["tables"]
    return next((table["total"] for table in tables if table["table"] == "surveys"), None)

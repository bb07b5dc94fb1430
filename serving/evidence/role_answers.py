"""How each role answers, from the records that were kept: of one account, and elsewhere in its segment.

Elsewhere is the prior of a role's NPS (`features.nps_posterior`); it is counted once as the evidence of a
snapshot is kept, in the index beside the records, so that an account's page need not read all the others'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving.evidence.evidence_answers import records_behind
from serving.evidence.evidence_tables import Document, Evidence

Floats = NDArray[np.float64]
Records = Sequence[Mapping[str, Any]]
KEY = "role_answers"  # of the index: {segment, "" where unknown: {role: [detractors, passives, promoters]}}


def with_role_answers(evidence: Evidence, segments: Mapping[str, str | None]) -> Evidence:
    """The evidence, its index telling how each role answers in each segment; `segments` by account."""
    counted: dict[str, dict[str, Floats]] = {}
    features = role_features(evidence.index)
    for account, document in evidence.accounts.items():
        by_role = counted.setdefault(segments.get(account) or "", {})
        for role, feature in features.items():
            own = class_counts(answers_of(evidence.index, document, feature))
            by_role[role] = by_role.get(role, np.zeros(3)) + own
    told = {
        name: {role: found.tolist() for role, found in by_role.items()} for name, by_role in counted.items()
    }
    return Evidence(evidence.index | {KEY: told}, evidence.accounts)


def role_features(index: Document) -> dict[str, str]:
    """The feature that is each role's NPS, not its change, of those the index knows."""
    found = {}
    for name, feature in index["features"].items():
        role = feature["role"]
        if feature["family"] == "nps" and role and name.startswith(f"nps_{role}_") and "change" not in name:
            found[role] = name
    return found


def answers_of(index: Document, document: Document, feature: str) -> Records:
    """The survey answers behind a feature of an account."""
    tables = records_behind(index, document, feature)["tables"]
    return next((table["records"] for table in tables if table["table"] == "surveys"), ())


def scores_of(answers: Records) -> list[int]:
    """The answers on the scale from 0 to 10, rounded, without those that have no score."""
    return [round(_ten(answer)) for answer in answers if answer.get("score") is not None]


def class_counts(answers: Records) -> Floats:
    """Detractors (0–6), passives (7–8) and promoters (9–10).

    >>> answer = {"score": 9, "scale_min": 0, "scale_max": 10}
    >>> class_counts([answer, answer | {"score": 2}, answer | {"score": None}]).tolist()
    [1.0, 0.0, 1.0]
    """
    scores = scores_of(answers)
    low, high = sum(s < 7 for s in scores), sum(s >= 9 for s in scores)
    return np.array([low, len(scores) - low - high, high], dtype=np.float64)


def elsewhere(index: Document, segment: str | None, role: str, own: Floats) -> Floats:
    """How the role answers in the other accounts of the segment; where nobody did, in all others; else a
    third each. Shares of the classes, as `features.nps_posterior.segment_shares` has them.

    >>> index = {KEY: {"smb": {"user": [1, 0, 2]}, "mid": {"user": [0, 4, 0]}}}
    >>> elsewhere(index, "smb", "user", np.array([1.0, 0.0, 1.0])).tolist()
    [0.0, 0.0, 1.0]
    >>> elsewhere(index, "smb", "user", np.array([1.0, 0.0, 2.0])).tolist()
    [0.0, 1.0, 0.0]
    """
    told = index.get(KEY, {})
    counts = [np.array(by_role.get(role, (0, 0, 0)), dtype=np.float64) for by_role in told.values()]
    book = sum(counts, np.zeros(3)) - own
    near = np.array(told.get(segment, {}).get(role, own), dtype=np.float64) - own if segment else np.zeros(3)
    chosen = next((found for found in (near, book) if found.sum() > 0), np.ones(3))
    shares: Floats = chosen / chosen.sum()
    return shares


def _ten(answer: Mapping[str, Any]) -> float:
    low, high = float(answer["scale_min"]), float(answer["scale_max"])
    return 10 * (float(answer["score"]) - low) / (high - low)

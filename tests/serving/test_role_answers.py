"""The prior of a role's NPS on an account's page is that of the features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.nps_posterior import segment_shares
from serving.evidence.evidence_tables import Evidence
from serving.evidence.role_answers import KEY, class_counts, elsewhere, with_role_answers

FEATURES = {f"nps_{role}_365d": role for role in ("decision_maker", "user")}
INDEX = {
    "tables": {
        "surveys": {
            "columns": ["score", "scale_min", "scale_max"],
            "features": list(FEATURES),
            "text": None,
        }
    },
    "features": {
        name: {
            "family": "nps",
            "pillar": "voice",
            "role": role,
            "title": {},
            "missing": {"en": "", "zh": ""},
            "tables": ["surveys"],
            "absent": [],
            "reads": [],
        }
        for name, role in FEATURES.items()
    },
}


@pytest.mark.parametrize("seed", range(4))
def test_how_a_role_answers_elsewhere_is_what_the_features_take_for_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    accounts = [f"A-{n}" for n in range(8)]
    segments = dict(zip(accounts, ["smb", "smb", "smb", "mid", "mid", "lone", None, None], strict=True))
    counts, documents = np.zeros((8, 2, 3)), {}
    for place, account in enumerate(accounts):
        rows = []
        for bit in range(2):
            for score in rng.integers(0, 11, rng.integers(0, 3)):
                rows.append([1 << bit, int(score), 0, 10])
                counts[place, bit, 0 if score < 7 else 1 if score < 9 else 2] += 1
        documents[account] = {"tables": {"surveys": {"rows": rows}}, "left_out": {}}
    wanted = segment_shares(counts, np.zeros(8, dtype=np.int64), pd.Series(segments.values(), dtype=object))
    kept = with_role_answers(Evidence(INDEX, documents), segments)
    for place, account in enumerate(accounts):
        for bit, role in enumerate(FEATURES.values()):
            found = elsewhere(kept.index, segments[account], role, counts[place, bit])
            assert found.tolist() == pytest.approx(wanted[place, bit].tolist())


def test_of_an_index_that_does_not_tell_nothing_is_taken_for_granted() -> None:
    assert KEY not in INDEX
    assert elsewhere(INDEX, "smb", "user", class_counts([])).tolist() == [1 / 3] * 3

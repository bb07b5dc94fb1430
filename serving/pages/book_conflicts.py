"""Which accounts' roles disagree, as the snapshot's own features say."""

from __future__ import annotations

from serving.history.score_inputs import ScoreInputs

FEATURE = "role_conflict_"  # and the window


APART = 100  # NPS points between two roles: one of them detracts where the other promotes, or nearly so


def conflicts_of(inputs: ScoreInputs | None) -> dict[str, bool]:
    """By account id, without those of which it is not known; empty for a snapshot without features"""
    if inputs is None:
        return {}
    names = [name for name in inputs.features if name.startswith(FEATURE)]
    if not names:
        return {}
    known = inputs.rows.dropna(subset=names[:1])
    return dict(zip(known["account_id"], (known[names[0]] >= APART).tolist(), strict=True))

"""Conflict is read from the rows' own features; the literal tables are with the voice."""

from __future__ import annotations

import pandas as pd
import pytest

from features.conflict import conflict
from features.params import FeatureParams
from features.source_tables import ROLES

NAN = float("nan")


def found(**changes: float) -> dict[str, float]:
    read = [f"nps_{role}_365d" for role in (*ROLES, "account")]
    read += ["active_users_change_30d", "note_tone_180d"]
    frame = pd.DataFrame([dict.fromkeys(read, NAN) | changes], index=["x"])
    result = conflict(frame, FeatureParams())
    assert list(result.index) == ["x"]
    return {str(name): value for name, value in result.loc["x"].items()}


def test_one_role_alone_contradicts_nobody() -> None:
    assert pd.isna(found(nps_user_365d=100)["role_conflict_365d"])


def test_roles_that_agree_have_a_conflict_of_nought() -> None:
    agreed = found(nps_user_365d=50, nps_decision_maker_365d=50)
    assert (agreed["role_conflict_365d"], agreed["users_above_decision_maker_365d"]) == (0, 0)


def test_a_decision_maker_above_the_users_is_negative() -> None:
    above = found(nps_user_365d=-100, nps_decision_maker_365d=100, nps_finance_365d=0)
    assert (above["role_conflict_365d"], above["users_above_decision_maker_365d"]) == (200, -200)


@pytest.mark.parametrize(
    ("praise", "change", "strength"),
    [(50, -0.5, 0.25), (100, -1, 1), (-50, -0.5, 0), (50, 0.5, 0), (NAN, -1, NAN), (100, NAN, NAN)],
)
def test_praise_while_use_falls_needs_both_and_is_missing_without_one(
    praise: float, change: float, strength: float
) -> None:
    row = found(nps_account_365d=praise, active_users_change_30d=change)
    assert row["praise_while_use_falls_30d"] == pytest.approx(strength, nan_ok=True)


@pytest.mark.parametrize(
    ("tone", "change", "strength"),
    [(0.5, -0.5, 0.25), (1, -1, 1), (-1, -1, 0), (0.5, 0.5, 0), (NAN, -1, NAN), (1, NAN, NAN)],
)
def test_friendly_notes_while_use_falls_need_both_and_are_missing_without_one(
    tone: float, change: float, strength: float
) -> None:
    row = found(note_tone_180d=tone, active_users_change_30d=change)
    assert row["friendly_notes_while_use_falls_30d"] == pytest.approx(strength, nan_ok=True)

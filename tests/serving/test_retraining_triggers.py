"""Each trigger is asked and answered, also where it does not fire or could not be asked."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.faults import WrongUse
from features.params_file import parse_section
from serving.retraining.retraining_params import RetrainingParams
from serving.retraining.shadow_comparison import ShadowComparison, shadow_comparison
from serving.retraining.triggers import Standing, fired, triggers

CALM = Standing("3", 10.0, 0, 2, 80, False, 0.75, 0.74)
LIMITS = RetrainingParams()


def names(standing: Standing, params: RetrainingParams = LIMITS) -> list[str]:
    return [trigger.name for trigger in fired(triggers(standing, params))]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"age_days": 90.0}, ["schedule"]),
        ({"age_days": 89.9}, []),
        ({"new_churns": 20}, ["new labels"]),
        ({"drifted": 20}, ["drift"]),
        ({"drifted": 19}, []),
        ({"prediction_drifted": True}, ["drift"]),
        ({"auc_now": 0.6999}, ["decay"]),
        ({"champion": None}, ["no champion"]),
    ],
)
def test_a_trigger_fires_at_its_limit(changed: dict[str, object], expected: list[str]) -> None:
    assert names(Standing(**{**vars(CALM), **changed})) == expected  # type: ignore[arg-type]


@given(
    st.builds(
        Standing,
        champion=st.just("1"),
        age_days=st.none() | st.floats(0, 1e4),
        new_churns=st.none() | st.integers(0, 1000),
        drifted=st.none() | st.integers(0, 50),
        looked_at=st.none() | st.integers(0, 100),
        prediction_drifted=st.none() | st.booleans(),
        promised_auc=st.none() | st.floats(0.5, 1),
        auc_now=st.none() | st.floats(0, 1),
    )
)
def test_all_off_nothing_fires_and_every_trigger_is_told(standing: Standing) -> None:
    off = RetrainingParams(every=None, new_churns=None, drifted_share=None, decay=None)
    assert names(standing, off) == []
    found = triggers(standing, LIMITS)
    assert [t.name for t in found] == ["schedule", "new labels", "drift", "decay"]
    assert all(t.found for t in found)


def test_what_is_no_parameter_is_refused_by_name() -> None:
    with pytest.raises(WrongUse, match="did you mean 'new_churns'"):
        parse_section("retraining", RetrainingParams, {"new_churn": 3})
    with pytest.raises(WrongUse, match=r"retraining\.every is 30; allowed: must be a whole number of days"):
        parse_section("retraining", RetrainingParams, {"every": 30})


def two(champion: list[float], challenger: list[float], date: str = "2026-11-01") -> pd.DataFrame:
    bands = [["red", "yellow", "green"][(h >= 60) + (h >= 85)] for h in [*champion, *challenger]]
    n = len(champion)
    return pd.DataFrame(
        {
            "as_of": date,
            "account_id": [f"A-{i}" for i in range(n)],
            "champion": champion,
            "champion_band": bands[:n],
            "challenger": challenger,
            "challenger_band": bands[n:],
        }
    )


def test_the_comparison_counts_who_would_be_in_another_band() -> None:
    found = shadow_comparison(two([90, 70, 50, 95], [80, 71, 40, 96]), 200, 1)
    assert found.band_changes.value == 0.25
    assert found.moves["green"] == {"green": 1, "yellow": 1, "red": 0}
    assert found.difference.value == pytest.approx(-4.5)
    assert found.difference.low is not None
    assert found.difference.high is not None
    assert found.difference.low <= -4.5 <= found.difference.high
    assert [a["account_id"] for a in found.farthest[:2]] == ["A-0", "A-2"]
    assert ShadowComparison.of(found.as_dict()) == found


def test_unrest_is_how_much_each_moves_from_night_to_night() -> None:
    nights = [two([50, 60], [50, 60]), two([52, 60], [60, 70], "2026-11-02")]
    found = shadow_comparison(pd.concat(nights), 50, 1)
    assert found.unrest == {"champion": 1.0, "challenger": 10.0}
    assert found.accounts == 2


def test_nothing_scored_yet_is_said() -> None:
    found = shadow_comparison(two([], []), 50, 1)
    assert (found.accounts, found.band_changes.value) == (0, None)
    assert "nothing was scored beside the champion yet" in found.as_text()

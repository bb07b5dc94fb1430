"""The gate, on a real registry: what is no better is refused with the reason, and changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.faults import WrongUse
from tests.training.challengers import QUESTIONS, aliases, challenge, failed, promoted_tag, sharper
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.out_of_time import predictions_out_of_time
from training.params import TrainingParams
from training.promotion import promote, refused
from training.registry import MODEL, tracking


@pytest.fixture
def params(light: AllParams) -> TrainingParams:
    return light.training


@pytest.fixture
def champions(registry: Path, params: TrainingParams) -> Path:
    """The registry once its first version passed the gate."""
    assert promote(params, registry).promoted
    return registry


@pytest.fixture(scope="module")
def from_shuffled(trained: Trained, light: AllParams) -> pd.DataFrame:
    """Predictions of models that learned from labels that belong to other rows."""
    shuffled = np.random.default_rng(11).permutation(trained.data.churned)
    data = replace(trained.data, churned=pd.Series(shuffled, index=trained.data.churned.index))
    return predictions_out_of_time(data, light.features, light.rule, light.training, lambda _: None)


def test_a_model_that_beats_chance_and_the_rule_becomes_the_first_champion(
    registry: Path, params: TrainingParams
) -> None:
    found = promote(params, registry)
    assert (found.promoted, found.version, found.champion_before) == (True, "1", None)
    assert [verdict.question for verdict in found.verdicts] == [*QUESTIONS, "is better than the rule"]
    assert aliases(registry) == {"challenger": "1", "champion": "1"}
    assert promoted_tag(registry, "1") == "passed the gate"
    assert found.as_text().endswith("version 1 is now the champion")
    assert json.loads(json.dumps(found.as_dict()))["verdicts"][0]["passed"] is True


def test_without_a_challenger_there_is_nothing_to_promote(registry: Path, params: TrainingParams) -> None:
    with tracking(registry) as client:
        client.delete_registered_model_alias(MODEL, "challenger")
    with pytest.raises(WrongUse) as caught:
        promote(params, registry)
    assert str(caught.value).splitlines() == [
        "there is no challenger",
        "  - challenger is None; allowed: a trained model. Next: run vitals train BOOK",
    ]


def test_the_champion_cannot_challenge_itself(champions: Path, params: TrainingParams) -> None:
    with pytest.raises(WrongUse) as caught:
        promote(params, champions, reason="once more")
    assert str(caught.value).splitlines() == [
        "the challenger is the champion already",
        "  - challenger is 'version 1'; allowed: a version that is not champion. Next: train a new one",
    ]


def test_a_model_of_shuffled_labels_is_refused_and_nothing_changes(
    registry: Path, params: TrainingParams, from_shuffled: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(registry, from_shuffled, tmp_path)
    found = promote(params, registry)
    assert not found.promoted
    assert set(failed(found)) >= {"ranks better than chance", "knows more than the base rate"}
    assert aliases(registry) == {"challenger": version, "champion": None}
    assert promoted_tag(registry, version) is None
    assert f"version {version} stays challenger" in found.as_text()


def test_a_refusal_names_what_failed_and_the_two_ways_on(
    registry: Path, params: TrainingParams, from_shuffled: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(registry, from_shuffled, tmp_path)
    title, *faults = str(refused(promote(params, registry))).splitlines()
    assert title == f"version {version} is not promoted"
    assert faults[0].startswith("  - ranks better than chance is 'AUC 0.")
    assert "must lie above 0.5'; allowed: to pass." in faults[0]
    assert faults[1].startswith("  - knows more than the base rate is 'log loss +0.")
    step = "Next: bring more or better data and train again, or vitals promote --force --reason WHY"
    assert all(fault.endswith(step) for fault in faults)


def test_a_better_model_takes_the_champions_place(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    version = challenge(champions, sharper(trained.tested, 0.5), tmp_path)
    found = promote(params, champions)
    assert (found.promoted, found.champion_before) == (True, "1")
    assert found.verdicts[-1].question == "is better than the champion"
    assert aliases(champions) == {"challenger": version, "champion": version}


def test_a_model_that_predicts_the_same_is_refused(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    version = challenge(champions, trained.tested, tmp_path)
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    assert found.verdicts[-1].found == "its predictions are the same"
    assert aliases(champions) == {"challenger": version, "champion": "1"}


def test_a_model_that_knows_less_than_the_champion_is_refused(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    challenge(champions, sharper(trained.tested, -0.3), tmp_path)
    found = promote(params, champions)
    assert "is better than the champion" in failed(found)
    assert "better in 0% of resamples, must be 80%" in found.verdicts[-1].found
    assert aliases(champions)["champion"] == "1"


def test_predictions_on_another_book_cannot_be_compared(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    """Another book has accounts of the same names, with fates of their own."""
    tested = trained.tested.sort_values(["as_of", "account_id"], ignore_index=True)
    other = sharper(tested.assign(churned=np.roll(tested["churned"], 40)), 3.0)
    challenge(champions, other, tmp_path)
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    told = found.verdicts[-1].found
    assert told.startswith("their tests agree on only ")
    assert told.endswith("% of the churns: they are of different books")
    assert aliases(champions)["champion"] == "1"


def test_a_model_of_another_horizon_cannot_be_compared(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    """Judged by the challenger's outcomes, the champion would lose for foretelling something else."""
    version = challenge(champions, sharper(trained.tested, 0.5), tmp_path, horizon="150d")
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    assert found.verdicts[-1].found == (
        "it foretells churn within 150d, the champion within 120d; "
        "train with --set training.horizon=120d, or force the change"
    )
    assert aliases(champions) == {"challenger": version, "champion": "1"}


def test_a_churn_recorded_since_the_champion_was_made_is_no_other_book(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    newer = trained.tested.copy()
    newer.loc[newer.index[newer["churned"] == 0][0], "churned"] = 1.0
    challenge(champions, sharper(newer, 0.5), tmp_path)
    assert promote(params, champions).promoted


def test_a_test_on_other_dates_cannot_be_compared(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    later = trained.tested.assign(as_of=trained.tested["as_of"] + pd.Timedelta(days=1))
    challenge(champions, sharper(later, 0.5), tmp_path)
    assert promote(params, champions).verdicts[-1].found == (
        "no account and date is in both their tests; train on the champion's book and dates"
    )


def test_a_common_part_in_which_all_stayed_cannot_be_compared(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    tested = trained.tested
    moved = tested["as_of"] + pd.to_timedelta(tested["churned"], unit="D")
    challenge(champions, sharper(tested.assign(as_of=moved), 0.5), tmp_path)
    assert promote(params, champions).verdicts[-1].found == (
        "the accounts and dates in both their tests all ended alike"
    )


def test_what_is_refused_can_be_forced_and_the_reason_is_kept(
    champions: Path, params: TrainingParams, trained: Trained, tmp_path: Path
) -> None:
    version = challenge(champions, trained.tested, tmp_path)
    found = promote(params, champions, reason="agreed with the board")
    assert (found.promoted, found.forced_because) == (True, "agreed with the board")
    assert failed(found) == ["is better than the champion"]
    assert found.as_text().endswith("is now the champion (forced: agreed with the board)")
    assert promoted_tag(champions, version) == "agreed with the board"
    assert aliases(champions)["champion"] == version


def test_a_reason_for_what_passes_anyway_is_no_force(registry: Path, params: TrainingParams) -> None:
    found = promote(params, registry, reason="to be sure")
    assert (found.promoted, found.forced_because) == (True, None)

"""The gate, on a real registry: what is no better is refused with the reason, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.faults import DataFault, WrongUse
from tests.training.challengers import (
    QUESTIONS,
    aliases,
    challenge,
    failed,
    promoted_tag,
    verdict_on,
)
from tests.training.foretold import foretold
from training.all_params import AllParams
from training.model_card import card_of
from training.params import TrainingParams
from training.promotion import promote, refused
from training.registry import MODEL, bundle_folder, tracking
from training.rollback import roll_back

CHAMPION = "is better than the champion"
BOOK, CHAMPION_NOISE = 2, 1.5  # the seed of the outcomes; how much less the champion knows than the truth


def finding(code: str, result: str, severity: str = "fatal") -> dict[str, str]:
    return {
        "code": code,
        "title": "what must hold",
        "severity": severity,
        "result": result,
        "found": "as found",
        "step": "do this",
    }


@pytest.fixture
def params(light: AllParams) -> TrainingParams:
    return light.training


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    """What a model foretells that knows each account's risk."""
    return foretold(seed=BOOK)


@pytest.fixture
def champions(registry: Path, params: TrainingParams, tmp_path: Path) -> Path:
    """The registry once version 2, which sees the risks through some noise, passed the gate."""
    challenge(registry, foretold(CHAMPION_NOISE, seed=BOOK), tmp_path)
    assert promote(params, registry).promoted
    return registry


@pytest.fixture(scope="module")
def from_shuffled(told: pd.DataFrame) -> pd.DataFrame:
    """Predictions of a model that learned from labels that belong to other accounts."""
    names = told["account_id"].unique()
    other = dict(zip(names, np.random.default_rng(11).permutation(names), strict=True))
    of_account = told.groupby("account_id")["answer"].first()
    return told.assign(answer=told["account_id"].map(other).map(of_account))


def test_a_model_that_beats_chance_and_the_rule_becomes_the_first_champion(
    registry: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    challenge(registry, told, tmp_path)
    found = promote(params, registry)
    assert (found.promoted, found.version, found.champion_before) == (True, "2", None)
    assert [verdict.question for verdict in found.verdicts] == [*QUESTIONS, "passes the leakage checks"]
    assert aliases(registry) == {"challenger": "2", "champion": "2"}
    assert promoted_tag(registry, "2") == "passed the gate"
    assert found.as_text().endswith("version 2 is now the champion")
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
        "  - challenger is 'version 2'; allowed: a version that is not champion. Next: train a new one",
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
    assert "; allowed: an interval above 0.5. Next: bring more or better data and train again" in faults[0]
    assert faults[1].startswith("  - knows more than the base rate is 'log loss +0.")
    assert "; allowed: better in at least 95% of resamples. Next: " in faults[1]


def test_a_better_model_takes_the_champions_place(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(champions, told, tmp_path)
    found = promote(params, champions)
    assert (found.promoted, found.champion_before) == (True, "2")
    assert verdict_on(found, CHAMPION).passed
    assert aliases(champions) == {"challenger": version, "champion": version}


def test_a_model_that_predicts_the_same_is_refused(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(champions, foretold(CHAMPION_NOISE, seed=BOOK), tmp_path)
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    assert verdict_on(found, CHAMPION).found == "its predictions are the same"
    assert aliases(champions) == {"challenger": version, "champion": "2"}


def test_a_model_that_knows_less_than_the_champion_is_refused(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    challenge(champions, foretold(2.0, seed=BOOK), tmp_path)
    found = promote(params, champions)
    assert "is better than the champion" in failed(found)
    assert "better in 0% of resamples" in verdict_on(found, CHAMPION).found
    assert aliases(champions)["champion"] == "2"


def test_predictions_on_another_book_cannot_be_compared(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    """Another book has accounts of the same names, with fates of their own."""
    challenge(champions, foretold(seed=BOOK + 2), tmp_path)
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    said = verdict_on(found, CHAMPION).found
    assert said.startswith("their tests agree on only ")
    assert said.endswith("% of the churns: they are of different books")
    assert aliases(champions)["champion"] == "2"


def test_a_model_of_another_horizon_cannot_be_compared(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    """Judged by the challenger's outcomes, the champion would lose for foretelling something else."""
    version = challenge(champions, told, tmp_path, horizon="150d")
    found = promote(params, champions)
    assert failed(found) == ["is better than the champion"]
    assert verdict_on(found, CHAMPION).found == (
        "it foretells churn within 150d, the champion within 120d; "
        "train with --set training.horizon=120d, or force the change"
    )
    assert aliases(champions) == {"challenger": version, "champion": "2"}


def test_a_churn_recorded_since_the_champion_was_made_is_no_other_book(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    newer = told.copy()
    newer.loc[newer.index[newer["churned"] == 0][0], "churned"] = 1.0
    challenge(champions, newer, tmp_path)
    assert promote(params, champions).promoted


def test_a_test_on_other_dates_cannot_be_compared(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    later = told.assign(as_of=told["as_of"] + pd.Timedelta(days=1))
    challenge(champions, later, tmp_path)
    assert verdict_on(promote(params, champions), CHAMPION).found == (
        "no account and date is in both their tests; train on the champion's book and dates"
    )


def test_a_common_part_in_which_all_stayed_cannot_be_compared(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    moved = told["as_of"] + pd.to_timedelta(told["churned"], unit="D")
    challenge(champions, told.assign(as_of=moved), tmp_path)
    assert verdict_on(promote(params, champions), CHAMPION).found == (
        "the accounts and dates in both their tests all ended alike"
    )


def test_what_is_refused_can_be_forced_and_the_reason_is_kept(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(champions, foretold(CHAMPION_NOISE, seed=BOOK), tmp_path)
    found = promote(params, champions, reason="agreed with the board")
    assert (found.promoted, found.forced_because) == (True, "agreed with the board")
    assert failed(found) == ["is better than the champion"]
    assert found.as_text().endswith("is now the champion (forced: agreed with the board)")
    assert promoted_tag(champions, version) == "agreed with the board"
    assert aliases(champions)["champion"] == version


def test_a_reason_for_what_passes_anyway_is_no_force(
    registry: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    challenge(registry, told, tmp_path)
    found = promote(params, registry, reason="to be sure")
    assert (found.promoted, found.forced_because) == (True, None)


@pytest.mark.parametrize(
    ("leakage", "question", "found"),
    [
        (None, "passes the leakage checks", "it was not checked"),
        (
            {"findings": [finding("L22", "failed"), finding("L01", "passed")]},
            "passes the leakage checks (L22)",
            "as found",
        ),
    ],
)
def test_a_better_model_that_leaks_or_was_not_checked_is_refused(
    champions: Path,
    params: TrainingParams,
    told: pd.DataFrame,
    tmp_path: Path,
    leakage: dict[str, Any] | None,
    question: str,
    found: str,
) -> None:
    challenge(champions, told, tmp_path, leakage=leakage)
    answer = promote(params, champions)
    assert failed(answer) == [question]
    assert verdict_on(answer, question).found == found
    assert f"{question} is '{found}'; allowed: " in str(refused(answer))


def test_a_warning_and_what_could_not_be_looked_at_are_said_and_do_not_stop_it(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    some = [finding("L01", "passed"), finding("L32", "failed", "warning"), finding("L23", "not applicable")]
    challenge(champions, told, tmp_path, leakage={"findings": some})
    answer = promote(params, champions)
    assert answer.promoted
    said = verdict_on(answer, "passes the leakage checks").found
    assert said == "2 checks; L32 warns: as found; L23 not applicable, as found"


def test_what_cannot_be_read_is_never_champion_whatever_the_reason(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    version = challenge(champions, told, tmp_path)
    with tracking(champions) as client:
        (bundle_folder(client, version, champions) / "manifest.json").write_text("{}")
    with pytest.raises(DataFault, match="not signed by whom this service trusts"):
        promote(params, champions, reason="we need one")
    assert aliases(champions) == {"challenger": version, "champion": "2"}


def test_checks_that_were_made_laxer_for_the_training_do_not_count(
    champions: Path, params: TrainingParams, told: pd.DataFrame, tmp_path: Path
) -> None:
    challenge(champions, told, tmp_path)
    stricter = params.model_copy(update={"gate": params.gate.model_copy(update={"too_good_auc": 0.9})})
    answer = promote(stricter, champions)
    assert failed(answer) == ["was checked for leaks as strictly as is asked"]
    assert "too_good_auc 0.98 (asked: 0.9)" in str(refused(answer))


def test_a_card_tells_of_a_refusal_and_going_back_is_no_way_past_the_gate(
    champions: Path, params: TrainingParams, tmp_path: Path
) -> None:
    version = challenge(champions, foretold(CHAMPION_NOISE, seed=BOOK), tmp_path)
    assert not promote(params, champions).promoted
    assert card_of(version, champions)["gate"]["promoted"] is False
    with pytest.raises(WrongUse, match=f"version {version} was never champion"):
        roll_back(champions, version, "to look at it")
    assert aliases(champions)["champion"] == "2"

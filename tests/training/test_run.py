"""A training run from a folder to a challenger, and what it takes and tells on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from features.faults import DataFault, WrongUse
from training.all_params import AllParams
from training.fit_and_compare import Trained, fit_and_compare

PARAMS_FILE = Path(__file__).parents[2] / "params.yaml"


def test_the_model_carries_the_facts_of_its_training(trained: Trained) -> None:
    facts = trained.model.facts
    assert facts["horizon_days"] == 120
    assert facts["known_until"] == "2026-11-01"
    assert facts["trained_until"] == f"{max(trained.data.final_dates):%Y-%m-%d}" == "2026-06-01"
    assert facts["data_fingerprint"] == trained.data.fingerprint
    assert facts["comparison"] == trained.comparison.as_dict()


def test_the_typical_account_is_the_median_of_the_newest_training_date(trained: Trained) -> None:
    rows = trained.data.rows
    newest = rows[rows["as_of"] == "2026-06-01"]
    typical = trained.model.facts["typical"]
    assert set(typical) == set(trained.model.features)
    assert typical["tenure_days"] == newest["tenure_days"].median()
    missing = {name for name in typical if newest[name].isna().all()}
    assert {name for name, value in typical.items() if value is None} == missing


@pytest.mark.long
def test_it_says_what_it_does_while_it_does_it(
    learning_book: Path, light: AllParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    fit_and_compare(learning_book, light, told.append)
    wanted = [
        "reading and checking the book",
        "use",
        "origin 1 of 2: the weights of the rule",
        "comparing the models",
    ]
    assert [told.index(line) for line in wanted] == sorted(told.index(line) for line in wanted)
    assert told[-1] == "leakage check L32"


def test_a_book_without_accounts_is_refused_before_anything_is_learned(
    small_book: Path, light: AllParams, tmp_path: Path
) -> None:
    book = Path(shutil.copytree(small_book, tmp_path / "book"))
    (book / "accounts.parquet").unlink()
    with pytest.raises(DataFault, match="accounts"):
        fit_and_compare(book, light)


def test_the_rule_is_checked_against_the_catalogue() -> None:
    wrong = "rule.exceptions=[{feature: seat_utilization_30d, at_least: 1, cap: 50, reason: misspelt}]"
    with pytest.raises(WrongUse) as caught:
        AllParams.read(PARAMS_FILE, (wrong,))
    assert str(caught.value).splitlines() == [
        "the rule in params.yaml cannot be used",
        "  - rule: feature is 'seat_utilization_30d'; allowed: a feature of the catalogue. "
        "Next: did you mean 'seat_utilisation_30d'?",
    ]


def test_the_model_that_is_served_needs_no_learner_and_no_tracker() -> None:
    heavy = "{'lightgbm', 'mlflow', 'optuna', 'shap', 'sklearn'}"
    check = f"import sys, training.health_model; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0

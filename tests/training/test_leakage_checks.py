"""Every planted leak is found by the checks that are meant to, and a clean run by none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.book import open_book
from tests.training import planted_leaks as planted
from tests.training.planted_leaks import clean, failed, findings
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.leakage_checks import CHECKS
from training.leakage_controls import shuffled_labels
from training.leakage_evidence import Evidence
from training.leakage_finding import findings_as_text, read_findings
from training.outcome_tables import ALL_TABLES

SEEDS = range(1, 4)


def found(made: Evidence, code: str) -> str:
    finding = findings(made, code)[code]
    assert finding.result == "failed", finding
    assert finding.blocks
    assert finding.step
    return finding.found


def test_codes_are_stable_names_and_every_check_says_what_to_do() -> None:
    codes = [check.code for check in CHECKS]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"L\d\d", code) for code in codes)
    assert all(check.title and check.step for check in CHECKS)
    assert len(CHECKS) == 18


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("signal", [0.0, 1.2])
def test_a_clean_run_fails_no_check(seed: int, signal: float) -> None:
    assert failed(clean(seed, signal)) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leaked_column_is_found(seed: int) -> None:
    said = found(planted.leaked_column(clean(seed)), "L22")
    assert said.startswith("note_praise_180d has an AUC of 1.000")


def test_a_leaked_column_makes_a_model_that_is_too_good_to_be_true() -> None:
    assert found(planted.leaked_column(clean()), "L32").startswith("AUC 1.000")


def test_a_leak_in_what_is_missing_is_found() -> None:
    made = clean()
    gone = made.data.rows["seats"].where(made.data.churned == 0)
    assert "seats being missing has an AUC of 1.000" in found(
        planted.with_data(made, rows=made.data.rows.assign(seats=gone)), "L22"
    )


def test_a_leaked_column_of_a_new_name_is_found_by_its_name_and_by_the_catalogue() -> None:
    leaked = planted.leaked_column(clean(), "churned_soon", noise=5.0)
    assert found(leaked, "L20") == found(leaked, "L21") == "churned_soon"


def test_words_that_only_sound_like_outcomes_are_no_names_of_outcomes() -> None:
    made = clean()
    innocent = made.data.rows.assign(
        decision_makers_left_180d=0.0, renewal_at_risk=0.0, note_sponsor_left_180d=0.0
    )
    assert findings(planted.with_data(made, rows=innocent), "L20")["L20"].result == "passed"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_split_is_found_by_its_dates_and_by_what_a_memory_learns_from_it(seed: int) -> None:
    split = planted.random_split(clean(seed))
    assert failed(split, "L01", "L02", "L31") == {"L01", "L02", "L31"}
    assert "training dates are not before" in found(split, "L02")


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_on_both_sides_are_found_by_their_keys_and_by_what_a_memory_learns_from_them(seed: int) -> None:
    wanted = {"L06", "L11", "L31"}
    assert failed(planted.shared_rows(clean(seed)), *wanted) == wanted


@pytest.mark.parametrize("seed", SEEDS)
def test_label_windows_that_touch_the_test_are_found(seed: int) -> None:
    touching = planted.touching_windows(clean(seed))
    assert found(touching, "L01") == "only 28 days lie between training and test; the label needs 150"


def test_a_copy_of_a_test_row_under_an_earlier_date_is_found() -> None:
    made = clean()
    rows, split = made.data.rows, made.data.origins[-1]
    test = rows[made.data.at(split.test)].head(40)
    copies = test.assign(as_of=split.train[0])
    others = rows[~((rows["as_of"] == split.train[0]) & rows["account_id"].isin(test["account_id"]))]
    order = [*others.index, *test.index]
    mixed = pd.concat([others, copies], ignore_index=True)
    series = {
        name: getattr(made.data, name)[order].reset_index(drop=True)
        for name in ("churned", "noted", "days_to_churn")
    }
    copied = planted.with_data(made, rows=mixed, **series)
    assert "40 have the very features of a training row" in found(copied, "L11")


def test_an_early_label_a_late_label_and_a_clock_time_are_found() -> None:
    made = clean()
    early = replace(made.data, known_until=made.data.known_until - pd.Timedelta(days=40))
    assert "have a label that nobody could know" in found(replace(made, data=early), "L04")
    slow = replace(made.data, noted=made.data.noted + pd.Timedelta(days=400))
    assert "were learned later than the test began" in found(
        replace(made, data=planted.Hasty(**vars(slow))), "L05"
    )
    noon = made.data.rows.assign(as_of=made.data.rows["as_of"] + pd.Timedelta(hours=12))
    assert "12:00:00" in found(replace(made, data=replace(made.data, rows=noon)), "L03")


def test_rows_that_come_twice_are_found() -> None:
    made = clean()
    rows = pd.concat([made.data.rows, made.data.rows.head(3)], ignore_index=True)
    assert found(replace(made, data=replace(made.data, rows=rows)), "L10").startswith("3 rows come twice")


def test_predictions_that_are_not_of_the_test_are_found() -> None:
    made = clean()
    moved = made.tested.assign(as_of=made.data.origins[-1].train[0])
    assert "rows are of no test date" in found(replace(made, tested=moved), "L06")


def test_folds_over_rows_are_found() -> None:
    made = clean()
    dealt = pd.Series(np.arange(len(made.data.rows)) % 5, index=made.data.rows.index)
    assert "accounts are on both sides" in found(replace(made, fold=dealt), "L12")


def test_a_learner_that_sees_the_answers_is_found() -> None:
    """Its labels are shuffled, and it beats chance all the same: it was handed the test's."""
    made = clean()
    answers: list[pd.Series] = []

    def peeking(rows: pd.DataFrame, churned: pd.Series, test: pd.DataFrame) -> np.ndarray:
        seed = made.params.seed + len(answers)
        answers.append(shuffled_labels(made.data.rows, made.data.churned, seed)[test.index])
        return np.asarray(answers[-1] + 0.1)

    assert "the learner reaches a mean AUC of 1.000" in found(replace(made, fit=peeking), "L30")


def test_a_model_that_leans_on_what_is_missing_now_is_found() -> None:
    made = clean()
    gone = made.data.newest.assign(seats=np.nan, mrr=np.nan)
    weight = pd.Series(dict.fromkeys(planted.FEATURES, 1.0))
    leaning = replace(made, serving=gone, importance=weight)
    assert found(leaning, "L24") == "25% of the model's weight is on seats, mrr; allowed up to 10%"
    light = replace(leaning, importance=weight.mask(weight.index.isin(["seats", "mrr"]), 0.05))
    assert findings(light, "L24")["L24"].result == "passed"


def test_what_cannot_be_looked_at_is_said_and_does_not_pass() -> None:
    made = replace(clean(), tables=None, fit=None, fold=None, importance=None)
    blind = replace(made, data=replace(made.data, origins=()))
    for code in ("L01", "L02", "L05", "L11", "L12", "L23", "L24", "L30", "L31"):
        finding = findings(blind, code)[code]
        assert finding.result == "not applicable"
        assert finding.found.startswith("because ")
        assert not finding.blocks


def test_shuffling_keeps_the_number_of_churners_of_every_date_and_changes_who_they_are() -> None:
    data = clean().data
    shuffled = shuffled_labels(data.rows, data.churned, seed=2)
    counts = pd.DataFrame({"true": data.churned, "shuffled": shuffled, "as_of": data.rows["as_of"]})
    sums = counts.groupby("as_of").sum()
    assert (sums["true"] == sums["shuffled"]).all()
    assert np.corrcoef(data.churned, shuffled)[0, 1] < 0.2


def test_a_real_run_is_clean_and_every_check_could_look(trained: Trained) -> None:
    assert {one.result for one in trained.findings} == {"passed"}
    assert [one.code for one in trained.findings] == [check.code for check in CHECKS]


@pytest.mark.long
def test_a_feature_that_was_changed_after_the_fact_is_found_by_cutting_the_book(
    trained: Trained, light: AllParams, learning_book: Path
) -> None:
    """A thousandth of a point in a twentieth of the rows: no other check can see it."""
    book = open_book(learning_book, light.checks, ALL_TABLES)
    rows = trained.data.rows
    touched = rows["tenure_days"] + 1e-9 * (np.arange(len(rows)) % 20 == 0)
    made = replace(
        clean(),
        data=replace(trained.data, rows=rows.assign(tenure_days=touched)),
        features=light.features,
        params=light.training,
        tables=book.tables,
    )
    assert found(made, "L23").endswith("these are not as they were known then: tenure_days")
    invented = replace(made, data=replace(trained.data, rows=rows.assign(foreseen=trained.data.churned)))
    assert found(invented, "L23").endswith("these are not as they were known then: foreseen")


def test_findings_are_read_back_as_they_were_logged(trained: Trained) -> None:
    again = read_findings(one.as_dict() for one in trained.findings)
    assert again == trained.findings
    wrong = replace(again[3], result="failed")
    assert findings_as_text([*again, wrong]).splitlines()[0].startswith("L04  failed ")


def test_a_customer_under_two_ids_is_found_and_accounts_at_rest_are_not() -> None:
    made = clean()
    rows = made.data.rows
    doubled = rows[rows["account_id"].isin(rows["account_id"].unique()[:5])]
    named = doubled.assign(account_id="X" + doubled["account_id"])
    both = pd.concat([rows, named], ignore_index=True)
    assert found(replace(made, data=replace(made.data, rows=both)), "L13").startswith(
        "10 accounts have a twin"
    )
    at_rest = named.assign(**dict.fromkeys(made.feature_columns[1:], 0.0))
    others = at_rest.assign(account_id="Y" + at_rest["account_id"])
    alike = pd.concat([rows, at_rest, others], ignore_index=True)
    resting = replace(made, data=replace(made.data, rows=alike))
    assert findings(resting, "L13")["L13"].result == "passed"

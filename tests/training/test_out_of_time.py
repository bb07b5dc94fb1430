"""Predictions for dates that the training knew nothing of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.faults import DataFault
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.members import ANSWER, MEMBERS
from training.out_of_time import compare_members, outcomes_of, predictions_out_of_time


def predicted(trained: Trained, light: AllParams, churned: pd.Series) -> pd.DataFrame:
    data = replace(trained.data, churned=churned)
    return predictions_out_of_time(data, light.features, light.rule, light.training, lambda _: None)


def test_every_test_row_is_predicted_once_with_its_outcome(trained: Trained) -> None:
    data = trained.data
    dates = [date for split in data.origins for date in split.test]
    wanted = data.rows.loc[data.at(dates), ["account_id", "as_of", "segment", "mrr"]]
    wanted = wanted.assign(churned=data.churned, days_to_churn=data.days_to_churn).reset_index(drop=True)
    pd.testing.assert_frame_equal(trained.tested[list(wanted)], wanted)
    assert tuple(trained.tested.columns[6:]) == (*MEMBERS, *ANSWER)


@pytest.mark.long
def test_a_second_run_predicts_the_same_to_the_bit(trained: Trained, light: AllParams) -> None:
    pd.testing.assert_frame_equal(
        predicted(trained, light, trained.data.churned), trained.tested, check_exact=True
    )


@pytest.mark.long
def test_what_happened_after_the_test_date_changes_no_prediction(trained: Trained, light: AllParams) -> None:
    """Every label that was not mature by the first test date of an origin is turned round."""
    last = trained.data.origins[-1]
    later = trained.data.rows["as_of"] > max(last.train)
    turned = trained.data.churned.where(~later, 1 - trained.data.churned)
    of_last = trained.tested["as_of"].isin(list(last.test))
    found = predicted(trained, light, turned)[of_last]
    pd.testing.assert_frame_equal(found[list(MEMBERS)], trained.tested.loc[of_last, list(MEMBERS)])
    assert (found["churned"] == 1 - trained.tested.loc[of_last, "churned"]).all()


def test_an_unknown_revenue_counts_nothing(trained: Trained) -> None:
    some = trained.tested.head(3).assign(mrr=[np.nan, 5.0, 7.0], churned=[1.0, 0.0, 1.0])
    assert outcomes_of(some, calls=2).revenue.tolist() == [0.0, 5.0, 7.0]  # type: ignore[union-attr]


def test_the_members_are_compared_with_the_rule_on_the_same_rows(trained: Trained, light: AllParams) -> None:
    found = compare_members(trained.tested, light.training)
    assert found == trained.comparison
    assert found.models == MEMBERS
    assert found.rows == len(trained.tested)
    assert found.churns == int(trained.tested["churned"].sum())


def test_a_test_in_which_nobody_churned_compares_nothing(trained: Trained, light: AllParams) -> None:
    with pytest.raises(DataFault, match=r"churned is '0 churns in \d+ rows'; allowed: rows of both outcomes"):
        compare_members(trained.tested.assign(churned=0.0), light.training)

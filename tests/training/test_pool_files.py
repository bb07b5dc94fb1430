"""The pool as files: what does not fit together is refused, with every fault, before anything is scored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from features.faults import DataFault
from training.fit_and_compare import Trained
from training.pool_files import pool_from_files, pool_to_files

Files = tuple[list[str], dict[str, Any], dict[str, Any]]


@pytest.fixture
def files(trained: Trained) -> Files:
    arrays, documents = pool_to_files(trained.model.pooled)
    return list(trained.model.features), dict(arrays), dict(documents)


def refusal(files: Files) -> str:
    with pytest.raises(DataFault, match="these files are no pool") as caught:
        pool_from_files(*files)
    assert "Next: make the bundle again with `vitals train`" in str(caught.value)
    return str(caught.value)


def test_what_is_missing_is_named_at_once(files: Files) -> None:
    _, arrays, documents = files
    del arrays["linear_mean"], arrays["unseen_seen"], documents["pool"]
    told = refusal(files)
    for name in ("linear_mean.npy", "unseen_seen.npy", "pool.json"):
        assert f"  - {name} is 'missing'; allowed: a file of every pool" in told


def test_coefficients_that_do_not_fit_the_columns_are_refused(files: Files) -> None:
    files[1]["linear_coefficients"] = np.zeros(3)
    assert "linear_coefficients.npy is '<f8 of shape (3,)'; allowed: <f8 of shape (" in refusal(files)


def test_a_number_that_is_none_is_refused(files: Files) -> None:
    factor = files[1]["linear_factor"].copy()
    factor[0, 0] = np.nan
    files[1]["linear_factor"] = factor
    assert "linear_factor.npy is 'not finite'; allowed: finite numbers" in refusal(files)


def test_a_rule_on_a_feature_that_the_model_does_not_read_is_refused(files: Files) -> None:
    names = ["renamed" if name == "seat_utilisation_30d" else name for name in files[0]]
    told = refusal((names, files[1], files[2]))
    assert "rule.json: feature is 'seat_utilisation_30d'; allowed: a feature of the model" in told


def test_a_pool_without_trees_needs_none_of_their_files(trained: Trained) -> None:
    alone = trained.fitted.members["reweighted"]
    arrays, documents = pool_to_files(alone)
    read = pool_from_files(list(alone.features), arrays, documents)
    X = trained.data.rows[list(alone.features)].to_numpy(float)
    assert read.trees is None
    assert read.log_odds(X).tobytes() == alone.log_odds(X).tobytes()
    assert read.variance(X).tobytes() == alone.variance(X).tobytes()


def test_a_bundle_from_before_the_intervals_factors_were_written_keeps_its_intervals(
    trained: Trained,
) -> None:
    """They were constants of the code then: a newer Vitals must not change an interval."""
    arrays, documents = pool_to_files(trained.model.pooled)
    pool = documents["pool"]
    older = {**documents, "pool": {**pool, "doubt": {"unseen": pool["doubt"]["unseen"]}}}
    read = pool_from_files(list(trained.model.features), arrays, older)
    assert (read.doubt.linear, read.doubt.apart) == (0.55, 0.036)
    assert (
        pool_from_files(list(trained.model.features), arrays, documents).doubt == trained.model.pooled.doubt
    )

"""The registered model, as MLflow loads it: the same answers, and nothing is unpickled."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from training.fit_and_compare import Trained
from training.health_model import HealthModel
from training.registry import MODEL, tracking

WATCHED: list[str] | None = None
PICKLES = {".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth"}


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    if WATCHED is not None and event == "pickle.find_class":
        WATCHED.append(".".join(map(str, arguments)))


sys.addaudithook(watch)


@contextmanager
def unpickled() -> Iterator[list[str]]:
    """Every class that is unpickled meanwhile. An audit hook cannot be taken away, so it sleeps."""
    global WATCHED
    WATCHED = []
    try:
        yield WATCHED
    finally:
        WATCHED = None


@pytest.fixture
def champions(registry: Path) -> Iterator[Path]:
    with tracking(registry) as client:
        client.set_registered_model_alias(MODEL, "champion", "1")
        yield registry


def rows_of(trained: Trained) -> pd.DataFrame:
    return trained.data.rows[list(trained.model.features)].tail(200)


def test_the_champion_predicts_what_the_health_model_does(champions: Path, trained: Trained) -> None:
    rows = rows_of(trained)
    found = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(rows)
    X, model = rows.to_numpy(float), trained.model
    assert list(found.columns) == ["health", "low", "high", "churn_probability"]
    assert list(found.index) == list(rows.index)
    assert found["health"].to_numpy().tobytes() == model.health(X).tobytes()
    assert found[["low", "high"]].to_numpy().tobytes() == model.interval(X).tobytes()
    assert found["churn_probability"].to_numpy() == pytest.approx(1 - model.health(X) / 100, abs=1e-15)


def test_the_segment_picks_the_profile_of_the_rule(champions: Path, trained: Trained) -> None:
    rows = rows_of(trained).assign(segment="enterprise")
    found = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(rows)
    X, segment = rows.drop(columns="segment").to_numpy(float), ["enterprise"] * len(rows)
    assert found["health"].to_numpy().tobytes() == trained.model.health(X, segment).tobytes()
    assert (found["health"] != trained.model.health(X)).any()


def test_the_columns_are_found_by_name_and_not_by_place(champions: Path, trained: Trained) -> None:
    rows = rows_of(trained)
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    pd.testing.assert_frame_equal(loaded.predict(rows[rows.columns[::-1]]), loaded.predict(rows))


def test_rows_of_missing_values_are_answered(champions: Path, trained: Trained) -> None:
    nothing = pd.DataFrame(np.nan, index=[0], columns=trained.model.features)
    found = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(nothing)
    assert found["health"].between(0, 100).all()


def test_the_signature_names_every_feature_and_every_answer(champions: Path, trained: Trained) -> None:
    signature = mlflow.models.get_model_info(f"models:/{MODEL}@champion").signature
    assert tuple(signature.inputs.input_names()) == (*trained.model.features, "segment")
    kinds = {spec.name: (str(spec.type), spec.required) for spec in signature.inputs}
    assert kinds.pop("segment") == ("DataType.string", False)
    assert set(kinds.values()) == {("DataType.double", True)}
    assert signature.outputs.input_names() == ["health", "low", "high", "churn_probability"]


def test_a_text_where_a_number_belongs_is_refused(champions: Path, trained: Trained) -> None:
    rows = rows_of(trained).assign(tenure_days="long")
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    with pytest.raises(MlflowException, match="tenure_days"):
        loaded.predict(rows)


def test_a_column_that_is_left_out_or_misspelt_is_named(champions: Path, trained: Trained) -> None:
    """Missing values are welcome as NaN; a missing column is more likely a mistake."""
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    for rows in (
        rows_of(trained).drop(columns="tenure_days"),
        rows_of(trained).rename(columns={"tenure_days": "tenure"}),
    ):
        with pytest.raises(MlflowException, match=r"Model is missing inputs \['tenure_days'\]"):
            loaded.predict(rows)


def test_no_file_of_the_registry_is_a_pickle(registered: Path) -> None:
    files = [path for path in registered.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if path.suffix in PICKLES]
    protocol_2_and_later = b"\x80"
    assert not [path for path in files if path.read_bytes()[:1] == protocol_2_and_later]


def test_nothing_is_unpickled_while_the_model_is_loaded_and_asked(champions: Path, trained: Trained) -> None:
    with unpickled() as found:
        mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(rows_of(trained))
    assert found == []


def test_the_watch_would_have_seen_an_unpickled_class() -> None:
    import pickle

    with unpickled() as found:
        pickle.loads(pickle.dumps(HealthModel))
    assert found == ["training.health_model.HealthModel"]

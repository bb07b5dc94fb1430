"""What a run leaves in the registry: everything needed to believe it, and nothing to unpickle."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from features.faults import DataFault, WrongUse
from tests.command_runs import refused
from training import registry as rooms
from training import run_log
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.health_model import read_health_model
from training.members import MEMBERS
from training.registry import MODEL, tracking
from training.run_log import register

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(registered: Path) -> Iterator[MlflowClient]:
    with tracking(registered) as client:
        yield client


@pytest.fixture
def run(client: MlflowClient) -> Any:
    return client.get_run(client.get_model_version(MODEL, "1").run_id)


def artifact(client: MlflowClient, run: Any, name: str) -> Path:
    return Path(client.download_artifacts(run.info.run_id, name))


def test_the_first_version_is_the_challenger_and_nobody_is_champion(client: MlflowClient) -> None:
    assert rooms.version_of(client, "challenger") == "1"
    assert rooms.version_of(client, "champion") is None


def test_a_version_that_cannot_be_signed_leaves_the_registry_as_it_was(
    registry: Path, trained: Trained, light: AllParams, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError("the key cannot be read")

    monkeypatch.setattr(run_log, "sign_bundle", fail)
    monkeypatch.setattr(run_log, "_figures", lambda *_: {})  # they take longest, and play no part
    with pytest.raises(PermissionError):
        register(trained, light, registry)
    with tracking(registry) as client:
        assert rooms.version_of(client, "challenger") == "1"
        assert [each.version for each in client.search_model_versions(f"name = '{MODEL}'")] == [1]


def test_every_training_parameter_is_logged_with_its_unit(run: Any, light: AllParams) -> None:
    assert run.data.params["horizon"] == "120d"
    assert run.data.params["learner.leaves"] == "[6]"
    assert run.data.params["gate.better_than_chance"] == "0.95"
    assert set(light.training.model_dump()) <= {name.partition(".")[0] for name in run.data.params}


def test_the_sections_that_made_the_model_can_be_read_back(
    client: MlflowClient, run: Any, light: AllParams
) -> None:
    found = json.loads(artifact(client, run, "params.json").read_text(encoding="utf-8"))
    for name in ("features", "rule", "training"):
        section = getattr(light, name)
        assert type(section).model_validate(found[name]) == section


def test_every_measure_of_every_member_has_its_interval(run: Any, trained: Trained) -> None:
    metrics = run.data.metrics
    for member in MEMBERS:
        for measure in trained.comparison.measures:
            low, value, high = (metrics[f"{member}.{measure}{end}"] for end in (".low", "", ".high"))
            assert low <= high
            assert value == trained.comparison.estimate(member, measure).value
    assert len(metrics) == 3 * len(MEMBERS) * len(trained.comparison.measures)


def test_the_run_says_what_data_it_saw(run: Any, trained: Trained) -> None:
    assert run.data.tags["data_fingerprint"] == trained.data.fingerprint
    assert run.data.tags["known_until"] == "2026-11-01"
    assert run.data.tags["trained_until"] == "2026-06-01"


SHAP = ("shap_beeswarm", "shap_dependence", "shap_waterfall_worst", "shap_waterfall_best")


@pytest.mark.parametrize("name", ["reliability", "gain", "comparison", *SHAP])
def test_the_plots_are_pictures(client: MlflowClient, run: Any, name: str) -> None:
    content = artifact(client, run, f"plots/{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000


def test_the_boosters_are_logged_as_text_that_lightgbm_reads(
    client: MlflowClient, run: Any, trained: Trained, light: AllParams
) -> None:
    folder = artifact(client, run, "lightgbm")
    names, learner = sorted(path.name for path in folder.iterdir()), light.training.learner
    assert names == [f"bag_{number:02d}.txt" for number in range(learner.bags * learner.folds)]
    X = trained.data.rows[list(trained.fitted.features)].to_numpy(float)[:20]
    for path, booster in zip(sorted(folder.iterdir()), trained.fitted.boosters, strict=True):
        assert lightgbm.Booster(model_file=path).predict(X).tolist() == booster.predict(X).tolist()


def test_the_predictions_are_kept_for_the_gate(client: MlflowClient, trained: Trained) -> None:
    pd.testing.assert_frame_equal(rooms.predictions(client, "1"), trained.tested)


def test_the_rows_of_the_newest_training_date_are_kept_for_watching_drift(
    client: MlflowClient, trained: Trained
) -> None:
    rows = trained.data.rows
    newest = rows[rows["as_of"] == rows["as_of"].max()]
    pd.testing.assert_frame_equal(rooms.reference_rows(client, "1"), newest)


def test_the_comparison_can_be_shown_again(registered: Path, trained: Trained) -> None:
    found, text = rooms.challenger_comparison(registered)
    assert found.pop("version") == "1"
    leakage = found.pop("leakage")
    assert leakage == [one.as_dict() for one in trained.findings]
    assert found.pop("weights") == trained.model.weights
    assert json.loads(json.dumps(trained.comparison.as_dict())) == found
    comparison, checks = text.split("\n\nleakage checks\n")
    assert comparison == trained.as_text()
    assert len(checks.splitlines()) == len(leakage)


def test_the_bundle_of_the_version_is_the_model(
    client: MlflowClient, registered: Path, trained: Trained
) -> None:
    read = read_health_model(rooms.bundle_folder(client, "1", registered))
    X = trained.data.rows[list(read.features)].to_numpy(float)
    assert read.health(X).tobytes() == trained.model.health(X).tobytes()


def test_the_bundle_is_found_where_the_whole_registry_was_moved(
    made_once: Any, trained: Trained, light: AllParams, tmp_path: Path
) -> None:
    made = made_once("moved_registry", lambda folder: register(trained, light, folder / "old"))
    moved = Path(shutil.copytree(made / "old", tmp_path / "new"))
    (made / "old").rename(made / "gone")
    with tracking(moved) as client:
        folder = rooms.bundle_folder(client, "1", moved)
    assert folder.is_relative_to(moved)
    assert read_health_model(folder).features == trained.model.features


def test_a_second_run_is_a_second_version_and_the_new_challenger_and_lies_in_its_own_copy_of_the_registry(
    registry: Path, registered: Path, trained: Trained, light: AllParams
) -> None:
    before_it = sorted(registered.rglob("*"))
    made = register(trained, light, registry)
    assert made.version == "2"
    assert made.bundle.is_relative_to(registry)
    assert (registry / "artifacts" / made.run_id / "artifacts" / "comparison.json").exists()
    assert sorted(registered.rglob("*")) == before_it
    with tracking(registry) as client:
        assert rooms.version_of(client, "challenger") == "2"
        first, second = (client.get_model_version(MODEL, version).run_id for version in "12")
        assert first != second
        before = read_health_model(rooms.bundle_folder(client, "1", registry))
    X = trained.data.rows[list(before.features)].to_numpy(float)[:10]
    assert np.array_equal(before.health(X), read_health_model(made.bundle).health(X))


@pytest.mark.long
def test_the_same_training_logs_the_same_bundle_to_the_byte(
    registry: Path, trained: Trained, light: AllParams
) -> None:
    second = register(trained, light, registry).bundle
    with tracking(registry) as client:
        first = rooms.bundle_folder(client, "1", registry)
    assert {p.name: p.read_bytes() for p in first.iterdir()} == {
        p.name: p.read_bytes() for p in second.iterdir()
    }


def test_an_empty_registry_has_no_challenger(made_once: Any) -> None:
    def empty(folder: Path) -> None:
        with tracking(folder) as client:
            client.search_registered_models()

    with tracking(made_once("empty_registry", empty)) as client, pytest.raises(WrongUse) as caught:
        rooms.challenger_version(client)
    assert str(caught.value).splitlines() == [
        "there is no challenger",
        "  - challenger is None; allowed: a trained model. Next: run vitals train BOOK",
    ]


def test_a_registry_that_does_not_answer_is_not_taken_for_one_without_a_champion(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a locked database would let a challenger past the gate as if there were no champion to beat."""

    def locked(*_: object) -> None:
        raise MlflowException("(sqlite3.OperationalError) database is locked\n[SQL: SELECT 1]")

    monkeypatch.setattr(client, "get_model_version_by_alias", locked)
    with pytest.raises(DataFault) as caught:
        rooms.version_of(client, "champion")
    assert str(caught.value).splitlines() == [
        "the registry cannot say which version is champion",
        "  - registry is '(sqlite3.OperationalError) database is locked'; allowed: a database that answers. "
        "Next: try again once nothing else writes to it, or restore mlflow.db",
    ]


def test_the_horizon_of_a_version_is_the_one_it_was_trained_for(client: MlflowClient) -> None:
    assert rooms.horizon_of(client, "1") == "120d"


def test_a_registry_whose_making_was_cut_off_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed:
        def __init__(self, uri: str, _root: str) -> None:
            Path(uri.removeprefix("sqlite:///")).write_text("half a database")
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mlflow.store.tracking.sqlalchemy_store.SqlAlchemyStore", Killed)
        with pytest.raises(KeyboardInterrupt), tracking(tmp_path / "new"):
            pass
    assert not (tmp_path / "new" / "mlflow.db").exists()
    with tracking(tmp_path / "new") as client:
        assert rooms.version_of(client, "challenger") is None


@pytest.mark.long
def test_processes_that_start_at_once_on_a_new_registry_all_get_it(tmp_path: Path) -> None:
    code = "import sys; from training.registry import *; there = Path(sys.argv[1])\n"
    code += "with tracking(there) as client: experiment(client, there)"
    command = [sys.executable, "-c", code, str(tmp_path / "new")]
    started = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], told


@pytest.mark.parametrize("asked", ["compare", "promote", "rollback --to 1 --reason x"])
def test_who_only_reads_makes_no_registry(tmp_path: Path, asked: str) -> None:
    said = refused(2, *asked.split(), "--registry", tmp_path / "typo" / "mlruns")
    assert "run vitals train BOOK, or name the right folder: there is no registry in" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["q?m", "pc%20t"])
def test_a_folder_whose_name_would_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(WrongUse, match="allowed: a path without"), tracking(tmp_path / name):
        pass
    assert list(tmp_path.iterdir()) == []

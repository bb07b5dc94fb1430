"""The champion as serving reads it: equal to MLflow's own client, and the rule where it cannot be used."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.faults import WrongUse
from serving.access.api_keys import create_key
from serving.history.opened_store import opened_store
from serving.scores.champion import find_champion, load_scorer
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import NO_CHAMPION, RuleScorer
from tests.serving.trained_workspace import PARAMS, ROOT, TrainedWorkspace, workspace
from training.registry import MODEL, bundle_folder, tracking, version_of

__all__ = ["workspace"]


def test_the_champion_read_by_sql_is_the_one_that_mlflow_names(workspace: TrainedWorkspace) -> None:
    registry = Path(workspace.registry)
    with tracking(registry) as client:
        version = version_of(client, "champion")
        assert version is not None
        folder = bundle_folder(client, version, registry)
    found = find_champion(registry)
    assert found is not None
    assert (found.version, found.bundle) == (version, folder)


def test_the_alias_is_followed_when_it_is_moved_and_when_it_is_deleted(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    registry = workspace.copied_registry(tmp_path)
    with tracking(registry) as client:
        first = client.get_model_version(MODEL, "1")
        client.create_model_version(MODEL, first.source, run_id=first.run_id, model_id=first.model_id)
        for said in ("2", "1", None):
            if said is None:
                client.delete_registered_model_alias(MODEL, "champion")
            else:
                client.set_registered_model_alias(MODEL, "champion", said)
            found = find_champion(registry)
            assert (found and found.version) == version_of(client, "champion") == said


def test_a_deleted_version_is_no_champion(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    registry = workspace.copied_registry(tmp_path)
    with tracking(registry) as client:
        client.delete_model_version(MODEL, "1")
        assert version_of(client, "champion") is None
    assert find_champion(registry) is None


def test_a_moved_registry_is_read_at_its_new_place(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    registry = workspace.copied_registry(tmp_path)
    found = find_champion(registry)
    assert found is not None
    assert found.bundle.is_relative_to(registry)
    assert isinstance(load_scorer(registry, PARAMS), LearnedScorer)


def test_without_a_registry_the_rule_answers_and_says_what_to_do(tmp_path: Path) -> None:
    scorer = load_scorer(tmp_path / "none", PARAMS)
    assert scorer.model == {
        "kind": "rule",
        "version": None,
        "trained_until": None,
        "fallback": {"code": "no_champion", "reason": NO_CHAMPION},
    }
    assert scorer.comparison == {"reason": NO_CHAMPION}
    assert not (tmp_path / "none").exists()


def test_a_registry_that_is_no_database_lets_the_rule_answer(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database")
    scorer = load_scorer(tmp_path, PARAMS)
    assert isinstance(scorer, RuleScorer)
    assert scorer.comparison == {"reason": "the champion cannot be used: file is not a database"}


def test_a_champion_of_which_one_bit_was_flipped_is_not_used(
    workspace: TrainedWorkspace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = workspace.copied_registry(tmp_path)
    broken = _flip_one_bit(registry)
    scorer = load_scorer(registry, PARAMS)
    assert isinstance(scorer, RuleScorer)
    assert scorer.fallback.reason.startswith("the champion cannot be used: this bundle cannot be used")
    assert broken in scorer.fallback.reason
    assert broken in caplog.text


def test_a_champion_whose_features_are_gone_is_not_used(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(PARAMS.read_text().replace("month: 30d", "month: 31d").replace("_30d", "_31d"))
    scorer = load_scorer(Path(workspace.registry), params)
    assert isinstance(scorer, RuleScorer)
    assert "the champion reads features that no longer exist" in scorer.fallback.reason
    assert "feature of the champion is 'active_users_30d'" in scorer.fallback.reason


def test_a_rule_on_a_feature_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"'seat_utilisation_30d'.*did you mean 'seat_utilisation_31d'"):
        load_scorer(tmp_path, PARAMS, ["features.windows.month=31d"])


@pytest.mark.slow
def test_the_service_with_a_broken_champion_starts_and_says_why(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    registry = workspace.copied_registry(tmp_path)
    broken = _flip_one_bit(registry)
    script = (
        "import sys; from starlette.testclient import TestClient; from serving.service import Vitals\n"
        "headers = {'Authorization': 'Bearer ' + sys.argv[1]}\n"
        "with TestClient(Vitals.to_asgi(), headers=headers) as client:\n"
        "    print(client.get('/v1/model').text, client.get('/readyz').text)"
    )
    with opened_store(workspace.store) as store:
        _, key = create_key(store, "broken champion", ["admin"], datetime.now(UTC))
    settings = {
        "VITALS_REGISTRY": str(registry),
        "VITALS_STORE": workspace.store,
        "VITALS_PARAMS": str(PARAMS),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, key],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"kind":"rule"' in done.stdout
    assert broken in done.stdout
    assert '"fallback": "champion_unusable"' in done.stdout


def _flip_one_bit(registry: Path) -> str:
    found = find_champion(registry)
    assert found is not None
    array = max(found.bundle.glob("*.npy"), key=lambda file: file.stat().st_size)
    content = bytearray(array.read_bytes())
    content[len(content) // 2] ^= 1
    array.write_bytes(content)
    return array.name

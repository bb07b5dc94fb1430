"""What docs/operate.md says is done as it stands: backed up and restored, built and served."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from configparser import ConfigParser
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import typer

from serving.access.api_keys import create_key
from serving.history.opened_store import opened_store
from serving.scores.champion import find_champion, load_scorer
from tests.serving.test_service_process import free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS, ROOT, TrainedWorkspace, workspace
from vitals import app

__all__ = ["workspace"]
DOCUMENT = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
OPERATE = ROOT / "docs" / "operate"


def block_of(heading: str, number: int = 0) -> str:
    section = re.split(r"^## ", DOCUMENT, flags=re.MULTILINE)
    [text] = [part for part in section if part.startswith(heading)]
    return re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[number]


def run(script: str, folder: Path, **environment: str) -> str:
    shell = ["bash", "-euo", "pipefail", "-c", script]
    own = {**os.environ, **environment}
    done = subprocess.run(shell, cwd=folder, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def home(workspace: TrainedWorkspace, tmp_path: Path) -> Path:
    """A folder as `/srv/vitals`, with a registry, a store that is written to (its log not yet folded in)."""
    folder = tmp_path / "srv"
    (folder / "data").mkdir(parents=True)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    shutil.copytree(workspace.registry, folder / "mlruns")
    with sqlite3.connect(workspace.store.removeprefix("sqlite:///")) as store:
        store.execute("VACUUM INTO ?", (str(folder / "data" / "vitals.db"),))
    (folder / "data" / "vitals.secret").write_text("s" * 43)
    (folder / "data" / "vitals.secret").chmod(0o600)
    return folder


def test_what_was_backed_up_is_restored_after_everything_was_lost(home: Path) -> None:
    url = f"sqlite:///{home / 'data' / 'vitals.db'}"
    with opened_store(url) as store:  # stays open: the backup is made while Vitals runs
        key, _ = create_key(store, "crm", ["score:read"], datetime.now(UTC))
        before = store.newest_snapshot()
        assert before is not None
        scores = store.all_scores_of(before)
        run(block_of("Back up and restore"), home)
    model = load_scorer(home / "mlruns", PARAMS).model
    assert model["kind"] == "learned"
    shutil.rmtree(home / "data")
    shutil.rmtree(home / "mlruns")
    run(block_of("Back up and restore", 1), home)
    with opened_store(url) as store:
        assert store.newest_snapshot() == before
        assert store.all_scores_of(before) == scores
        with sqlite3.connect(home / "data" / "vitals.db") as plain:
            assert plain.execute("SELECT key_id FROM api_keys").fetchall()[-1] == (key.key_id,)
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert load_scorer(home / "mlruns", PARAMS).model == model
    assert (home / "data" / "vitals.secret").stat().st_mode & 0o077 == 0
    assert (home / "mlruns" / "bundle.key").stat().st_mode & 0o077 == 0


def test_a_restore_takes_back_what_came_after_the_backup(home: Path) -> None:
    url = f"sqlite:///{home / 'data' / 'vitals.db'}"
    run(block_of("Back up and restore"), home)
    with opened_store(url) as store:
        create_key(store, "later", ["score:read"], datetime.now(UTC))
    run(block_of("Back up and restore", 1), home)
    with sqlite3.connect(home / "data" / "vitals.db") as plain:
        assert plain.execute("SELECT count(*) FROM api_keys WHERE name = 'later'").fetchone() == (0,)


def test_a_second_backup_does_not_overwrite_the_first(home: Path) -> None:
    run(block_of("Back up and restore"), home)
    script = ["bash", "-euo", "pipefail", "-c", block_of("Back up and restore")]
    done = subprocess.run(script, cwd=home, capture_output=True, text=True)
    assert done.returncode != 0
    assert "already exists" in done.stderr


def test_the_unit_starts_a_command_that_exists_with_options_that_it_has() -> None:
    unit = ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((OPERATE / "vitals.service").read_text(encoding="utf-8"))
    program, command, *words = unit["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/vitals")
    parsed = typer.main.get_command(app).commands[command]  # type: ignore[attr-defined]
    asked = parsed.make_context(command, words)
    assert asked.params["host"] == "127.0.0.1"
    assert unit["Service"]["KillSignal"] == "SIGTERM"
    if shutil.which("systemd-analyze") is not None:
        subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True)


def test_the_proxy_lets_through_what_the_service_takes_in() -> None:
    from serving.params import ServingParams

    text = (OPERATE / "nginx.conf").read_text(encoding="utf-8")
    allowed = re.search(r"client_max_body_size (\d+)m;", text)
    assert allowed is not None
    assert int(allowed[1]) * 2**20 >= ServingParams().max_predict_bytes
    assert text.count("{") == text.count("}")


def test_every_file_that_the_page_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", DOCUMENT):
        assert (ROOT / "docs" / target).exists(), target


@pytest.mark.long
@pytest.mark.slow
def test_a_bento_is_built_and_serves_from_its_own_files(workspace: TrainedWorkspace, tmp_path: Path) -> None:
    """The Bento's parameters are changed after it was built: what then answers can only be the Bento."""
    own = {**os.environ, "BENTOML_HOME": str(tmp_path / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
    own["PATH"] = f"{Path(sys.executable).parent}:{own['PATH']}"
    own.pop("PYTHONPATH", None)
    tag = run(block_of("In a container"), ROOT, **own).strip().removeprefix("__tag__:")
    [source] = (tmp_path / "bentoml" / "bentos").glob("*/*/src")
    assert not list(source.rglob("*.pyc"))
    assert not (source / "tests").exists()
    params = source / "params.yaml"
    params.write_text(re.sub(r"default_top: \d+", "default_top: 1", params.read_text(encoding="utf-8")))
    words = source / "serving" / "api" / "mounted_app.py"
    words.write_text(words.read_text(encoding="utf-8").replace('"features":', '"of_the_bento":'))
    port, store = free_port(), f"sqlite:///{tmp_path / 'vitals.db'}"
    with opened_store(store) as opened:
        _, key = create_key(opened, "tests", ["admin"], datetime.now(UTC))
    places = {"VITALS_REGISTRY": workspace.registry, "VITALS_STORE": store}
    own["PYTHONPATH"] = str(source)  # before this project, which is installed here and in no image
    command = [sys.executable, "-m", "bentoml", "serve", tag, "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=own | places, stdout=log, stderr=log)
    headers = {"Authorization": f"Bearer {key}"}
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", server)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            assert len(client.get("/v1/catalog").json()["of_the_bento"]) >= 60
            rows = [{"account_id": "Acme", "features": {"seats": 10}}]
            found = client.post("/v1/predict", json={"rows": rows}).json()
            assert len(found["accounts"][0]["drivers"]) == 1
            champion = find_champion(Path(workspace.registry))
            assert champion is not None
            assert found["model"]["version"] == champion.version
            client.get("/v1/accounts/Acme")
            assert "Acme" not in client.get("/metrics").text
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    written = (tmp_path / "server.log").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    calls = [line for line in lines if line["logger"] == "vitals.access"]
    assert [(call["route"], call["status"]) for call in calls] == [
        ("/v1/catalog", 200),
        ("/v1/predict", 200),
        ("/v1/accounts/{account_id}", 404),
    ]
    assert "Acme" not in written

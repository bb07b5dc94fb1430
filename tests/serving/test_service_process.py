"""The service as its own process: what it imports, and that the real server starts, answers and stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import yaml

from serving.access.api_keys import create_key
from serving.history.opened_store import opened_store

ROOT = Path(__file__).resolve().parents[2]
JSON = {"content-type": "application/json"}
TOO_HEAVY = {"lightgbm", "shap", "mlflow", "evidently", "ibis", "sklearn", "duckdb", "matplotlib", "pyspark"}


def test_the_service_process_imports_no_learner_tracker_or_engine() -> None:
    script = (
        "import json, sys; import tests.serving.served_with_fake_scorer as served; served.Vitals.to_asgi(); "
        "served.Vitals(); print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    environment = {**os.environ, "VITALS_STORE": "sqlite://"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    imported = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"bentoml", "pandas"} <= imported
    assert imported & TOO_HEAVY == set()


def test_the_bentofile_names_the_service_and_files_that_exist() -> None:
    from bentoml._internal.bento.build_config import BentoBuildConfig

    document = yaml.safe_load((ROOT / "bentofile.yaml").read_text(encoding="utf-8"))
    config = BentoBuildConfig(**document)
    assert config.service == "serving.service:Vitals"
    assert config.python.requirements_txt is not None
    assert (ROOT / config.python.requirements_txt).is_file()
    assert [name for name in config.include or [] if not (ROOT / name).exists()] == []
    assert "pyproject.toml" in (config.include or [])  # read for the version where nothing is installed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended before it was ready"
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the server was not ready within a minute")


@pytest.mark.slow
def test_the_real_server_starts_answers_and_stops(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "VITALS_STORE": f"sqlite:///{tmp_path / 'vitals.db'}",
        "BENTOML_HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "bentoml", "serve", "tests.serving.served_with_fake_scorer:Vitals"]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    with opened_store(environment["VITALS_STORE"]) as store:
        _, key = create_key(store, "tests", ["admin"], datetime.now(UTC))
    client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
    try:
        wait_until_ready(url, server)
        rows = [{"account_id": "A", "features": {"seat_utilisation": 0.9}}]
        assert client.post("/v1/predict", json={"rows": rows}).json()["accounts"][0]["account_id"] == "A"
        assert client.get("/docs.json").json()["openapi"] == "3.1.0"
        assert "bentoml_service_request_total" in client.get("/metrics").text
        refused = client.post("/v1/predict", content=iter([b" " * 1_000_000] * 9), headers=JSON)
        assert (refused.status_code, refused.headers["content-type"]) == (413, "application/problem+json")
        assert httpx.get(f"{url}/metrics").status_code == 401
        assert client.get("/v1/nothing").json()["errors"][0]["value"] == "/v1/nothing"
    finally:
        client.close()
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    assert "traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8").lower()

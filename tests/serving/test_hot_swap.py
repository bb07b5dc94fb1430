"""The real service under load: a promotion fails no call and mixes none; SIGTERM drains."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from serving.access.api_keys import create_key
from serving.history.store import ScoreStore
from serving.scores.champion import load_scorer
from serving.server import environment
from tests.serving.forged_registry import ForgedRegistry, three_models
from tests.serving.test_service_process import free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS, ROOT

FEATURES = {"seat_utilisation_30d": 0.2, "overdue_days_longest": 12.0, "days_since_last_use": 3.0}
CALL = {"rows": [{"account_id": "A", "features": FEATURES}], "top": 3}


@contextmanager
def served(target: str, registry: Path, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL and the process of `bentoml serve`, which `vitals serve` starts and passes signals on to."""
    port = free_port()
    command = [sys.executable, "-m", "bentoml", "serve", target, "--host", "127.0.0.1", "--port", str(port)]
    store = f"sqlite:///{folder / 'vitals.db'}"
    settings = {**environment(PARAMS, registry, store), "BENTOML_HOME": str(folder)}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, server)
        yield url, server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    assert "traceback" not in (folder / "server.log").read_text(encoding="utf-8").lower()


def numbers(payload: dict[str, Any]) -> tuple[Any, ...]:
    drivers = [(driver["feature"], driver["points"]) for driver in payload["drivers"]]
    return payload["health"], payload["base_health"], payload["other_points"], *drivers


def key_of(folder: Path) -> dict[str, str]:
    """The header of a caller who may do everything."""
    store = ScoreStore(f"sqlite:///{folder / 'vitals.db'}")
    store.prepare()
    _, key = create_key(store, "tests", ["admin"], datetime.now(UTC))
    store.close()
    return {"Authorization": f"Bearer {key}"}


class Asker(threading.Thread):
    """Scores the same row again and again, and keeps every answer."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.client = httpx.Client(base_url=url, headers=headers, timeout=60)
        self.done = threading.Event()
        self.answers: list[tuple[int, Any]] = []

    def run(self) -> None:
        with self.client:
            while not self.done.is_set():
                answered = self.client.post("/v1/predict", json=CALL)
                self.answers.append((answered.status_code, answered.json()))
                time.sleep(0.02)  # no more than a key may

    def versions(self) -> set[str]:
        return {body["model"]["version"] for _, body in self.answers if "model" in body}


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not come about within a minute")


def answers_come_from(version: str, askers: list[Asker]) -> bool:
    return all(version in asker.versions() for asker in askers)


@pytest.mark.long
@pytest.mark.slow
def test_promotions_under_load_fail_no_call_and_mix_no_answer(tmp_path: Path) -> None:
    registry = ForgedRegistry(tmp_path / "mlruns")
    models = three_models()
    expected = {}
    for version, model in models.items():
        registry.add(version, model)
        registry.promote(version)
        [payload] = load_scorer(registry.folder, PARAMS).score(
            pd.DataFrame([{"account_id": "A", **FEATURES}]), 3
        )
        expected[str(version)] = numbers(payload)
    registry.promote(1)
    headers = key_of(tmp_path)
    with served("serving.service:Vitals", registry.folder, tmp_path) as (url, server):
        askers = [Asker(url, headers) for _ in range(3)]
        for asker in askers:
            asker.start()
        try:
            for version in (2, 3, 1):
                registry.promote(version)
                wait_for(partial(answers_come_from, str(version), askers))
            registry.promote(None)
            wait_for(lambda: httpx.get(f"{url}/readyz").json()["model"]["fallback"] == "no_champion")
        finally:
            for asker in askers:
                asker.done.set()
                asker.join()
        metrics = httpx.get(f"{url}/metrics", headers=headers).text
        assert 'vitals_model_fallback{code="no_champion"} 1' in metrics
        assert 'vitals_model_info{kind="rule",version=""} 1' in metrics
        assert server.poll() is None
    answers = [answer for asker in askers for answer in asker.answers]
    assert {status for status, _ in answers} == {200}
    for _, body in answers:
        [payload] = body["accounts"]
        assert payload["model"] == body["model"]
        version = body["model"]["version"]
        if version is None:
            assert body["model"]["fallback"]["code"] == "no_champion"
        else:
            assert numbers(payload) == expected[version]


@pytest.mark.long
@pytest.mark.slow
def test_calls_that_run_at_sigterm_are_answered_and_new_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITALS_TEST_FOLDER", str(tmp_path))
    headers = key_of(tmp_path)
    statuses: list[int] = []
    with served("tests.serving.served_slowly:Vitals", tmp_path / "none", tmp_path) as (url, server):

        def ask(account: str) -> None:
            rows = [{"account_id": account, "features": {"seat_utilisation": 0.5}}]
            answered = httpx.post(f"{url}/v1/predict", json={"rows": rows}, headers=headers, timeout=60)
            statuses.append(answered.status_code)

        askers = [threading.Thread(target=ask, args=(account,)) for account in "ABC"]
        for asker in askers:
            asker.start()
        wait_for(lambda: len(list(tmp_path.glob("begun-*"))) == len(askers))
        server.send_signal(signal.SIGTERM)
        wait_for(partial(is_closed, url))
        (tmp_path / "go").touch()
        for asker in askers:
            asker.join()
        assert server.wait(timeout=60) in (0, -signal.SIGTERM)
    assert statuses == [200] * len(askers)


def is_closed(url: str) -> bool:
    """Whether a new call is refused, or at least not taken any more."""
    try:
        return httpx.get(f"{url}/livez", timeout=1).status_code == 503
    except httpx.TransportError:
        return True

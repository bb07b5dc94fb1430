"""The service with the real scorers, started as `vitals serve` starts it, and asked as a platform asks it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from features.faults import WrongUse
from serving import server
from serving.access.api_keys import create_key
from serving.api.payloads import (
    AccountResponse,
    HealthResponse,
    ModelResponse,
    PortfolioResponse,
    PredictResponse,
)
from serving.history import store
from serving.history.opened_store import opened_store
from serving.server import check_address, check_settings, environment
from tests.serving.test_service_process import TOO_HEAVY, free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS, ROOT, TrainedWorkspace, workspace

__all__ = ["workspace"]
JSON = {"content-type": "application/json"}


def test_a_port_that_is_taken_is_refused_and_a_free_one_is_not() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        with pytest.raises(WrongUse, match=rf"'127.0.0.1:{port}'; allowed: a free port"):
            check_address("127.0.0.1", port)
    check_address("127.0.0.1", port)


def test_an_address_that_is_not_of_this_machine_is_refused() -> None:
    with pytest.raises(
        WrongUse, match=r"'192.0.2.1:3000'; allowed: a free port on an address of this machine"
    ):
        check_address("192.0.2.1", 3000)


def test_settings_with_which_the_service_could_not_start_are_refused(tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(PARAMS.read_text(encoding="utf-8").replace("default_top: 5", "default_top: many"))
    with pytest.raises(WrongUse, match=r"serving.default_top is 'many'"):
        check_settings(params, tmp_path, "sqlite://")
    with pytest.raises(WrongUse, match="the store's URL cannot be used"):
        check_settings(PARAMS, tmp_path, "nonsense")


def test_the_settings_reach_the_service_as_they_were_given() -> None:
    given = environment(Path("p.yaml"), Path("runs"), "sqlite://")
    assert (given["VITALS_PARAMS"], given["VITALS_REGISTRY"], given["VITALS_STORE"]) == (
        "p.yaml",
        "runs",
        "sqlite://",
    )
    assert given["BENTOML_DO_NOT_TRACK"] == "True"
    assert environment(Path("p"), Path("r"), None)["VITALS_STORE"] == "sqlite:///data/vitals.db"


@pytest.mark.parametrize("kind", ["learned", "rule"])
def test_the_real_scorers_import_no_learner_tracker_or_engine(
    workspace: TrainedWorkspace, tmp_path: Path, kind: str
) -> None:
    script = (
        "import json, sys, pandas; from serving import service; service.Vitals.to_asgi(); service.Vitals()\n"
        "scorer = service.mounted.state.resources.scorer; assert scorer.catalog and scorer.comparison\n"
        "scorer.score(pandas.DataFrame({'account_id': ['A'], 'seats': [3.0]}), 5, True)\n"
        "print(json.dumps([scorer.model['kind'], *{name.partition('.')[0] for name in sys.modules}]))"
    )
    registry = Path(workspace.registry) if kind == "learned" else tmp_path
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(PARAMS, registry, "sqlite://"),
        capture_output=True,
        text=True,
        check=True,
    )
    answered, *imported = json.loads(done.stdout.splitlines()[-1])
    assert answered == kind
    assert set(imported) & TOO_HEAVY == set()


@contextmanager
def served(workspace: TrainedWorkspace, folder: Path) -> Iterator[str]:
    """The URL of `vitals serve` in a process of its own, started outside the project's folder."""
    port = free_port()
    command = [sys.executable, "-m", "vitals", "serve", "--port", port, "--params", PARAMS]
    places = ["--registry", workspace.registry, "--store", workspace.store]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [str(word) for word in (*command, *places)],
            cwd=folder,
            env={**os.environ, "BENTOML_HOME": str(folder)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert "traceback" not in (folder / "server.log").read_text(encoding="utf-8").lower()


@pytest.mark.slow
def test_a_published_book_is_served_and_bad_input_is_refused(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    with opened_store(workspace.store) as store:
        _, key = create_key(store, "tests", ["admin"], datetime.now(UTC))
    headers = {"Authorization": f"Bearer {key}"}
    with (
        served(workspace, tmp_path) as url,
        httpx.Client(base_url=url, timeout=60, headers=headers) as client,
    ):
        assert httpx.get(f"{url}/v1/model").status_code == 401
        assert client.get("/livez").status_code == 200
        assert client.get("/docs.json").json()["info"]["title"] == "Vitals"
        _the_answers_have_their_shape(client)
        _predict_scores_rows_of_which_nothing_is_known(client)
        _every_bad_input_is_a_problem(client)
        assert client.get("/readyz").status_code == 200


def _the_answers_have_their_shape(client: httpx.Client) -> None:
    page = PortfolioResponse.model_validate(client.get("/v1/accounts?limit=5").json())
    first = page.accounts[0].account_id
    found = client.post("/v1/health", json={"account_ids": [first]}).json()
    HealthResponse.model_validate(found)
    [account] = found["accounts"]
    points = [account["base_health"], account["other_points"], *(d["points"] for d in account["drivers"])]
    assert sum(Decimal(str(p)) for p in points) == Decimal(str(account["health"]))
    one = client.get(f"/v1/accounts/{first}").json()
    AccountResponse.model_validate(one)
    assert one["health"] == account
    model = client.get("/v1/model").json()
    ModelResponse.model_validate(model)
    assert (model["model"]["kind"], model["model"]["version"]) == ("learned", "1")
    assert len(client.get("/v1/catalog").json()["features"]) >= 60


def _predict_scores_rows_of_which_nothing_is_known(client: httpx.Client) -> None:
    """Of an account of which nothing is known, with and without its segment, whose profile the rule reads."""
    rows = [{"account_id": "A", "features": {}}, {"account_id": "B", "features": {}, "segment": "enterprise"}]
    found = client.post("/v1/predict", json={"rows": rows}).json()
    PredictResponse.model_validate(found)
    unknown, enterprise = found["accounts"]
    for account in (unknown, enterprise):
        assert account["interval"][0] <= account["health"] <= account["interval"][1]
        assert len(account["missing"]) > 60
    assert unknown["coverage"] == enterprise["coverage"] == 0
    assert unknown["rule"]["range"][0] <= enterprise["rule"]["range"][0]


def predict_row(features: str) -> bytes:
    return f'{{"rows": [{{"account_id": "A", "features": {features}}}]}}'.encode()


BAD: list[tuple[str, bytes, int, str, Any, str, str]] = [
    ("/v1/predict", b"rows: 1", 400, "body", "rows: 1", "one JSON document", "line 1, column 1"),
    ("/v1/predict", predict_row('{"seatz": 1}'), 422, "rows[0].features.seatz", 1, "a feature of", "'seats'"),
    (
        "/v1/predict",
        predict_row('{"seats": "ten"}'),
        422,
        "rows[0].features.seats",
        "ten",
        "a finite",
        "send a",
    ),
    (
        "/v1/predict",
        predict_row('{"seats": NaN}'),
        422,
        "rows[0].features.seats",
        "NaN",
        "a finite",
        "send a",
    ),
    (
        "/v1/predict",
        predict_row('{"seats": 1e999}'),
        422,
        "rows[0].features.seats",
        "Infinity",
        "a finite",
        "send a",
    ),
    (
        "/v1/predict",
        b'{"rows": [' + b"0," * 999_999 + b"0]}",
        422,
        "rows",
        "a list of 1000000",
        "a list of 1 to 1000",
        "split it",
    ),
    (
        "/v1/health",
        b'{"account_ids": ["A-999999"]}',
        404,
        "account_id",
        "A-999999",
        "an account scored as of",
        "/v1/accounts",
    ),
    (
        "/v1/health",
        b'{"account_ids": ["A-1"], "as_of": "soon"}',
        422,
        "as_of",
        "soon",
        "a date",
        "leave it out",
    ),
]


def _every_bad_input_is_a_problem(client: httpx.Client) -> None:
    for path, body, status, field, value, allowed, step in BAD:
        answered = client.post(path, content=body, headers=JSON)
        assert (answered.status_code, answered.headers["content-type"]) == (
            status,
            "application/problem+json",
        )
        [error] = answered.json()["errors"]
        assert (error["field"], error["value"]) == (field, value)
        assert allowed in error["allowed"]
        assert step in error["next"]
    row = b'{"account_id": "A", "features": {}},'
    streamed = client.post("/v1/predict", content=(row * 1000 for _ in range(10**6)), headers=JSON)
    assert streamed.status_code == 413
    assert streamed.json()["errors"][0]["next"] == "send fewer rows per call"


def test_the_store_by_default_is_the_one_that_the_store_itself_takes() -> None:
    assert server.DEFAULT_URL == store.DEFAULT_URL

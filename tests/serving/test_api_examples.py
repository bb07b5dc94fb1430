"""The examples of docs/api.md: there is one in each language for every call, and each of them runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving.access.api_keys import create_key
from serving.api.openapi import openapi_document
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.history.opened_store import opened_store
from serving.params import ServingParams
from tests.features.literal_book import Case, at
from tests.serving.test_evidence_route import published
from tests.serving.test_service_process import free_port, wait_until_ready
from tests.serving.trained_workspace import PARAMS, ROOT

DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `([A-Z]+ /\S+)`\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))
CALLS = [
    f"{method.upper()} {path}"
    for path, item in openapi_document(ServingParams())["paths"].items()
    for method in item
]


def blocks(language: str, text: str = DOCUMENT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_an_example_in_both_languages_that_calls_it(call: str) -> None:
    assert call in SECTIONS, f"add a section ## `{call}` with an example in bash and python to docs/api.md"
    path = call.partition(" ")[2]
    in_bash = path.replace("{account_id}", "$ACCOUNT").replace("{case_id}", "$CASE")
    in_python = path.replace("{account_id}", "{account}").replace("{case_id}", "{case}")
    assert f"$VITALS_URL{in_bash}" in "".join(blocks("bash", SECTIONS[call]))
    assert in_python in "".join(blocks("python", SECTIONS[call]))


def test_no_example_is_of_a_call_that_is_gone() -> None:
    assert set(SECTIONS) == set(CALLS)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the examples need: a real server, a key, an account with evidence, and (soon) its first case."""
    folder = tmp_path_factory.mktemp("examples")
    url, port = f"sqlite:///{folder / 'vitals.db'}", free_port()
    with opened_store(url) as store:
        _, key = create_key(store, "examples", ["admin"], datetime.now(UTC))
        notes = {"notes": [{"happened_at": at(3), "text": "They are piloting another platform."}]}
        published(store, Case("A-000017", notes))
        people = {"name": "Acme", "owner": "csm-1", "director": "dir-1", "vp": "vp-1"}
        with store.writing() as connection:
            keep_people(connection, BookPeople([{"account_id": "A-000017", **people}], []))
    places = ["--params", str(PARAMS), "--registry", str(folder), "--store", url]
    command = [sys.executable, "-m", "vitals", "serve", "--port", str(port), *places]
    own = {**os.environ, "BENTOML_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(address, server)
        yield own | {"VITALS_URL": address, "VITALS_KEY": key, "ACCOUNT": "A-000017", "CASE": "C-000001"}
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


@pytest.mark.slow
def test_every_example_runs_as_it_stands(environment: dict[str, str], tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(f"{block}echo" for block in blocks("bash"))
    for command in (["bash", "-c", script], [sys.executable, "-c", "\n".join(blocks("python"))]):
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        assert done.stdout

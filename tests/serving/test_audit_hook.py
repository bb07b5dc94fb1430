"""The hook that listens in every test of the service hears what it should, and not a test's own doing."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading

import pytest
from starlette.testclient import TestClient

from serving import service
from serving.api.answering import Resources
from tests.serving.audit_hook import AuditHook
from tests.serving.fake_scorer import FakeScorer

ROWS = {"rows": [{"account_id": "A", "features": {}}]}


def test_what_a_test_does_itself_is_not_held_against_it(audit: AuditHook) -> None:
    pickle.loads(pickle.dumps(OSError("of the test's own")))
    subprocess.run([sys.executable, "-c", ""], check=True)
    assert audit.seen == []


def test_a_thread_of_nobody_is_heard(audit: AuditHook) -> None:
    thread = threading.Thread(target=os.system, args=("true",))
    thread.start()
    thread.join()
    assert audit.seen == [("os.system", "")]
    audit.seen.clear()


@pytest.mark.parametrize(
    ("event", "source"),
    [
        ("pickle.find_class", "import pickle; pickle.loads(pickle.dumps(OSError('x')))"),
        ("subprocess.Popen", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"),
        ("os.system", "import os; os.system('true')"),
        ("socket.connect", "import socket; s = socket.socket(); s.connect_ex(('127.0.0.1', 9)); s.close()"),
    ],
)
def test_what_a_call_sets_off_in_the_service_is_heard(
    client: TestClient, audit: AuditHook, event: str, source: str
) -> None:
    code = compile(source, str(service.__file__), "exec")

    class Treacherous(FakeScorer):
        def score(self, *args: object) -> list[dict[str, object]]:  # type: ignore[override]
            exec(code, {})
            return []

    held = service.mounted.state.resources
    service.mounted.state.resources = Resources(Treacherous(), held.store, held.limits)
    client.post("/v1/predict", json=ROWS)
    assert (event, str(service.__file__)) in audit.seen
    audit.seen.clear()


def test_a_plain_call_sets_off_nothing(client: TestClient, audit: AuditHook) -> None:
    assert client.post("/v1/predict", json=ROWS).status_code == 200
    assert audit.seen == []

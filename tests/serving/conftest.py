from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.exceptions import StarletteDeprecationWarning

from serving import service
from serving.access.access import Access
from serving.access.api_keys import create_key
from serving.api.answering import Resources
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from tests.serving import fake_scorer
from tests.serving.audit_hook import AuditHook

with warnings.catch_warnings():
    # Starlette's test client asks for httpx2, which the locked packages do not have yet.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

Publish = Callable[..., Snapshot]
NewKey = Callable[..., str]
SEGMENTS = ("enterprise", "smb")


def scored_book(accounts: int = 6) -> list[ScoredAccount]:
    """Accounts A-000001 … whose health rises with their number, with names in two languages."""
    ids = [f"A-{number:06d}" for number in range(1, accounts + 1)]
    rows = pd.DataFrame({"account_id": ids, "seat_utilisation": [n / accounts for n in range(accounts)]})
    payloads = fake_scorer.FakeScorer().score(rows, top=3, explain=True)
    return [ScoredAccount(_details(n, payload), payload) for n, payload in enumerate(payloads)]


def _details(number: int, payload: dict[str, Any]) -> dict[str, Any]:
    name = f"阿尔法公司 {number}" if number % 3 == 0 else f"Beta 100% Ltd {number}"
    return {
        "name": name,
        "owner": f"csm-{number % 2}",
        "segment": SEGMENTS[number % 2],
        "account_id": payload["account_id"],
    }


AUDIT = AuditHook()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Listens while the test's own code runs, and not while fixtures train models or start servers."""
    AUDIT.listen()
    try:
        return (yield)
    finally:
        AUDIT.stop()


@pytest.fixture
def audit() -> Iterator[AuditHook]:
    """The test may set off no unpickling, no other process and no connection (`audit_hook.py`)."""
    yield AUDIT
    assert AUDIT.seen == []


@pytest.fixture(autouse=True)
def _audited(request: pytest.FixtureRequest) -> None:
    """So in every test that calls the running service, whether it asks for `audit` or not."""
    if "running" in request.fixturenames:
        request.getfixturevalue("audit")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ScoreStore]:
    made = ScoreStore(f"sqlite:///{tmp_path / 'vitals.db'}")
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def publish(store: ScoreStore) -> Publish:
    def published(
        accounts: int | list[ScoredAccount] = 6, as_of: str = "2026-10-31", hour: int = 3
    ) -> Snapshot:
        return store.publish_snapshot(
            scored_book(accounts) if isinstance(accounts, int) else accounts,
            as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
            published_at=datetime(2026, 11, 1, hour, tzinfo=UTC),
            model=fake_scorer.MODEL,
            data_fingerprint="sha256:0001",
        )

    return published


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The real ASGI app of the service. Its metrics can be registered only once in a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "open_scorer", fake_scorer.FakeScorer)
        patch.setenv("VITALS_STORE", f"sqlite:///{tmp_path_factory.mktemp('running') / 'vitals.db'}")
        with TestClient(service.Vitals.to_asgi(), raise_server_exceptions=False) as started:
            yield started


@dataclass
class Clock:
    """The time that the door of the tests goes by; a test sets it on."""

    now: datetime = datetime(2026, 11, 1, 9, tzinfo=UTC)
    ticks: float = 0.0

    def goes_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_key(store: ScoreStore, clock: Clock) -> NewKey:
    """Makes keys of the test's store: `new_key("score:read", owner="csm-1")` is the key's text."""

    def made(*scopes: str, name: str = "crm", **rest: Any) -> str:
        return create_key(store, name, scopes, clock.now, **rest)[1]

    return made


@pytest.fixture
def client(running: TestClient, store: ScoreStore, clock: Clock, new_key: NewKey) -> Iterator[TestClient]:
    """The running service, on the store of the test and with the tests' scorer, called with an admin's key.

    A test that calls with another key, or none, sets or deletes the header `Authorization`.
    """
    state = service.mounted.state
    held, access = state.resources, state.access
    state.resources = Resources(fake_scorer.FakeScorer(), store, service.LIMITS)
    often = service.LIMITS.model_copy(update={"calls_at_once": 10**9})
    state.access = Access(store, b"s" * 32, often, lambda: clock.now, lambda: clock.ticks)
    running.headers["Authorization"] = f"Bearer {new_key('admin', name='tests')}"
    running.cookies.clear()
    yield running
    running.headers.pop("Authorization", None)
    state.resources, state.access = held, access

"""Service and watcher as real processes, killed with SIGKILL at random moments while answers come in.

    python -m tests.serving.kill_runs --kills 1000 [--store postgresql+psycopg://…]     (make kill-test)

Counted at the end: answers that were acknowledged and are not in the store, alarms that were not delivered,
cases too many, and messages of which the receiver saw two under different ids.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import httpx
from sqlalchemy import select

from serving.answers.survey_tables import survey_responses
from serving.closed_loop.book_people import BookPeople, keep_people
from serving.closed_loop.case_tables import cases
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.dispatcher import deliver_due
from serving.delivery.outbox_tables import outbox
from serving.delivery.webhooks import add_endpoint
from serving.history.store import ScoreStore
from tests.serving.killed_service import serve
from tests.serving.killed_watcher import watch
from tests.serving.receivers import Receiver, receiver

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.serving.killed_service", "tests.serving.killed_watcher"])
PARAMS = DeliveryParams(allow_networks=("127.0.0.1/32",), timeout_seconds=2)
ACCOUNTS = 100_000


@dataclass
class Killed:
    """A process that is started, and killed and started again.

    It is forked by a server that has imported what it needs: an import of two seconds would be most of what
    is killed, and there is nothing in it to be lost.
    """

    run: Callable[..., None]
    words: tuple[Any, ...]
    process: BaseProcess | None = None

    def start(self) -> None:
        self.process = FORKED.Process(target=self.run, args=self.words, daemon=True)
        self.process.start()

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.join()


@dataclass
class Poster:
    """Sends answers one after the other, each until it is acknowledged, whatever becomes of the service."""

    url: str
    number: int
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    def run(self) -> None:
        turn = 0
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not self.stop.is_set():
                turn += 1
                self._send(client, f"R-{self.number}-{turn}", f"A-{self.number}-{turn}")

    def _send(self, client: httpx.Client, response_id: str, account_id: str) -> None:
        body = {"response_id": response_id, "account_id": account_id, "role": "decision_maker", "score": 1}
        body |= {"kind": "nps", "touchpoint": "relational", "scale_min": 0, "scale_max": 10}
        while not self.stop.is_set():
            try:
                headers = {"Idempotency-Key": response_id}
                answered = client.post(f"{self.url}/v1/survey-responses", json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answered.status_code == 200:
                self.acknowledged.append(response_id)
                return
            if answered.status_code not in (409, 500, 503):  # still running, or killed in the middle
                self.refused.append(answered.status_code)
                return
            time.sleep(0.05)


def run(url: str, kills: int, seed: int, pause: float = 0.5) -> Counter[str]:
    """Kills so many times; counts of what was lost or doubled (0 each, or it is a fault), and done."""
    rng, stop = random.Random(seed), threading.Event()
    with receiver() as there:
        store = prepared(url, there.url)
        port = free_port()
        service = Killed(serve, (port, url))
        watchers = [Killed(watch, (url,)) for _ in range(2)]
        posters = [Poster(f"http://127.0.0.1:{port}", number, stop) for number in range(4)]
        threads = [threading.Thread(target=poster.run) for poster in posters]
        for process in (service, *watchers):
            process.start()
        wait_until_up(port)
        for thread in threads:
            thread.start()
        try:
            for done in range(kills):
                if done % 50 == 0:
                    print(f"{done:,} of {kills:,} kills", file=sys.stderr, flush=True)
                there.script.extend(rng.choices((500, 0, -3, 503), k=rng.randint(0, 3)))
                time.sleep(rng.random() * pause)
                victim = rng.choice((service, service, *watchers))
                victim.kill()
                victim.start()
                if victim is service:
                    wait_until_up(port)
            time.sleep(pause)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            for process in (service, *watchers):
                process.kill()
        there.script.clear()
        _drain(store)
        return _counted(store, posters, there)


def prepared(url: str, hook: str) -> ScoreStore:
    store = ScoreStore(url)
    store.prepare()
    who: dict[str, Any] = {"name": None, "owner": "csm-1", "director": None, "vp": None}
    accounts = [{"account_id": f"A-{p}-{turn}", **who} for p in range(4) for turn in range(1, ACCOUNTS // 40)]
    with store.writing() as connection:
        keep_people(connection, BookPeople(accounts, []))
        add_endpoint(connection, hook, "generic", ["p0"], None, PARAMS, datetime.now(UTC))
    return store


def _drain(store: ScoreStore) -> None:
    """What is left to send, at a moment when every claim of a dead sender has run out."""
    later = datetime.now(UTC)
    for _ in range(20):
        later += timedelta(minutes=10)
        while deliver_due(store, PARAMS, later):
            pass


def _counted(store: ScoreStore, posters: list[Poster], there: Receiver) -> Counter[str]:
    acknowledged = [response for poster in posters for response in poster.acknowledged]
    with store.begin() as connection:
        kept = set(connection.scalars(select(survey_responses.c.response_id)))
        accounts = list(connection.scalars(select(cases.c.account_id)))
        told = list(connection.scalars(select(outbox.c.message_id).where(outbox.c.type == "p0.opened")))
    store.close()
    found = Counter(there.ids)
    return Counter(
        {
            "answers lost": len(set(acknowledged) - kept),
            "answers refused": sum(len(poster.refused) for poster in posters),
            "alarms lost": len(set(told) - set(found)),
            "cases too many": len(accounts) - len(set(accounts)),
            "alarms without a case": abs(len(told) - len(accounts)),
            "acknowledged": len(acknowledged),
            "alarms": len(told),
            "deliveries": sum(found.values()),
        }
    )


def free_port() -> int:
    """A port below those that systems give to outgoing calls: while the service is down nobody takes it."""
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("none of a hundred ports is free")


def wait_until_up(port: int) -> None:
    for _ in range(1200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/docs.json", trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("the service did not come up within a minute")


LOST = ("answers lost", "answers refused", "alarms lost", "cases too many", "alarms without a case")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--store", help="a database URL; left out: a SQLite file made for it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = run(asked.store or f"sqlite:///{folder}/vitals.db", asked.kills, asked.seed)
    print(f"{asked.kills:,} kills: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
    return int(any(counts[what] for what in LOST) or not counts["acknowledged"])


if __name__ == "__main__":
    sys.exit(main())

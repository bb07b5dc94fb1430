"""From a detractor's answer to the delivered alarm: 50 answers a second, service and watcher as processes.

    python benchmarks/alarm_latency.py [--rate 50] [--seconds 30] [--store URL]

The time runs from the moment the answer is sent until the receiver has the webhook's body.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the processes of the tests

from tests.serving.kill_runs import Killed, free_port, prepared, wait_until_up
from tests.serving.killed_service import serve
from tests.serving.killed_watcher import watch
from tests.serving.receivers import Receiver, receiver


class Timed(list):  # type: ignore[type-arg]
    """The calls of a receiver, each with the moment it came."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, float] = {}

    def append(self, call: object) -> None:
        account = json.loads(call[1])["data"]["account_id"]  # type: ignore[index]
        self.at.setdefault(account, time.monotonic())
        super().append(call)


def measured(url: str, rate: int, seconds: int, there: Receiver) -> tuple[list[float], int]:
    """The seconds of each alarm, and how many answers were not acknowledged."""
    calls = Timed()
    there.calls = calls
    port = free_port()
    prepared(url, there.url).close()
    processes = [Killed(serve, (port, url)), Killed(watch, (url,))]
    for process in processes:
        process.start()
    wait_until_up(port)
    time.sleep(3)
    sent: dict[str, float] = {}
    failed = threading.Semaphore(0)
    limits = httpx.Limits(max_keepalive_connections=32)
    with httpx.Client(timeout=30, trust_env=False, limits=limits) as client, ThreadPoolExecutor(32) as pool:

        def send(number: int) -> None:
            account = f"A-{number % 4}-{number // 4 + 1}"
            body = {"account_id": account, "role": "decision_maker", "score": 1, "kind": "nps"}
            body |= {"touchpoint": "relational", "scale_min": 0, "scale_max": 10}
            sent[account] = time.monotonic()
            headers = {"Idempotency-Key": f"k-{number}"}
            if client.post(
                f"http://127.0.0.1:{port}/v1/survey-responses", json=body, headers=headers
            ).is_error:
                failed.release()

        begun = time.monotonic()
        for number in range(rate * seconds):
            time.sleep(max(begun + number / rate - time.monotonic(), 0))
            pool.submit(send, number)
    end = time.monotonic() + 60
    while len(calls.at) < len(sent) and time.monotonic() < end:
        time.sleep(0.1)
    for process in processes:
        process.kill()
    lost = len(sent) - len(calls.at)
    return [at - sent[account] for account, at in calls.at.items()] + [float("inf")] * lost, lost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--store")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, receiver() as there:
        url = asked.store or f"sqlite:///{folder}/vitals.db"
        took, lost = measured(url, asked.rate, asked.seconds, there)
    p50, p99 = np.quantile(took, [0.5, 0.99], method="higher")
    told = f"{len(took):,} answers at {asked.rate}/s: {p50:.2f} s median, {p99:.2f} s p99, {max(took):.2f} s"
    print(f"{told} longest, {lost} not delivered")


if __name__ == "__main__":
    main()

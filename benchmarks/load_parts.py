"""The four parts of `under_load.py`: each puts the service under load, and says which bars were missed."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import httpx
import numpy as np
import psutil

from benchmarks.load_figures import Part, growth, milliseconds, statuses, times, wrong
from benchmarks.loaded_service import LIVEZ, Service, Workbench, serving
from benchmarks.open_callers import Call, Plan, calling
from benchmarks.steady_callers import measure

AT_ONCE = 16  # callers in turn whose calls a second are the capacity
FRESH = 0.3  # of the calls at a SIGTERM open a connection of their own
DRAIN = 30.0  # seconds that serving.server_process gives calls to end
FLAT = 0.02  # of the resident memory, in half an hour
HALF_AN_HOUR = 1800.0


@dataclass(frozen=True)
class Size:
    """How long and how often."""

    seconds: float = 60.0
    times: int = 100
    minutes: float = 30.0
    measuring: float = 6.0  # seconds, of the capacity
    seed: int = 7
    share: float = 0.5  # of the capacity, while memory is watched
    busy: float = 0.33  # of the capacity, while it is stopped or swaps models


def overload(bench: Workbench, size: Size) -> Part:
    """Five times the calls that can be answered."""
    part = Part("overload")
    with serving(bench) as service:
        used = service.used()
        rate, answers = capacity(service, bench, size.measuring)
        used = service.used() - used
        calm, _ = called(service, bench, rate / 10, size.seconds / 2, size.seed)
        waited, flooded = service.waited(), service.used()
        flood, alive = called(service, bench, 5 * rate, size.seconds, size.seed + 1)
        waited, flooded = service.waited() - waited, service.used() - flooded
    before, accepted = times(calm, 200), times(flood, 200)
    refused, probed = times(flood, 429, 503), times(alive, 200)
    answered = sum(c.status == 200 for c in flood)
    part.told = {
        "per second": {k: round(v) for k, v in (("capacity", rate), ("offered", len(flood) / size.seconds))}
        | {"answered": round(answered / size.seconds)},
        "per second of its processor time": {
            "capacity": round(answers / used),
            "overload": round(answered / flooded),
        },
        "unloaded ms": before,
        "accepted ms": accepted,
        "accepted p99 / unloaded p99": round(accepted["p99"] / before["p99"], 2),
        "refused ms": refused,
        "/livez ms": probed,
        "callers late ms": milliseconds([c.sent - c.due for c in flood]),
        "it waited for a processor": f"{waited / size.seconds:.0%} of the time",
        "ended": statuses(flood),
    }
    part.bar("accepted p99 at most twice the unloaded p99", accepted["p99"] <= 2 * before["p99"])
    part.bar("99 of 100 refusals within 50 ms", refused["p99"] < 50)
    part.bar("/livez: 200 within 100 ms", probed["max"] < 100 and set(statuses(alive)) == {"200"})
    part.bar("refusals leave at least half its time to answers", answered / flooded >= answers / used / 2)
    part.bar("nothing but answers and refusals", set(statuses(flood)) <= {"200", "429", "503"})
    part.bar("every answer is right", wrong(flood, [bench.answers()]) == 0)
    return part


def sigterms(bench: Workbench, size: Size) -> Part:
    """SIGTERM again and again; the callers never pause."""
    part, draw = Part("sigterms"), np.random.default_rng(size.seed)
    ends: list[tuple[int, float]] = []
    asked: list[float] = []
    with serving(bench) as service:
        rate = size.busy * capacity(service, bench, size.measuring)[0]
        plan = Plan(service.port, bench.requests, rate, fresh=FRESH, seed=size.seed)
        with calling(plan) as callers:
            for number in range(size.times):
                time.sleep(draw.uniform(0.3, 1.0))
                asked.append(time.monotonic())
                ends.append(service.end())
                say(f"SIGTERM {number + 1} of {size.times}: {ends[-1][0]} after {ends[-1][1]:.1f} s")
                service.start()
            [calls] = callers.stop()
    lost = [c.sent - max((at for at in asked if at <= c.sent), default=0.0) for c in calls if c.status < 0]
    off = wrong(calls, [bench.answers()])
    part.told = {"SIGTERMs": size.times, "exit codes": dict(Counter(str(code) for code, _ in ends))}
    part.told |= {"longest end s": round(max(took for _, took in ends), 2), "ended": statuses(calls)}
    part.told |= {
        "lost": len(lost),
        "of them, seconds after a SIGTERM": [round(x, 3) for x in lost],
        "wrong": off,
    }
    part.bar("no call is lost", not lost)
    part.bar("every answer is right", off == 0)
    part.bar("nothing but answers and refusals", all(c.status <= 0 or c.status in (200, 503) for c in calls))
    part.bar("it ends with 0 in the time to drain", all(c == 0 and took < DRAIN for c, took in ends))
    part.bar("calls were answered", sum(c.status == 200 for c in calls) >= size.times)
    return part


def swaps(bench: Workbench, size: Size) -> Part:
    """Two champions in turn."""
    if bench.forged is None:
        raise SystemExit("swaps promotes forged models: leave --registry out")
    part, right = Part("swaps"), {}
    for version in (2, 1):
        bench.forged.promote(version)
        right[str(version)] = bench.answers()
    with serving(bench) as service:
        rate = size.busy * capacity(service, bench, size.measuring)[0]
        with calling(Plan(service.port, bench.requests, rate, seed=size.seed)) as callers:
            for number in range(size.times):
                version = 2 - number % 2
                bench.forged.promote(version)
                seen = _answers_come_from(service, str(version))
                say(f"swap {number + 1} of {size.times}: {version} after {seen:.1f} s")
            [calls] = callers.stop()
    by = {v: sum(c.status == 200 for c in calls) - wrong(calls, [answers]) for v, answers in right.items()}
    off = wrong(calls, list(right.values()))
    part.told = {
        "swaps": size.times,
        "ended": statuses(calls),
        "answers by version": by,
        "mixed or wrong": off,
    }
    part.bar("nothing but answers and refusals", set(statuses(calls)) <= {"200", "503"})
    part.bar("every answer is wholly of one model", off == 0)
    part.bar("both models answered", min(by.values()) > 0)
    return part


def _answers_come_from(service: Service, version: str) -> float:
    """Waits until the service says so; seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < 60:
        found = httpx.get(f"http://127.0.0.1:{service.port}/readyz", trust_env=False).json()
        if found["model"]["version"] == version:
            return time.monotonic() - begun
        time.sleep(0.05)
    raise SystemExit(f"version {version} does not answer within a minute")


def memory(bench: Workbench, size: Size) -> Part:
    """Half the capacity, for long."""
    part, at, resident = Part("memory"), [], []
    with serving(bench) as service:
        rate = size.share * capacity(service, bench, size.measuring)[0]
        process = psutil.Process(service.process.pid)
        with calling(Plan(service.port, bench.requests, rate, seed=size.seed)) as callers:
            begun = time.monotonic()
            while (now := time.monotonic() - begun) < 60 * size.minutes:
                at.append(now)
                resident.append(process.memory_info().rss / 2**20)
                if len(at) % 60 == 0:
                    say(f"{now / 60:.0f} of {size.minutes:g} minutes: {resident[-1]:.1f} MB")
                time.sleep(1.0)
            [calls] = callers.stop()
    late = len(at) // 3
    low, fitted, high = growth(at[late:], resident[late:], HALF_AN_HOUR)
    mean = float(np.mean(resident[late:]))
    part.told = {"minutes": size.minutes, "calls per second": round(rate), "share of capacity": size.share}
    part.told |= {"resident MB": {"first": round(resident[0], 1), "last": round(resident[-1], 1)}}
    part.told |= {"growth in half an hour MB (95 %)": [round(x, 2) for x in (low, fitted, high)]}
    part.told |= {"growth %": round(100 * fitted / mean, 2), "at most %": round(100 * high / mean, 2)}
    part.told |= {"ended": statuses(calls)}
    part.bar(f"half an hour adds less than {FLAT:.0%}, to the end of the interval", high < FLAT * mean)
    part.bar("nothing but answers and refusals", set(statuses(calls)) <= {"200", "503"})
    return part


def capacity(service: Service, bench: Workbench, seconds: float) -> tuple[float, int]:
    """Answers a second to callers who wait for theirs; how many there were, to warm up included."""
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        asked = [
            apart.submit(measure, service.port, bench.requests[0], AT_ONCE, 10**9, most).result()
            for most in (1.0, seconds)
        ]
    found = asked[-1]
    say(f"capacity {found.per_second:.0f}/s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return found.per_second, sum(one.calls for one in asked)


def called(service: Service, bench: Workbench, rate: float, seconds: float, seed: int) -> list[list[Call]]:
    """The calls of so many seconds, and those to /livez meanwhile, each on a connection of its own."""
    say(f"{rate:.0f} calls a second for {seconds:.0f} s")
    plan = Plan(service.port, bench.requests, rate, seed=seed)
    with calling(plan, Plan(service.port, (LIVEZ,), 10.0, fresh=1.0, seed=seed)) as callers:
        time.sleep(seconds)
        return callers.stop()


def say(text: str) -> None:
    """Progress, beside what is measured."""
    print(f"  {text}", file=sys.stderr, flush=True)

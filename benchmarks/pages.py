"""How long the pages take on the server, and how large they are, with many accounts.

    python benchmarks/pages.py [--accounts 5000] [--reads 60] [--looks 7]

A book is made of drawn features, scored by the rule and published twice, a week apart, with themes and a past
as training keeps one. Every page is then read through the door, as a person's browser would, `reads` times,
each time with another filter, order, account or weights; and, where Chromium is installed, drawn `looks`
times. On a busy machine go by the median and by the time of the processor. Sizes are without compression.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.drawn_registry import drawn_registry
from features.catalog import load_catalog
from features.params import RuleParams, Windows
from features.params_file import DEFAULT_PARAMS, read_section
from features.text.themes import THEMES
from serving.access.access import Access
from serving.access.api_keys import create_key
from serving.access.key_door import KeyDoor
from serving.api.answering import Resources
from serving.api.front_door import BodyGate
from serving.api.mounted_app import mounted_app
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.pages.portfolio_query import SORTS
from serving.pages.static_files import static_files
from serving.pages.warming import PageWarming
from serving.params import ServingParams
from serving.scores.rule_scorer import RuleScorer
from serving.themes.theme_tables import ThemeMentions, keep_themes

RULE = read_section(Path(__file__).resolve().parents[1] / DEFAULT_PARAMS, "rule", RuleParams)
SENTENCE = "They are piloting another platform, and the renewal is open."
TIMES = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const painted = performance.getEntriesByName('first-contentful-paint')[0];
  const others = performance.getEntriesByType('resource');
  const beside = others.reduce((sum, each) => sum + each.decodedBodySize, 0);
  return {painted: painted ? painted.startTime : page.domComplete, loaded: page.loadEventEnd,
          page: page.decodedBodySize, beside};
}"""
OWNERS, SEGMENTS = 40, ("enterprise", "mid", "smb")


def publish(store: ScoreStore, accounts: int, as_of: str, seed: int) -> None:
    """One snapshot of a drawn book: a fifth of the measures is missing."""
    rng = np.random.default_rng(seed)
    catalog = load_catalog(Windows())
    drawn = {f.name: _values(rng, f.range, accounts) for f in catalog}
    rows = pd.DataFrame({"account_id": [f"A-{n:06d}" for n in range(accounts)], **drawn})
    segment = rng.choice(SEGMENTS, accounts)
    scorer = RuleScorer(RULE, Windows())
    scored = [
        ScoredAccount(_details(n, str(segment[n]), rng), payload)
        for n, payload in enumerate(scorer.score(rows.assign(segment=segment), 5, True))
    ]
    store.publish_snapshot(
        scored,
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=scorer.model,
        data_fingerprint=as_of,
        inputs=ScoreInputs.of(rows, RULE),
    )


def _values(rng: np.random.Generator, span: Any, accounts: int) -> Any:
    low, high = span[0] or 0.0, span[1] if span[1] is not None else 30.0
    values = rng.uniform(low, high, accounts)
    return np.where(rng.random(accounts) < 0.2, np.nan, values)


def _details(n: int, segment: str, rng: np.random.Generator) -> dict[str, Any]:
    parent = f"A-{rng.integers(n):06d}" if n and rng.random() < 0.1 else None
    owner = f"csm-{n % OWNERS:02d}"
    return {
        "name": f"Account {n} 有限公司",
        "segment": segment,
        "owner": owner,
        "mrr": round(float(rng.lognormal(7, 1)), 2),
        "parent_account_id": parent,
    }


def themes(store: ScoreStore, accounts: int, snapshot: Snapshot) -> None:
    """Mentions of themes in the texts of a third of the accounts."""
    rng, days = np.random.default_rng(5), snapshot.as_of[:8]
    said = {}
    for n in range(0, accounts, 3):
        names = rng.choice(list(THEMES), 3)
        said[f"A-{n:06d}"] = [
            [
                str(name),
                "notes",
                f"N-{n}-{k}",
                "user",
                f"{days}{k + 1:02d}",
                f"{days}{k + 1:02d}",
                SENTENCE,
                0,
                4,
                None,
            ]
            for k, name in enumerate(names)
        ]
    with store.writing() as connection:
        keep_themes(connection, snapshot.id, ThemeMentions(365, said), 1)


def pages(accounts: int, reads: int) -> dict[str, list[str]]:
    """What is read of each page."""
    order = list(SORTS)
    portfolio = [
        f"/?sort={order[n % len(order)]}&page={1 + n % 9}&q={'' if n % 3 else n}" for n in range(reads)
    ]
    ids = [f"/accounts/A-{(n * 37) % accounts:06d}" for n in range(reads)]
    parts = {"account": "", "measures": "/records", "change": "/change", "brief": "/brief"}
    parts |= {"path to green": "/path-to-green"}
    of_themes = [f"period={30 + 3 * n}" for n in range(min(reads, 50))]
    weights = [f"usage={n % 60 + 1}&voice=30&commercial={n % 7}&service=20" for n in range(reads)]
    return (
        {"portfolio": ["/", *portfolio]}
        | {name: [each + part for each in ids] for name, part in parts.items()}
        | {"themes": [f"/themes?{each}" for each in of_themes]}
        | {"sentences": [f"/themes/sentences?{each}&limit=50" for each in of_themes]}
        | {"loop": ["/kpis"] * reads, "model": ["/model"] * reads}
        | {"weights": [f"/weights?{each}" for each in weights]}
        | {"their effect": [f"/weights/effect?{each}" for each in weights]}
    )


def served(accounts: int, folder: Path) -> tuple[ScoreStore, Any, str]:
    """A store with two snapshots, the app behind its door, and a key that may do everything."""
    store = ScoreStore(f"sqlite:///{folder}/vitals.db")
    store.prepare()
    for as_of, seed in (("2026-10-24", 1), ("2026-10-31", 2)):
        publish(store, accounts, as_of, seed)
    newest = store.newest_snapshot()
    assert newest
    themes(store, accounts, newest)
    limits = ServingParams(calls_at_once=10**6)
    app = mounted_app(limits)
    app.state.access = Access(store, b"s" * 32, limits)
    registry = drawn_registry(folder / "mlruns", accounts, RULE)
    scorer = RuleScorer(RULE, Windows())
    app.state.resources = Resources(scorer, store, limits, registry=registry, rule=RULE)
    began = time.process_time()
    PageWarming(lambda: app.state.resources).look()
    print(f"a new snapshot is read ahead in {time.process_time() - began:.1f} s of the processor")
    key = create_key(store, "bench", ["admin"], datetime.now(UTC))[1]
    return store, BodyGate(KeyDoor(app, lambda: app.state.access), 65_536), key


def read(door: Any, key: str, asked: dict[str, list[str]]) -> None:
    """A line per page: milliseconds of the clock and of the processor, and the largest answer."""
    from starlette.testclient import TestClient

    client = TestClient(door)
    client.headers["Authorization"] = f"Bearer {key}"
    print(f"{'page':<16}{'first':>9}{'p50':>9}{'p95':>9}{'cpu p50':>10}{'cpu p95':>10}{'largest':>12}")
    for name, paths in asked.items():
        took, busy, sizes = [], [], []
        for path in paths:
            began, worked = time.perf_counter(), time.process_time()
            found = client.get(path)
            took.append(1000 * (time.perf_counter() - began))
            busy.append(1000 * (time.process_time() - worked))
            sizes.append(len(found.content))
            assert found.status_code == 200, (path, found.status_code, found.text[:300])
        p50, p95 = np.percentile(took[1:], [50, 95])
        cpu50, cpu95 = np.percentile(busy[1:], [50, 95])
        times = f"{took[0]:>6.0f} ms{p50:>6.0f} ms{p95:>6.0f} ms{cpu50:>7.0f} ms{cpu95:>7.0f} ms"
        print(f"{name:<16}{times}{max(sizes):>10,} B")


def drawn(door: Any, key: str, asked: dict[str, list[str]], looks: int) -> None:
    """A line per page, in Debian's Chromium: until it was drawn and loaded, and what it loads."""
    import uvicorn

    from tests.serving.pages.chromium import browser, why_not
    from tests.serving.pages.pictures import sign_in

    if reason := why_not():
        print(f"\nnot drawn: {reason}")
        return
    server = uvicorn.Server(uvicorn.Config(door, "127.0.0.1", 0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    print(f"\nin Chromium, median of {looks}, from the click on:")
    print(f"{'page':<16}{'painted':>10}{'loaded':>10}{'first load':>14}{'later':>12}")
    with browser() as started:
        for name, paths in asked.items():
            if name == "their effect":
                continue  # a part of a page
            page = started.new_page(viewport={"width": 1200, "height": 900})
            sign_in(page, url, key)
            seen = []
            for path in paths[:looks]:
                page.goto(url + path, wait_until="load")
                seen.append(page.evaluate(TIMES))
            fresh = started.new_page()  # with nothing kept yet
            sign_in(fresh, url, key)
            fresh.goto(url + paths[0], wait_until="load")
            whole = fresh.evaluate(TIMES)
            painted, loaded = (float(np.median([each[k] for each in seen])) for k in ("painted", "loaded"))
            later = max(each["page"] for each in seen)
            sizes = f"{whole['page'] + whole['beside']:>12,} B{later:>10,} B"
            print(f"{name:<16}{painted:>7.0f} ms{loaded:>7.0f} ms{sizes}")
            page.close()
            fresh.close()
    server.should_exit = True
    thread.join()


def main() -> None:
    """Prints a line per page, read on the server and drawn in a browser."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--accounts", type=int, default=5_000)
    options.add_argument("--reads", type=int, default=60)
    options.add_argument("--looks", type=int, default=7, help="of each page in the browser; 0: none")
    given = options.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        store, door, key = served(given.accounts, Path(folder))
        beside = sum(len(file.content) for file in static_files().values())
        print(f"{given.accounts:,} accounts; beside the page itself {beside:,} bytes are loaded, once")
        asked = pages(given.accounts, given.reads)
        read(door, key, asked)
        if given.looks:
            drawn(door, key, asked, given.looks)
        store.close()


if __name__ == "__main__":
    main()

"""How long the pages take on the server, and how large they are, with many accounts.

    python benchmarks/pages.py [--accounts 10000] [--reads 60]

A book is made of drawn features, scored by the rule and published twice, a week apart. Every page is then
read through the door, as a person's browser would: the first time (the snapshot is read whole) and `reads`
times more, of the portfolio each time with another filter, order or page. Sizes are without compression.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from features.catalog import load_catalog
from features.params import RuleParams, Windows
from features.params_file import DEFAULT_PARAMS, read_section
from serving.access.access import Access
from serving.access.api_keys import create_key
from serving.access.key_door import KeyDoor
from serving.answering import Resources
from serving.mounted_app import mounted_app
from serving.pages.portfolio_query import SORTS
from serving.pages.static_files import static_files
from serving.params import ServingParams
from serving.rule_scorer import RuleScorer
from serving.score_inputs import ScoreInputs
from serving.store import ScoredAccount, ScoreStore

RULE = read_section(Path(__file__).resolve().parents[1] / DEFAULT_PARAMS, "rule", RuleParams)
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


def pages(accounts: int, reads: int) -> dict[str, list[str]]:
    """What is read of each page."""
    order = list(SORTS)
    portfolio = [
        f"/?sort={order[n % len(order)]}&page={1 + n % 9}&q={'' if n % 3 else n}" for n in range(reads)
    ]
    ids = [f"/accounts/A-{(n * 37) % accounts:06d}" for n in range(reads)]
    parts = {"account": "", "measures": "/records", "change": "/change", "brief": "/brief"}
    return {"portfolio": ["/", *portfolio]} | {k: [each + part for each in ids] for k, part in parts.items()}


def main() -> None:
    """Prints a line per page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=10_000)
    options.add_argument("--reads", type=int, default=60)
    given = options.parse_args()
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

    with tempfile.TemporaryDirectory() as folder:
        store = ScoreStore(f"sqlite:///{folder}/vitals.db")
        store.prepare()
        for as_of, seed in (("2026-10-24", 1), ("2026-10-31", 2)):
            publish(store, given.accounts, as_of, seed)
        limits = ServingParams(calls_at_once=10**6)
        app = mounted_app(limits)
        app.state.access = Access(store, b"s" * 32, limits)
        app.state.resources = Resources(RuleScorer(RULE, Windows()), store, limits)
        client = TestClient(KeyDoor(app, lambda: app.state.access))
        key = create_key(store, "bench", ["admin"], datetime.now(UTC))[1]
        client.headers["Authorization"] = f"Bearer {key}"
        beside = sum(len(file.content) for file in static_files().values())
        print(f"{given.accounts:,} accounts; beside the page itself {beside:,} bytes are loaded, once")
        print(f"{'page':<12}{'first':>9}{'p50':>9}{'p95':>9}{'largest':>12}")
        for name, paths in pages(given.accounts, given.reads).items():
            took, sizes = [], []
            for path in paths:
                began = time.perf_counter()
                found = client.get(path)
                took.append(1000 * (time.perf_counter() - began))
                sizes.append(len(found.content))
                assert found.status_code == 200, (path, found.status_code)
            p50, p95 = np.percentile(took[1:], [50, 95])
            print(f"{name:<12}{took[0]:>6.0f} ms{p50:>6.0f} ms{p95:>6.0f} ms{max(sizes):>9,} B")
        store.close()


if __name__ == "__main__":
    main()

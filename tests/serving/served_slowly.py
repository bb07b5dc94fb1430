"""The service with a scorer that waits to be let go, so that it can be stopped in the middle of calls.

`VITALS_TEST_FOLDER`: each call leaves a file there as it begins, and goes on once a file `go` is there.
"""

import os
import time
from pathlib import Path
from typing import Any

from serving import service
from serving.scores.feature_rows import FeatureRows, Rows
from tests.serving.fake_scorer import FakeScorer

FOLDER = Path(os.environ.get("VITALS_TEST_FOLDER", "."))


class SlowScorer(FakeScorer):
    def score(self, rows: Rows, top: int, explain: bool) -> list[dict[str, Any]]:
        (FOLDER / f"begun-{FeatureRows.of(rows, self.feature_names).account_ids[0]}").touch()
        for _ in range(2_000):
            if (FOLDER / "go").exists():
                break
            time.sleep(0.01)
        return super().score(rows, top, explain)


service.open_scorer = SlowScorer
Vitals = service.Vitals

"""Every benchmark that the README names starts as it is named there: as a file, from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
STARTED = sorted(path.name for path in FOLDER.glob("*.py") if "__main__" in path.read_text(encoding="utf-8"))


NEEDS_SPARK = "spark_growth.py"


@pytest.mark.long
@pytest.mark.parametrize("name", STARTED)
def test_a_benchmark_starts_from_any_folder(name: str, tmp_path: Path) -> None:
    if name == NEEDS_SPARK and find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed here: make spark")
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, str(FOLDER / name), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_there_are_benchmarks_to_start() -> None:
    assert {"features.py", "quality.py", "drivers.py", "nps_intervals.py"} <= set(STARTED)


def test_worlds_in_which_no_peer_was_fitted_are_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from world_report import report

    rows = [
        {"world": world, "churn": 0.08, "accounts": 50, "kind": kind, "model": model}
        | {"attained": 0.5 + world / 10, "loss": 0.3, "error": 0.1, "covered": 0.9, "width": 0.3}
        for world, kind in enumerate(("rule_right", "rule_wrong"))
        for model in ("rule", "learned")
    ]
    told = "\n".join(report(pd.DataFrame(rows)))
    assert "2 worlds" in told
    assert "all        attained      50  +0.0000" in told
    assert "above the best single peer" in told

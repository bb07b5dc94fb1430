"""A folder in which documents' commands run: exports of a small book, parameters that make training short."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import yaml

from tests.documents.shown_commands import ROOT
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

BOOK = SimulationParams(accounts=80, months=32, annual_churn=0.35, paths=128)
TRAINING = {"warm_up": "60d", "test_months": 1, "bootstrap": 100}
LEARNER = {"rounds": 10, "bags": 1, "folds": 2, "leaves": [4], "rows_in_leaf": 20}


def make_workspace(folder: Path) -> None:
    """`exports/` as CSV and Parquet, `data/book` with its truth, `params.yaml` and the profiles."""
    simulate_book(BOOK, folder / "data" / "book")
    (folder / "exports").mkdir()
    for table in (folder / "data" / "book").glob("*.parquet"):
        if table.stem == "usage":  # by far the longest: as Parquet it is inspected in no time
            shutil.copy(table, folder / "exports")
        else:
            pd.read_parquet(table).to_csv(folder / "exports" / f"{table.stem}.csv", index=False)
    (folder / "profiles").mkdir()
    for name in ("params.yaml", *(f"profiles/{path.name}" for path in (ROOT / "profiles").glob("*.yaml"))):
        (folder / name).write_text(_made_light(ROOT / name), encoding="utf-8")


def _made_light(params: Path) -> str:
    document = yaml.safe_load(params.read_text(encoding="utf-8"))
    document["training"] |= TRAINING
    document["training"]["learner"] |= LEARNER
    return yaml.safe_dump(document, allow_unicode=True)

"""Simulated worlds as a monitor sees them: learned from, then looked at four and eight weeks later.

Each world is a book of so many accounts. Its model is made at the start of month 32, from the as-of dates at
months 6, 12 and 19, all mature by then; a first model, of month 6 alone, foretells month 19 out of time. (Of
a shifted world, month 19 alone teaches the model, and nothing is foretold.) The market of a *shifted* world
shifts on the very day the model is made (`training.simulation.market_shift`); a *calm* one goes on, long
enough for the outcomes of that day to mature. The learner is the product's pool, of fewer rounds, so that a
hundred worlds can be drawn in an hour.

What is drawn is kept in a file per world: `part` says what a row is there for (`tested`, `cohort`, `day_0`,
`day_28`, `day_56`), with its features, the churn probability `p`, and `days_to_churn` (NaN: none in a year).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import ibis
import numpy as np
import pandas as pd

from features.catalog import load_catalog
from features.params import FeatureParams
from features.snapshot import build_snapshot
from features.warehouse import IBIS_TYPES, warehouse
from training.all_params import AllParams
from training.labels import churn_labels, days_to_churn, read_churns, read_starts, still_customers
from training.outcome_tables import ALL_TABLES
from training.params import TrainingParams
from training.pool import PoolModel, fit_pool
from training.simulation.book import _tables
from training.simulation.params import SimulationParams
from training.simulation.table_files import write_table
from training.simulation.world import draw_world

BEGINS = pd.Timestamp("2023-02-01", tz="UTC")
ORIGIN, COHORTS, MADE, MATURE = 6, (6, 12, 19), 32, 45
LOOKS = (28, 56)
LEARNER = {"rounds": 100, "bags": 1, "folds": 3, "leaves": [4]}


@dataclass(frozen=True)
class DrawnWorld:
    """`size`: of the shift, in standard deviations; 0: a calm world."""

    seed: int
    size: float
    accounts: int = 1_000

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.accounts}-{self.size:g}-{self.seed}"

    def rows(self, kept: Path) -> pd.DataFrame:
        """Its rows, from the folder `kept` where they have been drawn before."""
        file = kept / f"{self.name}.parquet"
        if not file.exists():
            kept.mkdir(parents=True, exist_ok=True)
            drawn = self._draw(AllParams.read(Path(__file__).resolve().parents[1] / "params.yaml"))
            drawn.to_parquet(file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)
        return pd.read_parquet(file)

    def _world(self) -> SimulationParams:
        months = MADE + 2 if self.size else MATURE
        end = (BEGINS + pd.DateOffset(months=months)).date()
        size = {"shift_months": 2, "shift_size": self.size} if self.size else {}
        return SimulationParams(accounts=self.accounts, months=months, seed=self.seed, end_date=end, **size)

    def _draw(self, params: AllParams) -> pd.DataFrame:
        made = BEGINS + pd.DateOffset(months=MADE)
        cohorts = COHORTS[-1:] if self.size else COHORTS  # of a shifted world nothing is expected
        parts = {f"month_{month}": BEGINS + pd.DateOffset(months=month) for month in cohorts}
        parts |= {"day_0": made, **{f"day_{days}": made + pd.Timedelta(days=days) for days in LOOKS}}
        rows, churns = _rows(self._world(), list(parts.values()), params.features)
        rows["part"] = rows["as_of"].map({date: part for part, date in parts.items()})
        rows["days_to_churn"] = days_to_churn(rows, churns, 365)
        label = churn_labels(rows, churns, 365, 30, made)  # as they were known on the day it was made
        cohort, origin = rows["part"].str.startswith("month_"), rows["part"] == f"month_{cohorts[0]}"
        newest = rows[rows["part"] == f"month_{COHORTS[-1]}"]
        looks = rows[rows["part"].str.startswith("day_")]
        final = _fitted(rows[cohort], label[cohort], params)
        found = [newest.assign(part="cohort", p=final.probability(newest))]
        found.append(looks.assign(p=final.probability(looks)))
        if not self.size:
            first = _fitted(rows[origin], label[origin], params)
            found.append(newest.assign(part="tested", p=first.probability(newest)))
        return pd.concat(found, ignore_index=True)


def _fitted(rows: pd.DataFrame, churned: pd.Series, params: AllParams) -> PoolModel:
    training: TrainingParams = params.training
    learner = training.learner.model_copy(update=LEARNER)
    catalog = load_catalog(params.features.windows)
    return fit_pool(
        rows, churned, catalog, params.rule, learner, training.seed, lambda _: None, training.prior
    )


def _rows(
    world: SimulationParams, dates: list[pd.Timestamp], params: FeatureParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the customers at each date, and all churns. The simulator's tables need no checks."""
    with tempfile.TemporaryDirectory() as scratch:
        drawn, connection = draw_world(world), ibis.duckdb.connect()
        connection.raw_sql("SET TimeZone = 'UTC'")
        connection.raw_sql("SET threads = 1")
        tables = {}
        for name, parts in _tables(drawn):
            file = Path(scratch) / f"{name}.parquet"
            write_table(ALL_TABLES[name], parts, drawn.end, file)
            raw = connection.read_parquet(file)
            columns = {
                c.name: (raw[c.name] if c.name in raw.columns else ibis.null()).cast(IBIS_TYPES[c.kind])
                for c in ALL_TABLES[name].columns
            }
            tables[name] = raw.select(**columns).cache()
        rows = build_snapshot(warehouse(tables), dates, params)
        segments = tables["accounts"].select("account_id", "segment").to_pandas()
        churns, starts = read_churns(tables), read_starts(tables)
    rows["segment"] = rows["account_id"].map(segments.set_index("account_id")["segment"])
    rows = rows[still_customers(rows, churns, starts)].reset_index(drop=True)
    numbers = rows.columns.difference(["account_id", "as_of", "segment"])
    return rows.astype(dict.fromkeys(numbers, np.float64)), churns

"""Makes a simulated book: one Parquet file per canonical table, and the planted truth beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from features.faults import Fault, WrongUse
from training.outcome_tables import ALL_TABLES
from training.simulation.arrays import Columns
from training.simulation.billing import invoices_table
from training.simulation.contracts import draw_seats, subscriptions_table
from training.simulation.customers import accounts_table
from training.simulation.losses import churns_table
from training.simulation.notes import notes_table
from training.simulation.params import SimulationParams
from training.simulation.people import contacts_table, draw_people
from training.simulation.renewals import renewals_table
from training.simulation.surveys import surveys_table
from training.simulation.table_files import write_table
from training.simulation.tickets import tickets_table
from training.simulation.truth_files import write_truth
from training.simulation.use import usage_by_month
from training.simulation.world import World, draw_world


@dataclass(frozen=True)
class SimulationSummary:
    """What was made: the folder, rows per table, realised annual churn (share of active accounts
    lost in full per year), and the AUC of the true 365-day probabilities against what happened
    (NaN where the book is too short for a date to mature)."""

    out: Path
    rows: dict[str, int]
    annual_churn: float
    truth_auc: float

    def as_dict(self) -> dict[str, object]:
        """Plain values, fit for JSON; `truth_auc` is None where no date has matured."""
        auc = None if math.isnan(self.truth_auc) else self.truth_auc
        return {
            "out": str(self.out),
            "rows": self.rows,
            "annual_churn": self.annual_churn,
            "truth_auc": auc,
        }

    def as_text(self) -> str:
        """What was made, for people."""
        rows = "\n".join(f"  {name:<14}{count:>10,} rows" for name, count in self.rows.items())
        return f"{self.out}: a simulated book, {self.annual_churn:.1%} of accounts lost a year\n{rows}"


def simulate_book(
    params: SimulationParams, out: Path, progress: Callable[[str], None] | None = None
) -> SimulationSummary:
    """Writes the book of `params` into the folder `out`, and the truth into `out/truth`.

    The same parameters give the same files to the byte. Files of an earlier book are replaced.
    `progress` is called with a line for each table begun.

    Raises:
        WrongUse: `out` is a file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = simulate_book(SimulationParams(accounts=20, months=3), Path(folder))
    >>> made.rows["accounts"] <= 20, sorted(made.rows)[:3]
    (True, ['accounts', 'churns', 'contacts'])
    """
    if out.is_file():
        raise WrongUse(
            "The book has nowhere to go.",
            [Fault("out", str(out), "a folder", "name a folder that exists or can be made")],
        )
    tell = progress or (lambda line: None)
    tell("drawing accounts, their latent states and their outcomes")
    world = draw_world(params)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    rows = {}
    for name, parts in _tables(world):
        tell(f"writing {name}")
        rows[name] = write_table(ALL_TABLES[name], parts, world.end, out / f"{name}.parquet")
    tell("working out the true churn probabilities")
    annual_churn, auc = write_truth(world, out / "truth")
    return SimulationSummary(out, rows, annual_churn, auc)


def _tables(world: World) -> Iterable[tuple[str, Iterable[Columns]]]:
    """Every canonical table, made when its turn comes."""
    people, seats = draw_people(world), draw_seats(world)
    notes = notes_table(world)
    tickets = tickets_table(world, people, seats)
    yield "accounts", [accounts_table(world.params, world.customers)]
    yield "contacts", [contacts_table(world, people)]
    yield "subscriptions", [subscriptions_table(world, seats)]
    yield "renewals", [renewals_table(world)]
    yield "churns", [churns_table(world, seats)]
    yield "invoices", [invoices_table(world, seats)]
    yield "tickets", [tickets]
    yield "notes", [notes]
    yield "surveys", [surveys_table(world, people, tickets, notes)]
    yield "usage", usage_by_month(world, seats)

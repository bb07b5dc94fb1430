"""Reads the planted truth of a simulated book."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.faults import DataFault, Fault, WrongUse

FILES = ("probabilities.parquet", "noise.json", "world.json")
KEYS = ["account_id", "as_of"]
HORIZON = 365
NEXT = "vitals simulate --out DIR makes a book with its truth; or vitals audit --worlds 12, without a book"


@dataclass(frozen=True)
class BookTruth:
    """`rows`: account_id, as_of (UTC), p_churn_365d, and a share of the log-odds for each of `families`, less
    its mean over the book's account-dates: against the portfolio, as drivers are. `noise`: `noise.json`."""

    rows: pd.DataFrame
    families: tuple[str, ...]
    noise: dict[str, Any]

    @property
    def dates(self) -> list[pd.Timestamp]:
        """The as-of dates that have a truth, in order."""
        return sorted(pd.to_datetime(self.rows["as_of"].unique(), utc=True))

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The truth of these rows (account_id, as_of), in their order; NaN where there is none."""
        keys = rows[KEYS].astype({"account_id": str})
        return keys.merge(self.rows, on=KEYS, how="left", validate="one_to_one")


def read_truth(book: Path) -> BookTruth:
    """The truth beside a book's tables.

    Raises WrongUse where there is none (real exports have none), DataFault where it is damaged.
    """
    folder = book / "truth"
    lacking = [name for name in FILES if not (folder / name).is_file()]
    if lacking:
        faults = [
            Fault("truth", str(folder / name), "a file that vitals simulate wrote", NEXT) for name in lacking
        ]
        raise WrongUse("this book has no planted truth to be audited against", faults)
    try:
        rows = pd.read_parquet(folder / "probabilities.parquet")
        families = tuple(json.loads((folder / "world.json").read_text(encoding="utf-8"))["families"])
        noise = json.loads((folder / "noise.json").read_text(encoding="utf-8"))
        effects = rows[[f"effect_{name}" for name in families]]
        told = rows[[*KEYS, "p_churn_365d"]].assign(
            as_of=pd.to_datetime(rows["as_of"], utc=True).astype("datetime64[ns, UTC]"),
            account_id=rows["account_id"].astype(str),
            **{name: effects[f"effect_{name}"] - effects[f"effect_{name}"].mean() for name in families},
        )
        return BookTruth(told, families, {key: noise[key] for key in ("answers", "themes")})
    except (OSError, ValueError, KeyError, TypeError) as error:
        fault = Fault("truth", f"{folder}: {error}"[:300], "the files that vitals simulate wrote", NEXT)
        raise DataFault("the planted truth of this book cannot be read", [fault]) from error

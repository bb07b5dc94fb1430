"""An export holds what was known when it was made: five rows in, the answer out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.source_tables import INVOICES, SURVEYS
from training.simulation.arrays import Columns
from training.simulation.table_files import arrow_table, known_by, write_table

END = np.datetime64("2026-11-01T00:00:00", "s")


def times(*texts: str) -> np.ndarray:
    return np.array([text or "NaT" for text in texts], dtype="datetime64[s]")


def surveys() -> Columns:
    """Answered; silent; answered on the boundary; answered, but keyed in after the end; sent at the end."""
    n = 5
    return {
        "response_id": np.array([f"R-{i}" for i in range(n)], dtype=object),
        "account_id": np.array(["A-1"] * n, dtype=object),
        "kind": np.array(["nps"] * n, dtype=object),
        "touchpoint": np.array(["relational"] * n, dtype=object),
        "score": np.array([9.0, np.nan, 3.0, 4.0, np.nan]),
        "scale_min": np.zeros(n),
        "scale_max": np.full(n, 10.0),
        "comment": np.array(["good", None, "bad", "bad", None], dtype=object),
        "sent_at": times("2026-10-01", "2026-10-01", "2026-10-01", "2026-10-01", "2026-11-01"),
        "responded_at": times("2026-10-02", "", "2026-11-01", "2026-10-02", ""),
        "recorded_at": times("", "", "", "2026-11-01", ""),
    }


def test_facts_of_the_end_or_later_are_not_in_the_export() -> None:
    known = known_by(SURVEYS, surveys(), END)
    assert list(known["response_id"]) == ["R-0", "R-1", "R-2"]
    assert list(known["comment"]) == ["good", None, None]
    assert known["score"][0] == 9
    assert np.isnan(known["score"][1:]).all()
    assert list(np.isnat(known["responded_at"])) == [False, True, True]


def test_cutting_twice_cuts_no_more() -> None:
    once = known_by(SURVEYS, surveys(), END)
    twice = known_by(SURVEYS, once, END)
    assert arrow_table(SURVEYS, once).equals(arrow_table(SURVEYS, twice))


def test_times_are_written_in_utc_and_nothing_as_empty(tmp_path: Path) -> None:
    assert write_table(SURVEYS, [surveys()], END, tmp_path / "surveys.parquet") == 3
    written = pq.read_table(tmp_path / "surveys.parquet")
    assert written.schema.field("sent_at").type == pa.timestamp("us", tz="UTC")
    assert written.column("score").null_count == 2
    assert "contact_id" not in written.column_names


def test_a_required_column_that_holds_nothing_is_refused() -> None:
    invoice: Columns = {
        "invoice_id": np.array(["I-1"], dtype=object),
        "account_id": np.array(["A-1"], dtype=object),
        "amount": np.array(["much"], dtype=object),
        "issued_at": times("2026-10-01"),
        "due_at": times("2026-10-31"),
    }
    with pytest.raises(pa.ArrowInvalid, match="much"):
        arrow_table(INVOICES, invoice)

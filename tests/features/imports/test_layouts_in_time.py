"""An export of last year tells what the export of today tells of last year: nothing more, nothing less."""

from __future__ import annotations

from pathlib import Path

import ibis
import pandas as pd
import pytest

from features.cut_tables import cut_at
from features.imports.run import import_exports
from tests.features.imports.literal_exports import write_export
from training.outcome_tables import ALL_TABLES

# What the export of a date can be made of: its histories up to then. A state without a history is not of
# them (who pays when, which title somebody has), so only these tables can be compared.
TOLD_BY_HISTORY = {
    "zendesk": (("tickets", "surveys"), ("2024-05-02", "2024-05-05", "2024-05-12", "2024-06-18")),
    "hubspot": (("renewals",), ("2024-12-10", "2024-12-28")),
    "salesforce": (("renewals", "contacts"), ("2024-12-10", "2024-12-28", "2025-01-25")),
    "stripe": (("subscriptions",), ("2024-05-02", "2024-09-15")),
}
pytestmark = pytest.mark.slow


def known_at(book: Path, name: str, date: str) -> pd.DataFrame:
    """The rows of a table as far as they were known before the date, in their order."""
    connection = ibis.duckdb.connect()
    whole = connection.read_parquet(book / f"{name}.parquet")
    whole = whole.mutate(recorded_at=ibis.null("timestamp('UTC')"))
    rows = cut_at({name: whole}, pd.Timestamp(date, tz="UTC"))[name].to_pandas()
    return rows.sort_values(list(ALL_TABLES[name].key)).reset_index(drop=True).astype(str)


@pytest.mark.long
@pytest.mark.parametrize("system", sorted(TOLD_BY_HISTORY))
def test_the_export_of_a_date_and_the_later_export_agree_on_it(tmp_path: Path, system: str) -> None:
    today = write_export(tmp_path / "today", system)
    import_exports(system, today / system, tmp_path / "book", ALL_TABLES)
    tables, dates = TOLD_BY_HISTORY[system]
    for date in dates:
        then = write_export(tmp_path / date, system, known_before=date)
        import_exports(system, then / system, tmp_path / date / "book", ALL_TABLES)
        for name in tables:
            if not (tmp_path / date / "book" / f"{name}.parquet").exists():
                assert known_at(tmp_path / "book", name, date).empty
                continue
            now, before = (known_at(folder / "book", name, date) for folder in (tmp_path, tmp_path / date))
            pd.testing.assert_frame_equal(now, before)

"""The checks of a book on a cluster say what they say on one machine, and what is missing is said soon."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from features.faults import DataFault
from features.params import CheckParams
from features.source_checks import check_book
from features.source_tables import SOURCE_TABLES
from tests.spark.standalone_cluster import standalone_cluster

pytestmark = [
    pytest.mark.spark,
    # pyspark leaves sockets to the garbage collector, and uses what pandas is about to drop.
    *map(pytest.mark.filterwarnings, ("ignore::ResourceWarning", "ignore::DeprecationWarning")),
    *map(pytest.mark.filterwarnings, ("ignore::FutureWarning", "ignore::UserWarning")),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ANY_SHARE = CheckParams(max_faulty_share=1.0)
ACCOUNTS = """account_id,created_at,is_key,name
A-1,2026-01-31T09:30:00Z,true,"two
lines, ""quoted"" here"
A-2,2026-01-31,false,
A-3,2026-01-31 09:30:00+02:00,yes,
A-4,2026-01-31T09:30:00Z,,
A-4,2026-01-31T09:30:00Z,,
A-5,2026-01-31T09:30:00Z,,one
A-5,2026-01-31T09:30:00Z,,another
,2026-01-31T09:30:00Z,,
"""
USAGE = """account_id,user_id,occurred_at,module,feature,quantity
A-1,U-1,2026-02-01T09:30:00.123456Z,core,login,1
A-1,U-1,2026-02-30T09:30:00Z,core,login,1
A-1,U-2,2026-02-01T09:30:00Z,core,login,"1,000"
A-1,U-2,2026-02-01T09:30:00Z,core,login,1_000
A-1,U-2,2026-02-01T09:30:00Z,core,login,5d
A-1,U-2,2026-02-01T09:30:00Z,core,login,-1
A-1,U-2,2026-02-01T09:30:00Z,core,login,NaN
A-9,U-2,2026-02-01T09:30:00Z,core,login,1
A-2,U-2,2026-02-01T09:30:00Z,core,login,1
"""


def test_every_fault_of_a_book_is_found_as_on_one_machine(session: Any, tmp_path: Path) -> None:
    from features.spark_book import open_book_on_spark

    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "usage.csv").write_text(USAGE)
    here = check_book(tmp_path, SOURCE_TABLES, max_faulty_share=1.0)
    there = open_book_on_spark(str(tmp_path), ANY_SHARE, session)
    assert [table.as_dict() for table in there.report.tables] == [t.as_dict() for t in here.report.tables]
    assert sum(table.rejected for table in there.report.tables) == 14
    kept = there.source["usage"].select("account_id", "quantity", "occurred_day").to_pandas()
    assert kept.to_numpy().tolist() == [["A-1", 1.0, 20485]]


def test_a_book_without_accounts_is_refused(session: Any, tmp_path: Path) -> None:
    from features.spark_book import open_book_on_spark

    (tmp_path / "usage.csv").write_text(USAGE)
    with pytest.raises(DataFault, match="accounts is 'missing'"):
        open_book_on_spark(str(tmp_path), ANY_SHARE, session)


def test_too_many_faulty_rows_are_refused(session: Any, tmp_path: Path) -> None:
    from features.spark_book import open_book_on_spark

    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    with pytest.raises(DataFault, match="faulty rows"):
        open_book_on_spark(str(tmp_path), CheckParams(), session)


def test_a_damaged_file_is_refused_without_a_word_of_what_it_holds(session: Any, tmp_path: Path) -> None:
    from features.spark_book import open_book_on_spark

    (tmp_path / "accounts.parquet").write_bytes(b"secret words of a customer")
    with pytest.raises(DataFault, match=r"accounts.parquet is '.*'; allowed: a whole Parquet file") as raised:
        open_book_on_spark(str(tmp_path), ANY_SHARE, session)
    assert "secret" not in str(raised.value)


NO_WORKER = """
import sys
from features import spark_session
from features.faults import WrongUse

spark_session.ANSWERED_WITHIN = 10
try:
    spark_session.spark_session(spark_session.Cluster(sys.argv[1]))
except WrongUse as refused:
    print(refused)
"""


@pytest.mark.usefixtures("master")  # only where a cluster is asked for
def test_a_master_without_workers_is_refused_in_time(tmp_path: Path) -> None:
    """In a process of its own: a process has one Spark session, and this one's is another master's."""
    with standalone_cluster(tmp_path, workers=0) as alone:
        asked = [sys.executable, "-c", NO_WORKER, alone]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=True)
    assert "a worker that takes a job within 10 seconds" in done.stdout

"""A file that cannot be read is one clear fault: never a traceback, never a customer's words."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.faults import DataFault
from tests.features.small_books import check

HEADER = "account_id,created_at,name"
ROW = "A-1,2026-01-01T00:00:00Z,Acme"

LATIN, UTF16 = f"{HEADER}é\n{ROW}\n".encode("latin-1"), f"{HEADER}\n{ROW}\n".encode("utf-16")
LATIN_ROW = "\n".join([HEADER, *[ROW] * 400, "é,,", ""]).encode("latin-1")
LONG_ROW, SHORT_ROW = f"{HEADER}\n{ROW}\nA-2,,x,SECRET\n".encode(), f"{HEADER}\n{ROW}\nSECRET\n".encode()
OPEN_QUOTE = f'{HEADER}\n{ROW}\nA-2,,"SECRET\n'.encode()
NAME_THEM = (
    "distinct column names. Next: give every column a name of its own, in the first line, and check again"
)
SAVE_UTF8 = "UTF-8 text. Next: save the file as UTF-8 and check again"
QUOTE = "3 cells in every line, as in the header. Next: put cells that hold a comma into double quotes"
CLOSE = "CSV with commas, closed double quotes, one kind of line end, lines under 2 MB. Next: mend that line"
BAD_FILES = {
    "empty": (b"", f"accounts.csv is 'empty'; allowed: {NAME_THEM}"),
    "no header names": (b"a,A,\n1,2,3\n", f"accounts.csv is \"'a', 'A', ''\"; allowed: {NAME_THEM}"),
    "latin-1 header": (LATIN, f"accounts.csv is 'not UTF-8'; allowed: {SAVE_UTF8}"),
    "latin-1 row": (LATIN_ROW, f"accounts.csv is 'not UTF-8 in line 402'; allowed: {SAVE_UTF8}"),
    "utf-16": (UTF16, f"accounts.csv is 'not UTF-8'; allowed: {SAVE_UTF8}"),
    "too long": (LONG_ROW, f"accounts.csv is '4 cells in line 3'; allowed: {QUOTE}"),
    "too short": (SHORT_ROW, f"accounts.csv is '1 cells in line 3'; allowed: {QUOTE}"),
    "open quote": (OPEN_QUOTE, f"accounts.csv is 'unreadable in line 3'; allowed: {CLOSE}"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_csv_file_that_cannot_be_read_is_one_clear_fault(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "accounts.csv").write_bytes(content)
    checked = check(tmp_path)
    (fault,) = checked.report.fatal
    assert message in str(fault)
    assert "SECRET" not in checked.report.as_text()  # a customer's words do not get into messages
    assert checked.tables == {}
    with pytest.raises(DataFault, match=r"The book .* cannot be used"):
        checked.raise_if_fatal()


def whole_parquet() -> bytes:
    sink = pa.BufferOutputStream()
    rows = {"account_id": [f"A-{n}" for n in range(999)], "created_at": ["2026-01-01T00:00:00Z"] * 999}
    pq.write_table(pa.table(rows), sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def damaged(content: bytes) -> bytes:
    """The footer is whole and the pages are not: it fails only when rows are read."""
    return content[:4] + b"\xff" * 600 + content[604:]


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"account_id\nA-1\n", whole_parquet()[:-9], damaged(whole_parquet())]
)
def test_a_parquet_file_that_cannot_be_read_is_one_clear_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "accounts.parquet").write_bytes(content)
    assert [str(fault) for fault in check(tmp_path).report.fatal] == [
        "accounts.parquet is 'unreadable'; allowed: a whole Parquet file. "
        "Next: export the table again; the file is damaged or of another format"
    ]

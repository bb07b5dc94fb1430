"""An import of which no account is left: every other table would refer to nothing, so it is refused."""

from __future__ import annotations

from features.faults import Fault
from features.imports.opened_sources import Opened

CAUSE = "do the conditions and lookups of the mapping fit this export, and is it of the system it is for?"


def empty_accounts(there: Opened, written: int) -> list[Fault]:
    """The fault of an export whose files of accounts have rows, where none of them was `written`.

    A file with a header alone is an answer, and no fault: there are no accounts.
    """
    sources = {there.spec.base_of(part.source) for part in there.spec.tables.get("accounts", ())}
    rows = sum(int(there.exports[source].count().to_pyarrow().as_py()) for source in sources)
    if written or not rows:
        return []
    files = sorted({there.spec.file_of(source) for source in sources})
    told = [str(each) for each in there.remarks if each.left_out and each.file in files]
    return [
        Fault(
            "accounts",
            "0 rows",
            f"one at least of the {rows:,} in {', '.join(files)}",
            "; ".join(told) or CAUSE,
        )
    ]

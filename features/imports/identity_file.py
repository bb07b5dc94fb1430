"""The identity map: which key of which system is which account, as a person wrote it."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from pathlib import Path

from features.faults import DataFault, Fault, WrongUse, nearest

COLUMNS = ("account_id", "system", "key")


def read_identity(
    path: Path | None, systems: Collection[str], accounts: Collection[str]
) -> Mapping[str, Mapping[str, str]]:
    """For each system, its keys and the accounts they are; rows without an account_id say nothing yet.

    The list of unmatched accounts that an import writes is such a file once its account_ids are filled
    in. Raises WrongUse where it is no such file, DataFault for rows that name what does not exist.
    """
    written: dict[str, dict[str, str]] = {system: {} for system in systems}
    if path is None:
        return written
    known, faults = set(accounts), []
    for line, row in _rows(path):
        system, key, account = (str(row[name] or "") for name in ("system", "key", "account_id"))
        if not account:
            continue
        where = f"{path.name}, line {line}"
        if system not in written:
            faults.append(
                Fault(f"{where}, system", system, "a system of this import", nearest(system, systems))
            )
        elif account not in known:
            step = "take an account_id of the leading system"
            faults.append(Fault(f"{where}, account_id", account, "an account of the leading system", step))
        elif written[system].setdefault(key, account) != account:
            step = f"keep one: {written[system][key]} or {account}"
            faults.append(Fault(f"{where}, key", key, "one account per key of a system", step))
    if faults:
        raise DataFault("the identity map cannot be used", faults)
    return written


def _rows(path: Path) -> list[tuple[int, dict[str, str | None]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            rows = [] if missing else [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeError, csv.Error) as error:
        fault = Fault(
            "--identity", str(path), "a CSV file in UTF-8", f"name another ({type(error).__name__})"
        )
        raise WrongUse("the identity map cannot be read", [fault]) from None
    if missing:
        allowed = f"the columns {', '.join(COLUMNS)}"
        raise WrongUse(
            "the identity map cannot be read",
            [Fault("--identity", str(path), allowed, f"add {', '.join(missing)}")],
        )
    return rows

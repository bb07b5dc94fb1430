"""Reads the files of rejected rows as any other program would."""

from __future__ import annotations

import csv
from pathlib import Path


def rejected_rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

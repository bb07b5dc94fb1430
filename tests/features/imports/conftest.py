"""An export of a few literal files, its mapping, and the book that comes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from features.imports.import_report import ImportReport
from features.imports.run import import_exports
from training.outcome_tables import ALL_TABLES


class Export:
    """A folder of files that a mapping turns into the book beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "export"
        self.folder.mkdir()
        self.book = folder / "book"
        self.mapping = folder / "mapping.yaml"

    def csv(self, name: str, *lines: str) -> Export:
        (self.folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8", newline="")
        return self

    def parquet(self, name: str, frame: pd.DataFrame) -> Export:
        frame.to_parquet(self.folder / name, index=False)
        return self

    def run(self, mapping: str | dict[str, Any]) -> ImportReport:
        text = mapping if isinstance(mapping, str) else yaml.safe_dump(mapping, sort_keys=False)
        self.mapping.write_text(text, encoding="utf-8")
        return import_exports(self.mapping, self.folder, self.book, ALL_TABLES)

    def table(self, name: str) -> list[dict[str, Any]]:
        """The rows written, times as texts, nothing as None."""
        frame = pd.read_parquet(self.book / f"{name}.parquet")
        for column in frame.select_dtypes("datetimetz"):
            frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%S%z")
        rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return rows


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path)


def firms(columns: dict[str, Any] | None = None, time_zone: str = "UTC", **part: Any) -> dict[str, Any]:
    """A mapping of firms.csv (id, since, …) to accounts, with further columns and keys of the part."""
    mapped = {"account_id": "id", "created_at": "since", **(columns or {})}
    return {
        "about": "firms",
        "time_zone": time_zone,
        "sources": {"firms": {"file": "firms.csv"}},
        "tables": {"accounts": [{"source": "firms", **part, "columns": mapped}]},
    }

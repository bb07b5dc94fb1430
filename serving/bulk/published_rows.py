"""What became of a file of rows: the snapshot, its bands, and what the rows did not tell of the accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from serving.history.score_tables import score_history
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore

NOTE = "rows open no cases and keep no records behind drivers: for these, score the book"
MEANS = {
    "owner": "no key that is limited to an owner sees them",
    "segment": "no profile of a segment weighs them, and no page finds them by one",
}
STEP = "vitals features writes both beside the features, where the book tells them"


@dataclass(frozen=True)
class PublishedRows:
    """The snapshot, and how many accounts it has by band; `kept`: chunks that an earlier run had scored.

    `without`: how many accounts came without owner, and how many without segment.
    """

    snapshot: Snapshot
    bands: Mapping[str, int]
    chunks: int
    kept: int
    without: Mapping[str, int]

    @property
    def accounts(self) -> int:
        """How many were published."""
        return sum(self.bands.values())

    def as_dict(self) -> dict[str, Any]:
        """For machines."""
        counts = {"bands": dict(self.bands), "chunks": self.chunks, "chunks_kept": self.kept}
        return {**self.snapshot.as_dict(), **counts, "without": dict(self.without)}

    def as_text(self) -> str:
        """For people."""
        counts = ", ".join(f"{count:,} {band}" for band, count in self.bands.items())
        model = self.snapshot.model
        by = "the rule" if model["kind"] == "rule" else f"version {model['version']}"
        text = f"{self.accounts:,} accounts as of {self.snapshot.as_of}, scored by {by}: {counts}"
        lacking = [
            f"{count:,} of {self.accounts:,} accounts came without {name}: {MEANS[name]}"
            for name, count in self.without.items()
            if count
        ]
        kept = f"{self.kept} of {self.chunks} chunks were kept from before"
        return "\n".join([text, kept, *lacking, *([STEP] if lacking else []), NOTE])


def without_facts(store: ScoreStore, snapshot: Snapshot) -> dict[str, int]:
    """How many accounts of a snapshot have no owner, and how many no segment; an empty text is none."""
    columns = score_history.c
    told = [func.count(func.nullif(columns[name], "")) for name in MEANS]
    query = select(func.count(), *told).where(columns.snapshot_id == snapshot.id)
    with store.begin() as connection:
        accounts, *known = connection.execute(query).one()
    return {name: int(accounts - count) for name, count in zip(MEANS, known, strict=True)}

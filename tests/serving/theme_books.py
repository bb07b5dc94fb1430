"""A book with planted themes: who says what, how likely they leave, and what they pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.themes.theme_documents import theme_documents
from serving.themes.theme_tables import keep_themes
from tests.features.literal_book import AS_OF, PARAMS, Case, Row, at, literal_warehouse
from tests.serving.conftest import scored_book
from tests.serving.fake_scorer import MODEL

COMPETITOR = "They are piloting another platform."
SERVICE = "They feel left alone by support."


@dataclass(frozen=True)
class Speaker:
    """An account: its churn probability, MRR, CSM and segment, and what was written down of it."""

    name: str
    risk: float
    mrr: float | None = 100.0
    notes: Sequence[str | Row] = ()
    tickets: Sequence[str] = ()
    owner: str = "csm-0"
    segment: str = "smb"

    def case(self) -> Case:
        notes = [{"happened_at": at(3), "text": n} if isinstance(n, str) else n for n in self.notes]
        tickets = [{"opened_at": at(4), "text": text} for text in self.tickets]
        return Case(self.name, {"notes": notes, "tickets": tickets})

    def scored(self) -> ScoredAccount:
        [like] = scored_book(1)
        details: dict[str, Any] = {"owner": self.owner, "segment": self.segment, "mrr": self.mrr}
        payload = like.payload | {"account_id": self.name, "churn_probability": self.risk}
        return ScoredAccount(like.details | details | {"name": f"{self.name} Ltd"}, payload)


def publish_speakers(store: ScoreStore, *speakers: Speaker, as_of: str = "2026-10-31") -> Snapshot:
    """The speakers as a snapshot with its themes."""
    snapshot = store.publish_snapshot(
        [speaker.scored() for speaker in speakers],
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=MODEL,
        data_fingerprint="",
    )
    source = literal_warehouse(*(speaker.case() for speaker in speakers))
    found = theme_documents(source, [speaker.name for speaker in speakers], AS_OF, PARAMS, 50)
    with store.writing() as connection:
        keep_themes(connection, snapshot.id, found, 1)
    return snapshot

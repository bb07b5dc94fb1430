"""Evidence is kept beside the score history: for the newest snapshots, without touching the history."""

from __future__ import annotations

from datetime import UTC, datetime

from serving.evidence.evidence_tables import Evidence, account_evidence, evidence_indexes
from serving.history.score_tables import metadata
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from tests.serving.conftest import Publish, scored_book
from tests.serving.fake_scorer import MODEL

IDS = [f"A-{number:06d}" for number in range(1, 7)]


def evidence(mark: str) -> Evidence:
    return Evidence({"mark": mark}, {account_id: {"mark": f"{mark} {account_id}"} for account_id in IDS})


def publish(store: ScoreStore, as_of: str, keep: int = 2, mark: str = "") -> Snapshot:
    return store.publish_snapshot(
        scored_book(),
        as_of=datetime.fromisoformat(as_of).replace(tzinfo=UTC),
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
        model=MODEL,
        data_fingerprint=as_of,
        evidence=evidence(mark or as_of),
        evidence_snapshots=keep,
    )


def test_the_evidence_of_a_snapshot_is_read_back_and_of_a_stranger_is_none(store: ScoreStore) -> None:
    snapshot = publish(store, "2026-10-31", mark="x")
    assert store.evidence_of(snapshot, "A-000002") == ({"mark": "x"}, {"mark": "x A-000002"})
    assert store.evidence_of(snapshot, "A-9") is None


def test_only_the_newest_snapshots_keep_theirs_and_no_score_is_lost(store: ScoreStore) -> None:
    made = [publish(store, date) for date in ("2026-08-31", "2026-09-30", "2026-10-31")]
    assert [store.evidence_of(each, "A-000001") is not None for each in made] == [False, True, True]
    assert all(len(store.scores_of(each, IDS)) == 6 for each in made)


def test_a_snapshot_of_a_past_date_does_not_push_out_the_newest(store: ScoreStore) -> None:
    newest = [publish(store, "2026-10-31"), publish(store, "2026-09-30")]
    assert not store.wants_evidence("2026-01-31T00:00:00Z", None, 2)
    past = publish(store, "2026-01-31")
    assert [store.evidence_of(each, "A-000001") is not None for each in (*newest, past)] == [
        True,
        True,
        False,
    ]
    assert store.wants_evidence("2026-10-31T00:00:00Z", None, 1)
    assert not store.wants_evidence("2026-11-30T00:00:00Z", None, 0)


def test_a_snapshot_from_before_there_was_evidence_gets_its_own_once(
    store: ScoreStore, publish: Publish
) -> None:
    before = publish()
    assert store.evidence_of(before, "A-000001") is None
    assert store.wants_evidence(before.as_of, before, 1)
    store.keep_evidence(before, evidence("late"), 1)
    assert store.evidence_of(before, "A-000001") == ({"mark": "late"}, {"mark": "late A-000001"})
    assert not store.wants_evidence(before.as_of, before, 1)


def test_a_database_from_before_these_tables_gets_them_and_keeps_its_scores(
    store: ScoreStore, publish: Publish
) -> None:
    before = publish()
    metadata.drop_all(store._engine, [account_evidence, evidence_indexes])
    store.prepare()
    assert store.newest_snapshot() == before
    assert store.evidence_of(before, "A-000001") is None

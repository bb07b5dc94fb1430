"""What the answers about themes read of a snapshot, read once: its accounts in short, and their mentions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from serving.history.score_tables import score_history
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.themes.theme_ranking import NAMES
from serving.themes.theme_tables import Mention, themes_of

PLACE = {name: place for place, name in enumerate(NAMES)}
NEEDED = ("account_id", "health", "band", "churn_probability")  # of a payload, which is long


@dataclass(frozen=True)
class ThemedBook:
    """The accounts of a snapshot by id, of their payloads what a ranking needs; the mentions of each."""

    accounts: list[ScoredAccount]
    mentions: dict[str, list[Mention]]


def themed_book(store: ScoreStore, snapshot: Snapshot) -> ThemedBook | None:
    """Read once and remembered; None where no mentions are kept of the snapshot."""
    found: ThemedBook | None = store.remember("themes", snapshot.id, lambda: _read(store, snapshot), 2)
    return found


def seen_accounts(store: ScoreStore, snapshot: Snapshot, book: ThemedBook) -> list[ScoredAccount]:
    """Those that the store's caller may see."""
    if store.owner is None:
        return book.accounts
    mine = set(store.account_ids_of(snapshot))
    return [account for account in book.accounts if account.payload["account_id"] in mine]


def _read(store: ScoreStore, snapshot: Snapshot) -> ThemedBook | None:
    columns = score_history.c
    with store.begin() as connection:
        kept = themes_of(connection, snapshot.id)
        if kept is None:
            return None
        told = [columns.payload[name] for name in NEEDED]
        query = select(columns.details, *told).where(columns.snapshot_id == snapshot.id)
        rows = connection.execute(query.order_by(columns.account_id)).all()
    accounts = [ScoredAccount(row[0], dict(zip(NEEDED, row[1:], strict=True))) for row in rows]
    mentions = {
        account: [mention for each in said if (mention := Mention(*each)).theme in PLACE]
        for account, said in kept.accounts.items()
    }
    return ThemedBook(accounts, mentions)

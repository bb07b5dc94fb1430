"""One account as its pages show it: what was published, beside it the catalogue and what people said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.catalog import Feature, load_catalog
from serving.api.problems import Faults
from serving.api.request_fields import check_account_id
from serving.changes.account_past import Past, pasts
from serving.history.history_answers import account_of_snapshot, as_they_are_now, details_seen, snapshot_for
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.pages.book_lines import band_limits, zones
from serving.pages.visits import Visit


@dataclass(frozen=True)
class AccountRead:
    """An account of the newest snapshot. `health` as it is now, with a band that a person has set."""

    account_id: str
    snapshot: Snapshot
    published: ScoredAccount
    health: Mapping[str, Any]
    details: Mapping[str, Any]
    past: Past
    zones: list[tuple[str, float, float]]

    @property
    def features(self) -> dict[str, Feature]:
        """The catalogue's entries by name, under the windows that the snapshot was made with."""
        return {feature.name: feature for feature in load_catalog(self.past.windows)}

    @property
    def drivers(self) -> list[Mapping[str, Any]]:
        """The drivers as published: without the line of a band that a person has set."""
        return list(self.published.payload["drivers"])

    def shown(self) -> dict[str, Any]:
        """What every page of the account is filled with."""
        return {
            "account_id": self.account_id,
            "snapshot": self.snapshot,
            "health": self.health,
            "details": self.details,
            "zones": self.zones,
            "features": self.features,
            "name": self.details.get("name") or self.account_id,
        }


def account_read(visit: Visit) -> AccountRead:
    """The account of the visited path. Raises Problem where the caller may see none of that id."""
    return account_named(visit, visit.request.path_params["account_id"])


def account_named(visit: Visit, account_id: str) -> AccountRead:
    """The account of an id. Raises Problem where the caller may see none of it."""
    faults, store = Faults(), visit.held.store
    check_account_id(account_id, "account_id", faults)
    faults.raise_any()
    snapshot = snapshot_for(store, None)
    published = account_of_snapshot(store, snapshot, account_id)
    [now] = as_they_are_now(store, [published], visit.held.now())
    with store.begin() as connection:
        past = pasts(connection, account_id, {snapshot.id})[snapshot.id]
    return AccountRead(
        account_id,
        snapshot,
        published,
        now.payload,
        details_seen(store, snapshot, published),
        past,
        zones(band_limits(store, snapshot)),
    )

"""The challenger beside the champion on the Model page: in both languages, and of nobody else's accounts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import insert
from starlette.testclient import TestClient

from serving.history.store import ScoreStore
from serving.retraining import attempts
from serving.retraining.retraining_tables import shadow_scores
from serving.retraining.triggers import Trigger
from tests.serving.conftest import NewKey, Publish
from tests.serving.pages.visiting import person

NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
WHY = (Trigger("drift", True, "30 of 80 features drifted", "25% of them"),)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def tried(store: ScoreStore, publish: Publish, scored: bool = True) -> None:
    """Version 4 beside version 3; it says ten points less of everybody."""
    snapshot = publish()
    with store.writing() as connection:
        before = {"champion": "3", "challenger": "3"}
        number = attempts.open_attempt(connection, WHY, None, before, NOW)
        assert number is not None
        until = "2026-11-15T04:00:00.000000Z"
        assert attempts.move(connection, number, "shadow", NOW, version="4", shadow_until=until)
        if scored:
            ids = {"retraining_id": number, "snapshot_id": snapshot.id, "band": "red"}
            rows = [
                ids | {"account_id": a.payload["account_id"], "health": a.payload["health"] - 10}
                for a in store.all_scores_of(snapshot)
            ]
            connection.execute(insert(shadow_scores), rows)


def test_what_would_change_is_shown_in_both_languages(
    client: TestClient, store: ScoreStore, publish: Publish, new_key: NewKey
) -> None:
    maria = person(client, new_key)
    assert "beside the champion" not in maria.sees("/model")
    tried(store, publish)
    page = words(maria.sees("/model"))
    assert "Version 4 scores beside version 3 until 2026-11-15" in page
    assert "It was trained because of: drift" in page
    assert "−10.0 −10.0 – −10.0" in page
    chinese = words(maria.sees("/model?lang=zh"))
    assert "版本4与版本3并行试算至2026-11-15" in chinese
    assert "重新训练的原因： 漂移" in chinese
    assert "beside" not in chinese


def test_who_sees_only_their_own_accounts_sees_those_compared(
    client: TestClient, store: ScoreStore, publish: Publish, new_key: NewKey
) -> None:
    tried(store, publish)
    page = person(client, new_key, owner="csm-0", name="li").sees("/model")
    shown = set(re.findall(r"A-00000\d", page))
    assert shown == {"A-000001", "A-000003", "A-000005"}


def test_before_the_first_night_the_command_is_named(
    client: TestClient, store: ScoreStore, publish: Publish, new_key: NewKey
) -> None:
    tried(store, publish, scored=False)
    assert "Nothing was scored beside the champion yet" in person(client, new_key).sees("/model")

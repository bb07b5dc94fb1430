from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from features.faults import WrongUse
from serving.access.api_keys import (
    all_keys,
    create_key,
    is_the_key,
    key_id_of,
    key_of,
    revoke_keys,
    rotate_key,
)
from serving.access.key_tables import api_keys
from serving.history.store import ScoreStore

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_key_has_256_random_bits_and_is_found_by_its_id(store: ScoreStore) -> None:
    made = [create_key(store, f"k{n}", ["score:read"], NOW) for n in range(20)]
    texts = [text for _, text in made]
    assert len(set(texts)) == 20
    for key, text in made:
        assert key_id_of(text) == key.key_id
        assert len(text.split("_", 2)[2]) == 43  # 32 bytes as base64url
        assert is_the_key(text, key_of(store, key.key_id))


def test_of_the_key_itself_only_a_hash_is_kept(store: ScoreStore) -> None:
    key, text = create_key(store, "crm", ["cases:read", "score:read"], NOW, "csm-1", 90 * DAY)
    with store.begin() as connection:
        [row] = connection.execute(select(api_keys)).all()
    secret = text.split("_", 2)[2]
    assert secret not in str(row)
    assert row.hash == hashlib.sha256(text.encode()).hexdigest()
    assert key.as_dict(NOW) == {
        "key_id": key.key_id,
        "name": "crm",
        "scopes": ["score:read", "cases:read"],
        "owner": "csm-1",
        "created_at": "2026-11-01T09:00:00Z",
        "expires_at": "2027-01-30T09:00:00Z",
        "revoked_at": None,
        "state": "live",
    }


def test_one_letter_less_or_other_is_another_key(store: ScoreStore) -> None:
    key, text = create_key(store, "crm", ["score:read"], NOW)
    other = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert not is_the_key(other, key)
    assert not is_the_key(text, None)
    for odd in (text[:-1], text + "A", " " + text, text.upper(), text.replace("_", "-"), text + "\n", ""):
        assert key_id_of(odd) is None


def test_a_key_ends_at_the_moment_it_was_given(store: ScoreStore) -> None:
    key, _ = create_key(store, "crm", ["score:read"], NOW, expires_in=DAY)
    states = [key.state(NOW + DAY - timedelta(seconds=1)), key.state(NOW + DAY)]
    assert states == ["live", "expired"]


def test_rotation_leaves_two_live_keys_until_the_first_runs_out(store: ScoreStore) -> None:
    old, _ = create_key(store, "crm", ["score:read"], NOW, "csm-1")
    new, _ = rotate_key(store, "crm", NOW, 7 * DAY, 90 * DAY)
    kept = {key.key_id: key for key in all_keys(store)}
    assert (new.scopes, new.owner, new.name) == (old.scopes, "csm-1", "crm")
    assert [kept[k.key_id].state(NOW + 6 * DAY) for k in (old, new)] == ["live", "live"]
    assert [kept[k.key_id].state(NOW + 7 * DAY) for k in (old, new)] == ["expired", "live"]
    with pytest.raises(WrongUse, match=f"and not 2. Next: run: vitals keys revoke {old.key_id}"):
        rotate_key(store, "crm", NOW + DAY, DAY)


def test_rotation_never_prolongs_the_first_key(store: ScoreStore) -> None:
    old, _ = create_key(store, "crm", ["score:read"], NOW, expires_in=DAY)
    rotate_key(store, "crm", NOW, 7 * DAY)
    kept = key_of(store, old.key_id)
    assert kept is not None
    assert kept.expires_at == old.expires_at


def test_keys_are_revoked_by_name_or_one_by_its_id(store: ScoreStore) -> None:
    old, _ = create_key(store, "crm", ["score:read"], NOW)
    new, _ = rotate_key(store, "crm", NOW, 7 * DAY)
    assert [key.key_id for key in revoke_keys(store, old.key_id, NOW)] == [old.key_id]
    assert [key.key_id for key in revoke_keys(store, "crm", NOW)] == [new.key_id]
    assert {key.state(NOW) for key in all_keys(store)} == {"revoked"}
    with pytest.raises(WrongUse, match="KEY is 'crm'; allowed: the name or id of a live key"):
        revoke_keys(store, "crm", NOW)


def test_a_misspelt_name_is_not_revoked_and_the_nearest_is_told(store: ScoreStore) -> None:
    create_key(store, "crm-europe", ["score:read"], NOW)
    with pytest.raises(WrongUse, match="did you mean 'crm-europe'"):
        revoke_keys(store, "crm-eurpe", NOW)


def test_a_name_has_one_live_key_but_by_rotation(store: ScoreStore) -> None:
    create_key(store, "crm", ["score:read"], NOW, expires_in=DAY)
    with pytest.raises(WrongUse, match="run: vitals keys rotate crm"):
        create_key(store, "crm", ["score:read"], NOW)
    create_key(store, "crm", ["score:read"], NOW + DAY)
    with pytest.raises(WrongUse, match=r"and not 0. Next: vitals keys list"):
        rotate_key(store, "nobody", NOW, DAY)


@pytest.mark.parametrize("scope", ["weights:adopt", "admin"])
def test_a_key_of_an_owner_may_do_nothing_that_reaches_every_account(store: ScoreStore, scope: str) -> None:
    with pytest.raises(WrongUse, match=f"--owner is 'csm-1'; allowed: no owner for a key with {scope}"):
        create_key(store, "maria", ["score:read", scope], NOW, "csm-1")
    assert all_keys(store) == []
    create_key(store, "li", ["score:read", scope], NOW)


def test_every_fault_of_a_key_is_told_at_once(store: ScoreStore) -> None:
    with pytest.raises(WrongUse) as refused:
        create_key(store, "a\x00", ["score:reed", "admin"], NOW, "", timedelta(0))
    assert [fault.field for fault in refused.value.faults] == [
        "--name",
        "--owner",
        "--scope",
        "--owner",
        "--expires",
    ]
    assert refused.value.faults[2].next == "did you mean 'score:read'?"
    with pytest.raises(WrongUse, match=r"one or more of score:read, score:write"):
        create_key(store, "crm", [], NOW)
    assert all_keys(store) == []

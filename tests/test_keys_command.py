from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.faults import WrongUse
from serving.access.api_keys import key_id_of
from serving.access.first_key import first_key
from serving.access.server_secret import server_secret
from serving.history.opened_store import opened_store
from serving.server import tell_first_key
from tests.command_runs import answer, refused, run

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'vitals.db'}"


def keys(store: str, *words: object) -> tuple[object, ...]:
    return ("keys", *words, "--store", store)


def test_a_key_is_made_listed_rotated_and_revoked(store: str) -> None:
    asked = ("create", "--name", "crm", "--scope", "score:read", "--owner", "csm-14", "--expires", "90d")
    made = answer(*keys(store, *asked))
    assert key_id_of(made["key"]) == made["key_id"]
    assert (made["owner"], made["scopes"], made["state"]) == ("csm-14", ["score:read"], "live")
    [listed] = answer(*keys(store, "list"))
    assert listed == {name: value for name, value in made.items() if name != "key"}
    second = answer(*keys(store, "rotate", "crm", "--grace", "1d"))
    assert [key["state"] for key in answer(*keys(store, "list"))] == ["live", "live"]
    [ended] = answer(*keys(store, "revoke", second["key_id"]))
    assert (ended["key_id"], ended["state"]) == (second["key_id"], "revoked")


def test_people_are_told_that_a_key_is_shown_once(store: str) -> None:
    said = run(*keys(store, "create", "--name", "crm", "--scope", "score:read")).stdout
    key, _, rest = said.partition("\n")
    assert key_id_of(key) is not None
    assert "it is not shown again" in rest
    assert key not in run(*keys(store, "list")).stdout
    assert "crm: live, score:read" in run(*keys(store, "list")).stdout


def test_a_store_without_keys_says_how_to_make_one(store: str) -> None:
    assert run(*keys(store, "list")).stdout == "no key yet: vitals keys create\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "--name", "x", "--scope", "all"], "--scope is 'all'; allowed: one of the scopes"),
        (
            ["create", "--name", "x", "--scope", "admin", "--expires", "90"],
            "--expires is '90'; allowed: a whole",
        ),
        (
            ["create", "--name", "x", "--scope", "admin", "--expires", "0d"],
            "--expires is '0d'; allowed: 1d to",
        ),
        (
            ["create", "--name", "x", "--scope", "admin", "--expires", "9" * 30 + "d"],
            "allowed: a whole number",
        ),
        (["create", "--name", "x", "--scope", "admin", "--owner", "csm-1"], "no owner for a key with admin"),
        (
            ["create", "--name", "x", "--scope", "weights:adopt", "--owner", "csm-1"],
            "--owner is 'csm-1'; allowed: no owner for a key with weights:adopt",
        ),
        (["create", "--name", "x"], "Missing option '--scope'"),
        (["rotate", "nobody"], "a name with one live key, and not 0"),
        (["rotate", "nobody", "--grace", "soon"], "--grace is 'soon'"),
        (["revoke", "nobody"], "KEY is 'nobody'; allowed: the name or id of a live key"),
    ],
)
def test_what_cannot_be_done_is_refused(store: str, words: list[str], said: str) -> None:
    assert said in refused(2, *keys(store, *words))


def test_the_first_key_is_made_once_and_on_this_machine_only(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened_store(store) as opened:
        told = first_key(opened, "0.0.0.0", NOW)
        assert told is not None
        assert told.startswith("No API key lives yet. Make one: vitals keys create")
    tell_first_key("127.0.0.1", store)
    shown = capsys.readouterr().out
    assert "shown once" in shown
    key = next(line for line in shown.splitlines() if "VITALS_KEY=" in line).partition("=")[2]
    assert [each["key_id"] for each in answer(*keys(store, "list"))] == [key_id_of(key)]
    tell_first_key("127.0.0.1", store)
    assert capsys.readouterr().out == ""


def test_after_all_keys_were_revoked_there_is_a_first_one_again(store: str) -> None:
    with opened_store(store) as opened:
        assert first_key(opened, "::1", NOW)
    [key] = answer(*keys(store, "list"))
    run(*keys(store, "revoke", key["key_id"]))
    with opened_store(store) as opened:
        assert first_key(opened, "::1", datetime.now(UTC))


def test_the_secret_is_made_once_beside_the_store_and_for_its_owner_alone(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VITALS_SECRET", raising=False)
    secret = server_secret(store)
    file = tmp_path / "vitals.secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(secret) >= 43
    assert server_secret(store) == secret
    file.chmod(0o644)
    with pytest.raises(WrongUse, match="run: chmod 600"):
        server_secret(store)
    monkeypatch.setenv("VITALS_SECRET", "k" * 32)
    assert server_secret(store) == b"k" * 32
    monkeypatch.setenv("VITALS_SECRET", "short")
    with pytest.raises(WrongUse, match="VITALS_SECRET is '5 characters'; allowed: at least 32"):
        server_secret(store)


def test_a_store_in_memory_has_a_secret_that_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VITALS_SECRET", raising=False)
    assert server_secret("sqlite://") != server_secret("sqlite://")


def test_of_two_services_that_start_at_once_one_tells_the_first_key(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_store(store) as opened:
        assert first_key(opened, "127.0.0.1", NOW)
        monkeypatch.setattr("serving.access.first_key.all_keys", lambda _: [])  # as it was a moment ago
        assert first_key(opened, "127.0.0.1", NOW) is None

"""`vitals doctor`: each fault is found, told with its next step, and stops no other check."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.doctor import Finding, Installation, examine

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, Finding]


@pytest.fixture
def sound(tmp_path: Path) -> Installation:
    """An installation that was just made: nothing is wrong, and nothing has been done with it yet."""
    lock = tmp_path / "run.lock"
    lock.write_text("")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    now = dt.datetime.now(dt.UTC)
    store = f"sqlite:///{tmp_path}/vitals.db"
    return Installation(
        ROOT / "params.yaml", tmp_path / "mlruns", store, tmp_path / "book", port, lock, (), now
    )


def found(place: Installation) -> Found:
    return {finding.check: finding for finding in examine(place)}


def test_a_new_installation_has_no_fault_and_is_told_what_to_do_first(sound: Installation) -> None:
    findings = found(sound)
    assert {f.check for f in findings.values() if f.state == "fault"} == set()
    assert "vitals import" in findings["book"].next
    assert "vitals promote" in findings["champion"].next
    assert "vitals score" in findings["store"].next


def _another_version(place: Installation, _: Path) -> Installation:
    place.lock.write_text("pandas==0.1 \\\n    --hash=x\nno-such-thing==2.0\n")
    return place


def _unknown_key(place: Installation, folder: Path) -> Installation:
    (folder / "params.yaml").write_text("trainin: {}\n")
    return replace(place, params=folder / "params.yaml")


def _open_secret(place: Installation, folder: Path) -> Installation:
    (folder / ".env").write_text("TOKEN=x")
    (folder / ".env").chmod(0o644)
    return replace(place, secrets=(folder / ".env",))


def _empty_book(place: Installation, _: Path) -> Installation:
    place.book.mkdir()
    return place


def _broken_registry(place: Installation, _: Path) -> Installation:
    place.registry.mkdir()
    (place.registry / "mlflow.db").write_bytes(b"no database")
    return place


@pytest.mark.parametrize(
    ("breaks", "check", "said", "step"),
    [
        (_another_version, "packages", "2 off: pandas", "make setup"),
        (_unknown_key, "params", "did you mean 'training'", "correct"),
        (_open_secret, "secrets", "is open to others (644)", "chmod 600"),
        (_empty_book, "book", "", "vitals check"),
        (
            lambda place, _: replace(place, store="postgresql+nosuch://secret@h/x"),
            *("store", "does not answer", "VITALS_STORE"),
        ),
        (
            lambda place, _: replace(place, now=dt.datetime(2001, 1, 1, tzinfo=dt.UTC)),
            *("clock", "2001-01-01 00:00 UTC, but a file is of", "NTP"),
        ),
    ],
    ids=["packages", "params", "secrets", "book", "store", "clock"],
)
def test_each_fault_is_found_with_its_next_step(
    sound: Installation,
    tmp_path: Path,
    breaks: Callable[[Installation, Path], Installation],
    check: str,
    said: str,
    step: str,
) -> None:
    findings = found(breaks(sound, tmp_path))
    assert findings[check].state == "fault"
    assert said in findings[check].found
    assert step in findings[check].next
    assert "secret" not in findings["store"].found
    assert {"python", "disk", "port"} <= set(findings)


def test_a_registry_that_is_none_is_no_champion(sound: Installation, tmp_path: Path) -> None:
    finding = found(_broken_registry(sound, tmp_path))["champion"]
    assert finding.state in ("fault", "warning")
    assert finding.next


def test_a_port_that_is_taken_is_told(sound: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        finding = found(replace(sound, port=taken.getsockname()[1]))["port"]
    assert (finding.state, "is taken" in finding.found) == ("warning", True)

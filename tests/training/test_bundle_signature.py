"""Who made a bundle: nothing is parsed that the registry's key did not sign as the version asked for."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from features.faults import DataFault, WrongUse
from training import bundle as bundle_module
from training.bundle import read_bundle, write_bundle
from training.bundle_signature import (
    PRIVATE_ENV,
    PUBLIC_ENV,
    check_keys,
    sign_bundle,
    signature_path,
    vouched_by,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A signed bundle, version 7 of the registry `tmp_path`."""
    made = tmp_path / "model" / "bundle"
    write_bundle(made, {"weight": np.ones(3)}, {"about": {"unit": "days"}})
    sign_bundle(made, "7", tmp_path)
    return made


def refusal(folder: Path, version: str, registry: Path) -> str:
    with pytest.raises(DataFault, match="not signed by whom this service trusts") as caught:
        read_bundle(folder, vouched_by(folder, version, registry))
    return str(caught.value)


def test_a_signed_bundle_is_read(folder: Path, tmp_path: Path) -> None:
    assert read_bundle(folder, vouched_by(folder, "7", tmp_path)).documents == {"about": {"unit": "days"}}


def test_the_signature_stands_beside_so_that_equal_bundles_have_equal_bytes(
    folder: Path, tmp_path: Path
) -> None:
    again = tmp_path / "other" / "bundle"
    write_bundle(again, {"weight": np.ones(3)}, {"about": {"unit": "days"}})
    sign_bundle(again, "1", tmp_path / "another registry")
    assert signature_path(folder).read_bytes() != signature_path(again).read_bytes()
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()


def test_a_bundle_without_a_signature_is_refused(folder: Path, tmp_path: Path) -> None:
    signature_path(folder).unlink()
    told = refusal(folder, "7", tmp_path)
    assert "bundle.sig is 'missing'; allowed: a signature beside the bundle. Next: train again" in told


@pytest.mark.parametrize("damage", [b"", b"\0" * 64, b"\0" * 63, b"x" * 100_000])
def test_what_is_no_signature_is_refused(folder: Path, tmp_path: Path, damage: bytes) -> None:
    signature_path(folder).write_bytes(damage)
    assert "of another key, another version than 7, or other bytes" in refusal(folder, "7", tmp_path)


def test_the_signed_bundle_of_another_version_cannot_take_its_place(folder: Path, tmp_path: Path) -> None:
    assert "another version than 8" in refusal(folder, "8", tmp_path)


def test_a_bundle_that_another_key_signed_is_refused(folder: Path, tmp_path: Path) -> None:
    sign_bundle(folder, "7", tmp_path / "a registry of an attacker")
    assert "of another key" in refusal(folder, "7", tmp_path)


def test_nothing_is_parsed_before_the_signature_holds(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed_too_early(content: bytes) -> None:
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr(bundle_module, "parsed_document", parsed_too_early)
    (folder / "manifest.json").write_bytes(b"{" * 1000)
    assert "other bytes" in refusal(folder, "7", tmp_path)


def test_the_private_key_is_its_owners_alone_and_the_public_one_everybodys(
    folder: Path, tmp_path: Path
) -> None:
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("bundle.key", "bundle.pub")}
    assert modes["bundle.key"] == 0o600
    assert len(bytes.fromhex((tmp_path / "bundle.pub").read_text())) == 32
    (tmp_path / "bundle.key").chmod(0o640)
    with pytest.raises(WrongUse, match=r"bundle\.key is 'mode 0640'.*chmod 600"):
        sign_bundle(folder, "7", tmp_path)


@pytest.mark.parametrize("text", ["", "no key", "00" * 31, "00" * 33])
def test_a_key_that_is_none_is_refused(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.key").write_text(text)
    with pytest.raises(WrongUse, match="this key cannot be used"):
        sign_bundle(folder, "7", tmp_path)
    (tmp_path / "bundle.pub").write_text(text)
    assert "64 hex digits" in refusal(folder, "7", tmp_path)


def test_without_the_public_key_no_bundle_is_trusted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle.pub").unlink()
    told = refusal(folder, "7", tmp_path)
    assert "bundle.pub is 'missing'; allowed: the public key of bundles. Next: copy" in told
    assert str(tmp_path) not in told  # the API says it to callers


def test_the_keys_may_stand_elsewhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PRIVATE_ENV, str(tmp_path / "vault" / "signing.key"))
    monkeypatch.setenv(PUBLIC_ENV, str(tmp_path / "etc" / "signing.pub"))
    sign_bundle(folder, "7", tmp_path / "fresh")
    assert (tmp_path / "vault" / "signing.key").exists()
    assert not (tmp_path / "fresh").exists()
    read_bundle(folder, vouched_by(folder, "7", tmp_path / "fresh"))
    monkeypatch.delenv(PUBLIC_ENV)
    assert "of another key" in refusal(folder, "7", tmp_path)


def test_two_trainings_that_start_at_once_end_with_one_key(folder: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    starters = [threading.Thread(target=sign_bundle, args=(folder, "7", fresh)) for _ in range(6)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    read_bundle(folder, vouched_by(folder, "7", fresh))
    assert sorted(path.name for path in fresh.iterdir()) == ["bundle.key", "bundle.pub"]


@pytest.mark.parametrize("damage", ["no private key", "another one"])
def test_keys_that_do_not_belong_together_sign_nothing(folder: Path, tmp_path: Path, damage: str) -> None:
    (tmp_path / "bundle.key").unlink()
    if damage == "another one":
        sign_bundle(folder, "7", tmp_path / "other")
        (tmp_path / "other" / "bundle.key").rename(tmp_path / "bundle.key")
    for use in (lambda: sign_bundle(folder, "7", tmp_path), lambda: check_keys(tmp_path)):
        with pytest.raises(WrongUse, match="do not belong together") as caught:
            use()
        assert f"the private key of {tmp_path / 'bundle.pub'}" in str(caught.value)


def test_before_the_first_training_there_are_no_keys_to_check(tmp_path: Path) -> None:
    check_keys(tmp_path)
    assert list(tmp_path.iterdir()) == []

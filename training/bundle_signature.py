"""Who made a bundle: an Ed25519 signature (RFC 8032) beside it, which is checked before any parsing.

    <model>/artifacts/bundle/        the bundle: the same run gives the same bytes
    <model>/artifacts/bundle.sig     64 bytes, of the version and the SHA-256 of the manifest's bytes

The manifest names the checksum of every file, so the signature holds for all of them; and it holds for one
version only, so that the bundle of another version, though signed, cannot take its place. It stands beside
the bundle and not in it: keys differ from registry to registry, bundles of the same run do not.

The keys are two files of 64 hexadecimal digits. The first training makes them in the registry's folder:
`bundle.key` (mode 0600), which only training reads, and `bundle.pub`, which is all that a service needs.
`VITALS_BUNDLE_KEY` and `VITALS_BUNDLE_PUBLIC_KEY` name other places: who may write into the registry but
must not choose the model, must not be able to write the public key.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from features.faults import DataFault, Fault, WrongUse

PRIVATE, PUBLIC = "bundle.key", "bundle.pub"
PRIVATE_ENV, PUBLIC_ENV = "VITALS_BUNDLE_KEY", "VITALS_BUNDLE_PUBLIC_KEY"
SIGNATURE = "bundle.sig"
SIGNATURE_BYTES = 64
TITLE = "this bundle is not signed by whom this service trusts"
SIGN_AGAIN = "train again (vitals train), and promote what comes of it"


def sign_bundle(folder: Path, version: str, registry: Path) -> Path:
    """Signs the bundle in `folder` as that version with the registry's key; returns the signature's file.

    Makes the keys where there are none. WrongUse where the private key cannot be used.
    """
    key = _private_key(registry)
    manifest = (folder / "manifest.json").read_bytes()
    place = signature_path(folder)
    place.write_bytes(key.sign(_message(version, manifest)))
    return place


def vouched_by(folder: Path, version: str, registry: Path) -> Callable[[bytes], None]:
    """A check of the manifest's bytes for `read_bundle`: DataFault where the signature beside the bundle is
    missing, is of another version, other bytes or another key, or where there is no public key."""

    def check(manifest: bytes) -> None:
        key = _public_key(registry)
        try:
            with signature_path(folder).open("rb") as stream:
                signature = stream.read(SIGNATURE_BYTES + 1)
        except OSError:
            raise _refused("missing", "a signature beside the bundle") from None
        try:
            key.verify(signature, _message(version, manifest))
        except InvalidSignature:
            told = f"of another key, another version than {version}, or other bytes"
            raise _refused(told, "that of this version by the key of bundle.pub") from None

    return check


def _refused(value: str, allowed: str) -> DataFault:
    return DataFault(TITLE, [Fault(SIGNATURE, value, allowed, SIGN_AGAIN)])


def _message(version: str, manifest: bytes) -> bytes:
    return f"vitals bundle\n{version}\n{hashlib.sha256(manifest).hexdigest()}\n".encode()


def check_keys(registry: Path) -> None:
    """WrongUse where what is there of the keys cannot sign what this registry's public key would vouch for:
    asked before hours of training, since such a version could never answer."""
    if _private_path(registry).exists() or public_path(registry).exists():
        _private_key(registry)


def _private_path(registry: Path) -> Path:
    return Path(os.environ.get(PRIVATE_ENV) or registry / PRIVATE)


def _private_key(registry: Path) -> Ed25519PrivateKey:
    path, public = _private_path(registry), public_path(registry)
    if not path.exists():
        if public.exists():
            raise _apart(path, "missing", public)
        _write_once(path, Ed25519PrivateKey.generate().private_bytes_raw().hex(), 0o600)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        fault = Fault(str(path), f"mode {mode:04o}", "a file that only its owner reads", f"chmod 600 {path}")
        raise WrongUse("the key that signs bundles lies open", [fault])
    key = Ed25519PrivateKey.from_private_bytes(_key_bytes(path))
    _write_once(public, key.public_key().public_bytes_raw().hex(), 0o644)
    if _key_bytes(public) != key.public_key().public_bytes_raw():
        raise _apart(path, "another key's", public)
    return key


def _apart(private: Path, value: str, public: Path) -> WrongUse:
    step = f"restore it, or remove it and {public}, and train again: what they signed is then no longer used"
    fault = Fault(str(private), value, f"the private key of {public}", step)
    return WrongUse("the two keys of this registry do not belong together", [fault])


def _public_key(registry: Path) -> Ed25519PublicKey:
    path = public_path(registry)
    if not path.exists():
        step = f"copy bundle.pub of the registry that trained it, or name it in {PUBLIC_ENV}; or train again"
        raise DataFault(TITLE, [Fault(PUBLIC, "missing", "the public key of bundles", step)])
    try:
        return Ed25519PublicKey.from_public_bytes(_key_bytes(path))
    except WrongUse as fault:
        raise DataFault(TITLE, fault.faults) from None


def public_path(registry: Path) -> Path:
    """Where the public key of a registry's bundles is looked for."""
    return Path(os.environ.get(PUBLIC_ENV) or registry / PUBLIC)


def signature_path(folder: Path) -> Path:
    """Where the signature of the bundle in `folder` stands."""
    return folder.parent / SIGNATURE


def _key_bytes(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        step = (
            "restore the file, or remove both keys and train again: what they signed is then no longer used"
        )
        raise WrongUse("this key cannot be used", [Fault(str(path), "unreadable", "64 hex digits", step)])
    return key


def _write_once(path: Path, text: str, mode: int) -> None:
    """Writes the file whole, unless it exists: two trainings that start at once end with one key."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
        stream.write(text + "\n")
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass
    finally:
        scratch.unlink()

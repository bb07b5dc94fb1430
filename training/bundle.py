"""A trained model as a folder of plain arrays and JSON, with a checksum per file. Nothing is unpickled.

    <array>.npy       float64, int32, bool or uint8, little-endian, in C order
    <document>.json   canonical JSON: sorted keys, UTF-8, no NaN
    manifest.json     {"format": 2, "files": {name: {"sha256": …, "size": …}}}

The same arrays and documents give the same bytes. Reading checks every file's size and SHA-256 (FIPS 180-4)
over the very bytes it then parses, before any of them is parsed, and refuses whatever is not exactly as the
manifest says. Checksums show damage; who wrote the bundle is shown by the signature that stands beside it
(`bundle_signature`), which is checked over the manifest's bytes before those are parsed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from features.faults import DataFault, Fault, WrongUse
from training.bundle_files import (
    DTYPE_NAMES,
    DTYPES,
    array_bytes,
    canonical_json,
    is_file_name,
    parsed_array,
    parsed_document,
    reads_back,
)

MANIFEST = "manifest.json"
FORMAT = 2  # 1 held trees and their line alone
MAX_FILES = 100
MAX_MANIFEST = 100_000  # bytes
MAX_FILE = 256 * 2**20  # bytes
MAX_BUNDLE = 2**30  # bytes of all files
MAKE_AGAIN = "copy the bundle again, or make it again with `vitals train`"


@dataclass(frozen=True, eq=False)
class Bundle:
    """What a bundle holds. The arrays are read-only. `fingerprint`: SHA-256 of the manifest's bytes."""

    arrays: Mapping[str, NDArray[Any]]
    documents: Mapping[str, dict[str, Any]]
    manifest: Mapping[str, Any]
    fingerprint: str


def write_bundle(
    folder: Path | str, arrays: Mapping[str, NDArray[Any]], documents: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """Writes the bundle into a new or empty folder, the manifest last, and returns the manifest.

    WrongUse, with every fault, where a name, a dtype or a document could not be read back as it is, or
    where the folder holds anything.

    >>> import tempfile, numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     manifest = write_bundle(folder, {"weight": np.array([1.5, np.nan])}, {"about": {"unit": "days"}})
    ...     bundle = read_bundle(folder)
    >>> sorted(manifest["files"])
    ['about.json', 'weight.npy']
    >>> bundle.arrays["weight"].tolist(), bundle.documents["about"]
    ([1.5, nan], {'unit': 'days'})
    """
    folder = Path(folder)
    _refuse_to_write([*_folder_faults(folder), *_content_faults(arrays, documents)])
    files = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
    files |= {f"{name}.json": canonical_json(document) for name, document in documents.items()}
    _refuse_to_write(list(_size_faults(files)))
    manifest = {"format": FORMAT, "files": {name: _entry(content) for name, content in sorted(files.items())}}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in [*files.items(), (MANIFEST, canonical_json(manifest))]:
        (folder / name).write_bytes(content)
    return manifest


def read_bundle(folder: Path | str, vouched: Callable[[bytes], None] = lambda _: None) -> Bundle:
    """Reads a bundle whose every byte is as it was written.

    `vouched` is handed the manifest's bytes before anything is parsed, and raises DataFault where nobody
    who is trusted has signed them. DataFault, naming each file at fault: missing, not in the manifest, a
    link, too large, changed, or of a content that `write_bundle` does not write.

    >>> read_bundle("no/such/folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    features.faults.DataFault: this bundle cannot be used
      - manifest.json is 'missing'; allowed: ...
    """
    folder, faults = Path(folder), list[Fault]()
    with _faults_of(MANIFEST, faults):
        text = _content(folder, MANIFEST, MAX_MANIFEST)
    _refuse(faults)
    vouched(text)
    with _faults_of(MANIFEST, faults):
        manifest = _checked_manifest(parsed_document(text))
    _refuse(faults)
    contents = _verified_contents(folder, manifest["files"])
    arrays, documents = {}, {}
    for name, content in contents.items():
        stem, _, kind = name.rpartition(".")
        with _faults_of(name, faults):
            if kind == "npy":
                arrays[stem] = parsed_array(content)
            else:
                documents[stem] = parsed_document(content)
    _refuse(faults)
    return Bundle(arrays, documents, manifest, hashlib.sha256(text).hexdigest())


def _folder_faults(folder: Path) -> Iterator[Fault]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        yield Fault("folder", str(folder), "a new or empty folder", "name another folder")


def _content_faults(arrays: Mapping[str, NDArray[Any]], documents: Mapping[str, Any]) -> Iterator[Fault]:
    names = [f"{name}.npy" for name in arrays] + [f"{name}.json" for name in documents]
    if len(names) > MAX_FILES:
        yield Fault("bundle", len(names), f"at most {MAX_FILES} files", "join arrays or documents")
    for name in names:
        if not is_file_name(name) or name == MANIFEST:
            allowed = "a lower-case name of letters, digits and _, other than 'manifest'"
            yield Fault(name, name, allowed, "give it another name")
    for name, array in arrays.items():
        if array.dtype.str not in DTYPES:
            yield Fault(f"{name}.npy", str(array.dtype), DTYPE_NAMES, "convert it with astype")
    for name, document in documents.items():
        if not reads_back(document):
            allowed = "an object of text keys, lists, texts, finite numbers, true, false and null"
            yield Fault(f"{name}.json", str(document)[:100], allowed, "take out what JSON cannot hold")


def _size_faults(files: Mapping[str, bytes]) -> Iterator[Fault]:
    for name, content in files.items():
        if len(content) > MAX_FILE:
            yield Fault(name, f"{len(content)} bytes", f"at most {MAX_FILE} bytes", "split it")


def _refuse_to_write(faults: list[Fault]) -> None:
    if faults:
        raise WrongUse("this bundle cannot be written", faults)


def _checked_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    """ValueError where it is not a format this version reads and proper file names with their entries."""
    if manifest.get("format") != FORMAT:
        raise ValueError(f"of format {manifest.get('format')!r}, and this version of Vitals reads {FORMAT}")
    files = manifest.get("files")
    if set(manifest) != {"format", "files"} or not isinstance(files, dict) or len(files) > MAX_FILES:
        raise ValueError(f"not a format and at most {MAX_FILES} files")
    for name, entry in files.items():
        if not is_file_name(name) or name == MANIFEST:
            raise ValueError(f"naming a file {name!r}")
        if not isinstance(entry, dict) or set(entry) != {"sha256", "size"}:
            raise ValueError(f"without size and checksum of {name!r}")
        if type(entry["size"]) is not int or not 0 <= entry["size"] <= MAX_FILE:
            raise ValueError(f"with a size of {name!r} that is not 0 to {MAX_FILE} bytes")
    if sum(entry["size"] for entry in files.values()) > MAX_BUNDLE:
        raise ValueError(f"over {MAX_BUNDLE} bytes of files")
    return manifest


def _verified_contents(folder: Path, files: Mapping[str, Any]) -> dict[str, bytes]:
    """The bytes of every file of the manifest, and of no other, once all of them are as it says."""
    extra = {path.name for path in folder.iterdir()} - {MANIFEST, *files}
    faults = [
        Fault(name, "not in the manifest", "the files of the manifest", MAKE_AGAIN) for name in sorted(extra)
    ]
    contents = {}
    for name, entry in files.items():
        with _faults_of(name, faults):
            contents[name] = _content(folder, name, entry["size"])
            if _entry(contents[name]) != entry:
                raise ValueError(f"changed: {_entry(contents[name])}, and the manifest says {entry}")
    _refuse(faults)
    return contents


def _content(folder: Path, name: str, limit: int) -> bytes:
    """At most `limit` bytes of a regular file, never through a link. ValueError otherwise."""
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise ValueError("no regular file" if path.is_symlink() or path.exists() else "missing")
    with path.open("rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"over {limit} bytes")
    return content


def _entry(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


@contextmanager
def _faults_of(name: str, faults: list[Fault]) -> Iterator[None]:
    """Any error inside becomes a fault of the file: the parsers raise many kinds on crafted bytes."""
    try:
        yield
    except Exception as error:
        faults.append(Fault(name, str(error)[:200], "a file just as write_bundle wrote it", MAKE_AGAIN))


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise DataFault("this bundle cannot be used", faults)

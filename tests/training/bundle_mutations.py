"""Damages to a bundle, drawn from a seed: what a disk, a copy or an attacker may do to its files.

A damage is tried three times over, and each time one more guard is taken away:

    as_it_is   the files alone are changed: the signature and the checksums stand
    signed     the manifest is made again over the changed bytes, and signed with the true key
    vouched    as `signed`, and the digest in golden.json is made again too: only the checks of structure
               and the golden rows are left
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from features.faults import DataFault
from training.bundle_files import array_bytes, canonical_json, parsed_array, parsed_document
from training.bundle_signature import sign_bundle, vouched_by
from training.golden_rows import content_of
from training.health_model import HealthModel, read_health_model, write_health_model

VERSION = "1"
GUARDS = ("as_it_is", "signed", "vouched")
Draw = np.random.Generator
Files = dict[str, bytes]


def flipped_bits(files: Files, draw: Draw) -> Files:
    name = _any(files, draw)
    content = bytearray(files[name])
    for place in draw.integers(len(content), size=draw.integers(1, 4)):
        content[place] ^= 1 << int(draw.integers(8))
    return {**files, name: bytes(content)}


def overwritten_bytes(files: Files, draw: Draw) -> Files:
    name = _any(files, draw)
    content, length = bytearray(files[name]), int(draw.integers(1, 17))
    start = int(draw.integers(len(content)))
    content[start : start + length] = draw.bytes(len(content[start : start + length]))
    return {**files, name: bytes(content)}


def truncated(files: Files, draw: Draw) -> Files:
    name = _any(files, draw)
    return {**files, name: files[name][: int(draw.integers(len(files[name])))]}


def extended(files: Files, draw: Draw) -> Files:
    name = _any(files, draw)
    return {**files, name: files[name] + draw.bytes(int(draw.integers(1, 64)))}


def swapped_arrays(files: Files, draw: Draw) -> Files:
    one, other = draw.choice(_named(files, ".npy"), 2, replace=False)
    return {**files, one: files[other], other: files[one]}


def left_out(files: Files, draw: Draw) -> Files:
    name = _any(files, draw)
    return {key: content for key, content in files.items() if key != name}


def resized_header(files: Files, draw: Draw) -> Files:
    """The array's header claims another shape, type, order or length than its bytes have."""
    name = str(draw.choice(_named(files, ".npy")))
    sides = ", ".join(str(int(2 ** draw.uniform(0, 62))) for _ in range(draw.integers(1, 5))) + ","
    kind = draw.choice(["<f8", "<i4", "|b1", "|u1", ">f8", "|O", "<U9", "<c16"])
    order = draw.choice(["False", "True", "None"])
    header = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': ({sides}), }}".ljust(117) + "\n"
    length = len(header) if draw.random() < 0.7 else int(draw.integers(2**16))
    return {**files, name: _npy(header, length) + files[name][128:]}


def hostile_header(files: Files, draw: Draw) -> Files:
    """A header that an evaluator would choke on, or run."""
    name, deep = str(draw.choice(_named(files, ".npy"))), int(draw.integers(100, 9_000))
    header = str(
        draw.choice(
            [
                "(" * deep,
                "-" * deep + "1",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * deep + "), }",
                "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * deep + ",), }",
                "__import__('os').system('true')",
                "{'descr': [('a', '<f8')] * " + "9" * 9 + ", 'fortran_order': False, 'shape': (1,), }",
            ]
        )
    )
    return {**files, name: _npy(header + "\n", min(len(header) + 1, 65_535)) + files[name][128:]}


def changed_number(files: Files, draw: Draw) -> Files:
    """One value of an array becomes one that a computation could stumble over."""
    name = str(draw.choice(_named(files, ".npy")))
    array = parsed_array(files[name]).copy()
    if not array.size:
        return files
    place = int(draw.integers(array.size))
    if array.dtype == np.float64:
        own = float(array.flat[place])
        array.flat[place] = draw.choice([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, own * 1.01, -own])
    else:
        edges = np.iinfo(array.dtype) if array.dtype != np.bool_ else None
        choices = [0, 1] if edges is None else [0, 1, edges.min, edges.max, int(array.flat[place]) ^ 1]
        array.flat[place] = draw.choice(choices)
    return {**files, name: array_bytes(array)}


def other_shape(files: Files, draw: Draw) -> Files:
    """A proper array of the same values in another shape or type."""
    name = str(draw.choice(_named(files, ".npy")))
    array = parsed_array(files[name])
    shapes: list[Any] = [array.reshape(-1), array[None], array[:-1] if array.ndim else array[None]]
    shapes += [array[::-1] if array.ndim else array, np.concatenate([array.reshape(-1)] * 2)]
    made = shapes[int(draw.integers(len(shapes)))]
    with np.errstate(invalid="ignore"):
        made = made.astype(draw.choice(["<f8", "<i4"])) if draw.random() < 0.3 else made
    return {**files, name: array_bytes(made)}


def changed_document(files: Files, draw: Draw) -> Files:
    """One value deep in a document becomes another, of any kind."""
    name = str(draw.choice(_named(files, ".json")))
    document = json.loads(files[name])
    _change_somewhere(document, draw)
    return {**files, name: canonical_json(document)}


def bombed_document(files: Files, draw: Draw) -> Files:
    """Nested a thousand levels and more, a number of thousands of digits, a key a hundred times over."""
    name, deep = str(draw.choice(_named(files, ".json"))), int(draw.integers(500, 50_000))
    bombs = [
        b'{"a":' * deep + b"1" + b"}" * deep,
        b'{"a":' + b"[" * deep + b"]" * deep + b"}\n",
        b'{"a":' + b"9" * deep + b"}\n",
        b'{"a":1e' + b"9" * 9 + b"}\n",
        b"{" + b'"a":1,' * deep + b'"a":1}\n',
        b"\xff" * deep,
        b"PK\x03\x04" + bytes(deep),
        b"\x80\x04\x95cposix\nsystem\n" + bytes(deep),
    ]
    return {**files, name: bombs[int(draw.integers(len(bombs)))]}


MUTATIONS: tuple[Callable[[Files, Draw], Files], ...] = (
    flipped_bits,
    overwritten_bytes,
    truncated,
    extended,
    swapped_arrays,
    left_out,
    resized_header,
    hostile_header,
    changed_number,
    other_shape,
    changed_document,
    bombed_document,
)


@dataclass(frozen=True)
class Tried:
    """`outcome`: `identical` (nothing was changed), `refused`, or `accepted`; `why`: the refusal's title."""

    mutation: str
    guard: str
    outcome: str
    why: str
    model: HealthModel | None = None


class Workbench:
    """A registry with one signed bundle in `folder`, to be damaged again and again."""

    def __init__(self, model: HealthModel, folder: Path) -> None:
        self.registry, self.bundle = folder, folder / "artifacts" / "bundle"
        write_health_model(self.bundle, model)
        sign_bundle(self.bundle, VERSION, folder)
        self.good = {path.name: path.read_bytes() for path in self.bundle.iterdir()}
        self.there = self.good
        self.signature = (folder / "artifacts" / "bundle.sig").read_bytes()

    def tried(self, number: int, seed: int) -> Tried:
        """Damage `number`: its kind and guard go round, the rest is drawn from both numbers."""
        mutation, guard = MUTATIONS[number % len(MUTATIONS)], GUARDS[number // len(MUTATIONS) % len(GUARDS)]
        draw = np.random.default_rng([seed, number])
        files = mutation(dict(self.good), draw)
        if guard != "as_it_is":
            files = self._vouched_for(files) if guard == "vouched" else files
            files = _with_manifest(files)
        self._put(files, signed=guard != "as_it_is")
        if files == self.good:
            return Tried(mutation.__name__, guard, "identical", "")
        try:
            model = read_health_model(self.bundle, vouched_by(self.bundle, VERSION, self.registry))
        except DataFault as fault:
            return Tried(mutation.__name__, guard, "refused", fault.title)
        return Tried(mutation.__name__, guard, "accepted", "", model)

    def _put(self, files: Files, signed: bool) -> None:
        """Writes what is not there yet as it should be, and removes what should not be."""
        for name in {*self.there, *files}:
            if name not in files:
                (self.bundle / name).unlink()
            elif files[name] is not self.there.get(name):
                (self.bundle / name).write_bytes(files[name])
        self.there = files
        if signed and "manifest.json" in files:
            sign_bundle(self.bundle, VERSION, self.registry)
        else:
            (self.bundle.parent / "bundle.sig").write_bytes(self.signature)

    def _vouched_for(self, files: Files) -> Files:
        """The digest in golden.json made again, where what it is of can be read at all."""
        try:
            arrays = {name[:-4]: parsed_array(files[name]) for name in _named(files, ".npy")}
            documents = {name[:-5]: parsed_document(files[name]) for name in _named(files, ".json")}
            golden = {"segments": documents["golden"]["segments"]}
            golden["content"] = content_of(arrays, {**documents, "golden": golden})
        except (ValueError, KeyError, RecursionError):
            return files
        return {**files, "golden.json": canonical_json(golden)}


def _with_manifest(files: Files) -> Files:
    entries = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in sorted(files.items())
        if name != "manifest.json"
    }
    return {**files, "manifest.json": canonical_json({"format": 2, "files": entries})}


def _any(files: Files, draw: Draw) -> str:
    """Any file, small ones as often as large ones; the manifest too."""
    return str(draw.choice(sorted(files)))


def _named(files: Files, ending: str) -> list[str]:
    return sorted(name for name in files if name.endswith(ending) and name != "manifest.json")


def _npy(header: str, length: int) -> bytes:
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + header.encode()


def _change_somewhere(document: Any, draw: Draw) -> None:
    """Walks down at random, and changes or removes what it ends at."""
    while True:
        keys = list(document) if isinstance(document, dict) else range(len(document))
        if not keys:
            return
        key = keys[int(draw.integers(len(keys)))]
        inner = document[key]
        if isinstance(inner, dict | list) and inner and draw.random() < 0.9:
            document = inner
            continue
        others = [None, True, -1, 0, 10**30, 1.5e300, "", "x" * 300, [], {}, [[1]], {"a": 1}]
        if draw.random() < 0.2:
            del document[key]
        else:
            document[key] = others[int(draw.integers(len(others)))]
        return

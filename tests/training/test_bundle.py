"""A bundle gives back what was written, to the byte, or refuses and says which file is at fault."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as np_st

from features.faults import DataFault, WrongUse
from training import bundle as bundle_module
from training.bundle import read_bundle, write_bundle
from training.bundle_files import canonical_json

ARRAYS = {
    "threshold": np.array([[1.5, np.nan], [np.inf, -0.0]]),
    "feature": np.array([3, 1, 2], dtype=np.int32),
    "default_left": np.array([True, False]),
    "missing": np.array([0, 2, 255], dtype=np.uint8),
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "model": {"features": ["席位", "nps"], "slope": 0.1, "note": None},
    "empty": {},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good bundle. Tests change copies of it."""
    folder = tmp_path_factory.mktemp("bundles") / "good"
    write_bundle(folder, ARRAYS, DOCUMENTS)
    return folder


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "copy"))


def refusal(folder: Path) -> str:
    with pytest.raises(DataFault) as caught:
        read_bundle(folder)
    assert "Next: copy the bundle again, or make it again with `vitals train`" in str(caught.value)
    return str(caught.value)


def sealed(folder: Path, name: str, content: bytes) -> Path:
    """Puts a file into the bundle under a manifest that vouches for it."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (folder / "manifest.json").write_bytes(canonical_json(manifest))
    return folder


def test_what_is_read_is_what_was_written(written: Path) -> None:
    read = read_bundle(written)
    assert read.documents == DOCUMENTS
    assert set(read.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert read.arrays[name].dtype == array.dtype
        assert read.arrays[name].shape == array.shape
        assert read.arrays[name].tobytes() == array.tobytes()
    assert not any(array.flags.writeable for array in read.arrays.values())
    assert read.fingerprint == hashlib.sha256((written / "manifest.json").read_bytes()).hexdigest()


@settings(deadline=None, max_examples=30)
@given(
    array=np_st.arrays(
        st.sampled_from(["<f8", "<i4", "|b1", "|u1"]), np_st.array_shapes(min_dims=0, min_side=0)
    ),
    fortran=st.booleans(),
)
def test_every_allowed_array_comes_back(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, fortran: bool
) -> None:
    folder = tmp_path_factory.mktemp("one")
    write_bundle(folder, {"a": np.asfortranarray(array) if fortran and array.ndim else array}, {})
    read = read_bundle(folder).arrays["a"]
    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_the_same_content_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    turned = {name: dict(reversed(document.items())) for name, document in reversed(DOCUMENTS.items())}
    write_bundle(tmp_path / "again", dict(reversed(ARRAYS.items())), turned)
    assert [p.name for p in sorted(written.iterdir())] == [
        p.name for p in sorted((tmp_path / "again").iterdir())
    ]
    for path in written.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_bundle_on_disk_looks_like_this(tmp_path: Path) -> None:
    write_bundle(tmp_path, {"weight": np.zeros(2)}, {"about": {"unit": "days", "from": "2026-01-01"}})
    assert (tmp_path / "about.json").read_text() == '{"from":"2026-01-01","unit":"days"}\n'
    assert (tmp_path / "weight.npy").stat().st_size == 128 + 2 * 8
    assert json.loads((tmp_path / "manifest.json").read_text())["files"]["weight.npy"]["size"] == 144


FILES = sorted(
    [*(f"{name}.npy" for name in ARRAYS), *(f"{name}.json" for name in DOCUMENTS), "manifest.json"]
)


@settings(deadline=None, max_examples=150)
@given(name=st.sampled_from(FILES), data=st.data())
def test_no_damage_to_any_file_goes_unseen(written: Path, name: str, data: st.DataObject) -> None:
    good = (written / name).read_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    damaged = data.draw(
        st.sampled_from(
            [
                good[:place] + bytes([good[place] ^ 1 << data.draw(st.integers(0, 7))]) + good[place + 1 :],
                good[:place],
                good[:place] + good[place + 1 :],
                good[:place] + data.draw(st.binary(min_size=1, max_size=9)) + good[place:],
            ]
        )
    )
    try:
        (written / name).write_bytes(damaged)
        message = refusal(written)  # a damaged name in the manifest is told as a file missing, one too many
        assert f"  - {name} is " in message or name == "manifest.json"
    finally:
        (written / name).write_bytes(good)
    read_bundle(written)


def test_a_changed_file_is_named_with_both_checksums(copy: Path) -> None:
    (copy / "model.json").write_bytes(b"{}\n")
    message = refusal(copy)
    assert "model.json is \"changed: {'sha256': 'ca3d163b" in message
    assert "and the manifest says" in message


def test_checksums_are_compared_before_anything_is_parsed(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed_too_early(content: bytes) -> None:
        raise AssertionError("parsed before it was verified")

    monkeypatch.setattr(bundle_module, "parsed_array", parsed_too_early)
    (copy / "empty.json").write_bytes(b"{ }")  # of all files, the one that is read first
    assert "parsed before" not in refusal(copy)


def test_all_files_at_fault_are_named_at_once(copy: Path) -> None:
    (copy / "feature.npy").unlink()
    (copy / "extra.pkl").write_bytes(b"")
    (copy / "threshold.npy").write_bytes(b"")
    message = refusal(copy)
    assert "  - feature.npy is 'missing'; allowed: a file just as write_bundle wrote it" in message
    assert "  - extra.pkl is 'not in the manifest'; allowed: the files of the manifest" in message
    assert "  - threshold.npy is \"changed: {'sha256': 'e3b0c442" in message


def test_a_link_is_refused_even_to_the_right_content(copy: Path, written: Path) -> None:
    for name in ("model.json", "manifest.json"):
        (copy / name).unlink()
        (copy / name).symlink_to(written / name)
        assert f"  - {name} is 'no regular file'" in refusal(copy)


def test_a_folder_in_place_of_a_file_is_refused(copy: Path) -> None:
    (copy / "model.json").unlink()
    (copy / "model.json").mkdir()
    assert "model.json is 'no regular file'" in refusal(copy)


def test_too_large_a_file_is_refused_unread(copy: Path) -> None:
    os.truncate(copy / "feature.npy", 10**12)  # sparse: takes no room
    assert "feature.npy is 'over 140 bytes'" in refusal(copy)
    os.truncate(copy / "manifest.json", 10**12)
    assert "manifest.json is 'over 100000 bytes'" in refusal(copy)


@pytest.mark.parametrize("folder", ["nowhere", "copy/model.json"])
def test_what_is_no_bundle_is_refused(copy: Path, folder: str) -> None:
    assert "manifest.json is 'missing'" in refusal(copy.parent / folder)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"format": 1, "files": {}}, "of format 1, and this version of Vitals reads 2"),
        ({"files": {}}, "of format None"),
        ({"format": 2}, "not a format and at most 100 files"),
        ({"format": 2, "files": []}, "not a format and at most 100 files"),
        ({"format": 2, "files": {}, "more": 1}, "not a format and at most 100 files"),
        ({"format": 2, "files": {f"a{i}.npy": {} for i in range(101)}}, "not a format and at most 100 files"),
        ({"format": 2, "files": {"../keys.json": {}}}, "naming a file '../keys.json'"),
        ({"format": 2, "files": {"manifest.json": {}}}, "naming a file 'manifest.json'"),
        ({"format": 2, "files": {"model.pkl": {}}}, "naming a file 'model.pkl'"),
        ({"format": 2, "files": {"a.npy": {"size": 1}}}, "without size and checksum of 'a.npy'"),
        ({"format": 2, "files": {"a.npy": None}}, "without size and checksum of 'a.npy'"),
        (
            {"format": 2, "files": {"a.npy": {"sha256": "", "size": 2**28 + 1}}},
            "with a size of 'a.npy' that is not 0 to 268435456 bytes",
        ),
        (
            {"format": 2, "files": {"a.npy": {"sha256": "", "size": True}}},
            "with a size of 'a.npy' that is not 0 to",
        ),
        (
            {"format": 2, "files": {f"a{i}.npy": {"sha256": "", "size": 2**28} for i in range(5)}},
            "over 1073741824 bytes of files",
        ),
        ([1], "not an object in canonical JSON"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(copy: Path, manifest: object, message: str) -> None:
    (copy / "manifest.json").write_bytes(canonical_json(manifest))
    assert message in refusal(copy)


def npy(header: str, body: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    header = header.ljust(117) + "\n"  # as NumPy pads it
    return b"\x93NUMPY" + version + len(header).to_bytes(2, "little") + header.encode() + body


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n"),
            "|O, not float64",
        ),
        (
            npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", bytes(8)),
            ">f8, not float64, int32",
        ),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", bytes(4)), "<f4, not float64"),
        (npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1), }", bytes(8)), "<f8 in Fortran order"),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9**9, 9**9), }"),
            "a header that write_bundle does not write",
        ),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (387420489, 387420489), }"),
            "do not hold an array of",
        ),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", bytes(8)),
            "a header that write_bundle does not write",
        ),
        (
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes(9)),
            "do not hold an array of shape (1,)",
        ),
        (npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", b"\x01\x02"), "neither 0 nor 1"),
        (npy("__import__('os').getcwd()"), "a header that write_bundle does not write"),
        (npy("{'descr': '<f8'}", version=b"\x02\x00"), "not version 1.0 of the npy format"),
        (npy("(" * 9000), "a file just as write_bundle wrote it"),
        (b"PK\x03\x04", "a file just as write_bundle wrote it"),
        (b"", "a file just as write_bundle wrote it"),
    ],
)
def test_a_crafted_array_is_refused_although_its_checksum_is_right(
    copy: Path, content: bytes, message: str
) -> None:
    refused = refusal(sealed(copy, "crafted.npy", content))
    assert "  - crafted.npy is " in refused
    assert message in refused


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1}\n',
        b'{"a":1}',
        b'{"a":1,"a":2}\n',
        b'{"b":1,"a":2}\n',
        b'{"a":NaN}\n',
        b'{"a":1e999}\n',
        b"[1]\n",
        b"",
        b"\xff\xfe",
        '{"a":1}\n'.encode("utf-16"),
        b'{"a":' * 100_000,
        b'{"a":' + b"9" * 5000 + b"}\n",
    ],
)
def test_a_crafted_document_is_refused_although_its_checksum_is_right(copy: Path, content: bytes) -> None:
    assert "  - crafted.json is " in refusal(sealed(copy, "crafted.json", content))


@settings(deadline=None, max_examples=100)
@given(header=st.text(max_size=200), body=st.binary(max_size=50))
def test_no_header_of_an_array_crashes_the_reader(written: Path, header: str, body: bytes) -> None:
    manifest = (written / "manifest.json").read_bytes()
    try:
        content = b"\x93NUMPY\x01\x00" + len(header.encode()).to_bytes(2, "little") + header.encode() + body
        assert "  - crafted.npy is " in refusal(sealed(written, "crafted.npy", content))
    finally:
        (written / "crafted.npy").unlink()
        (written / "manifest.json").write_bytes(manifest)


@pytest.mark.parametrize(
    ("arrays", "documents", "message"),
    [
        ({"a": np.zeros(2, np.float32)}, {}, "a.npy is 'float32'; allowed: float64, int32, bool or uint8"),
        ({"a": np.zeros(2, ">f8")}, {}, "a.npy is '>f8'; allowed: float64"),
        ({"a": np.array([None])}, {}, "a.npy is 'object'; allowed: float64"),
        (
            {"../a": np.zeros(2)},
            {},
            "../a.npy is '../a.npy'; allowed: a lower-case name of letters, digits and _",
        ),
        ({"A": np.zeros(2)}, {}, "A.npy is 'A.npy'; allowed: a lower-case name"),
        ({}, {"manifest": {}}, "manifest.json is 'manifest.json'; allowed: a lower-case name"),
        ({}, {"a": {"share": float("nan")}}, "a.json is \"{'share': nan}\"; allowed: an object of text keys"),
        ({}, {"a": {1: "one"}}, "a.json is \"{1: 'one'}\"; allowed: an object of text keys"),
        ({}, {"a": {"pair": (1, 2)}}, "a.json is \"{'pair': (1, 2)}\"; allowed: an object of text keys"),
        ({}, {"a": [1]}, "a.json is '[1]'; allowed: an object of text keys"),
        ({f"a{i}": np.zeros(1) for i in range(101)}, {}, "bundle is 101; allowed: at most 100 files"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(
    tmp_path: Path, arrays: dict[str, Any], documents: dict[str, Any], message: str
) -> None:
    with pytest.raises(WrongUse) as caught:
        write_bundle(tmp_path / "new", arrays, documents)
    assert message in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_file_too_large_to_be_read_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "MAX_FILE", 1000)
    with pytest.raises(
        WrongUse, match=r"a\.npy is '8128 bytes'; allowed: at most 1000 bytes\. Next: split it"
    ):
        write_bundle(tmp_path / "new", {"a": np.zeros(1000)}, {})
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_anything_is_not_written_to(copy: Path) -> None:
    for place in (copy, copy / "model.json"):
        with pytest.raises(WrongUse, match=r"allowed: a new or empty folder\. Next: name another folder"):
            write_bundle(place, ARRAYS, DOCUMENTS)
    read_bundle(copy)

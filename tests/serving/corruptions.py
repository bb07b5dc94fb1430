"""The catalogue of corruptions: what may be wrong with a call, a row, a bundle or a book, by name.

Each ends in a typed error or in an answer that is flagged; `test_corruptions.py` holds every one of them.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from training.bundle_files import array_bytes, canonical_json, parsed_array
from training.bundle_signature import sign_bundle

Row = dict[str, Any]


class Call(NamedTuple):
    """A body of `POST /v1/predict` that is refused: with which status, and naming which field."""

    name: str
    body: bytes
    status: int
    field: str
    sent_as: str = "application/json"


class Flagged(NamedTuple):
    """Rows that are answered: which feature stands in which list of every account."""

    name: str
    rows: Callable[[list[Row]], list[Row]]
    flag: str
    feature: str


class Broken(NamedTuple):
    """What is done to a champion's bundle; `says`: a part of the reason that is told."""

    name: str
    damage: Callable[[Path], None]
    says: str


class Spoilt(NamedTuple):
    """What is done to a book's folder of CSV files; `field`: what the fault names."""

    name: str
    damage: Callable[[Path], None]
    field: str


def body(**features: Any) -> bytes:
    return json.dumps({"rows": [{"account_id": "A-1", "features": features}]}).encode()


def rows_of(*rows: str) -> bytes:
    return f'{{"rows": [{", ".join(rows)}]}}'.encode()


PLAIN = '{"account_id": "A-1", "features": {}}'
AT = "rows[0].features"
PICKLE = pickle.dumps(OSError("hostile"))
CALLS = [
    Call("a renamed feature", body(seat_utilization_30d=0.5), 422, f"{AT}.seat_utilization_30d"),
    Call("a feature in other case", body(Seat_Utilisation_30d=0.5), 422, f"{AT}.Seat_Utilisation_30d"),
    Call("a feature of another window", body(seat_utilisation_31d=0.5), 422, f"{AT}.seat_utilisation_31d"),
    Call("a number as text", body(seat_utilisation_30d="0.5"), 422, f"{AT}.seat_utilisation_30d"),
    Call(
        "a number with a decimal comma", body(seat_utilisation_30d="0,5"), 422, f"{AT}.seat_utilisation_30d"
    ),
    Call("a flag as true", body(renewal_at_risk=True), 422, f"{AT}.renewal_at_risk"),
    Call("a number in a list", body(seat_utilisation_30d=[0.5]), 422, f"{AT}.seat_utilisation_30d"),
    Call("a number in an object", body(seat_utilisation_30d={"v": 1}), 422, f"{AT}.seat_utilisation_30d"),
    Call("NaN", body(seat_utilisation_30d=float("nan")), 422, f"{AT}.seat_utilisation_30d"),
    Call("infinity", body(seat_utilisation_30d=float("inf")), 422, f"{AT}.seat_utilisation_30d"),
    Call("minus infinity", body(seat_utilisation_30d=float("-inf")), 422, f"{AT}.seat_utilisation_30d"),
    Call(
        "a number beyond float64",
        rows_of('{"account_id": "A-1", "features": {"seat_utilisation_30d": 1e999}}'),
        422,
        f"{AT}.seat_utilisation_30d",
    ),
    Call("an integer beyond float64", body(seat_utilisation_30d=10**400), 422, f"{AT}.seat_utilisation_30d"),
    Call("features as a list", b'{"rows": [{"account_id": "A-1", "features": [1]}]}', 422, AT),
    Call("features as null", b'{"rows": [{"account_id": "A-1", "features": null}]}', 422, AT),
    Call("a row without features", b'{"rows": [{"account_id": "A-1"}]}', 422, "rows[0].features"),
    Call("a row without an id", b'{"rows": [{"features": {}}]}', 422, "rows[0].account_id"),
    Call(
        "an id that is a number", b'{"rows": [{"account_id": 1, "features": {}}]}', 422, "rows[0].account_id"
    ),
    Call("an empty id", b'{"rows": [{"account_id": "", "features": {}}]}', 422, "rows[0].account_id"),
    Call("an id twice", rows_of(PLAIN, PLAIN), 422, "rows[1].account_id"),
    Call("a key twice in one object", b'{"rows": [], "rows": []}', 400, "body"),
    Call("no rows", b'{"rows": []}', 422, "rows"),
    Call("more rows than a call may have", rows_of(*["0"] * 1001), 422, "rows"),
    Call("a key that is not known", b'{"rows": [' + PLAIN.encode() + b'], "mode": 1}', 422, "mode"),
    Call(
        "a segment that is no text",
        b'{"rows": [{"account_id": "A-1", "features": {}, "segment": 7}]}',
        422,
        "rows[0].segment",
    ),
    Call("more drivers than are shown", b'{"rows": [' + PLAIN.encode() + b'], "top": 51}', 422, "top"),
    Call("explain as text", b'{"rows": [' + PLAIN.encode() + b'], "explain": "yes"}', 422, "explain"),
    Call("a truncated body", body(seat_utilisation_30d=0.5)[:-4], 400, "body"),
    Call("an empty body", b"", 400, "body"),
    Call("UTF-16", body().decode().encode("utf-16"), 400, "body"),
    Call("Latin-1", '{"rows": [{"account_id": "Müller", "features": {}}]}'.encode("latin-1"), 400, "body"),
    Call("a byte order mark", b"\xef\xbb\xbf" + body(), 400, "body"),
    Call("nested without end", b'{"rows": ' + b"[" * 200_000, 400, "body"),
    Call("a number of ten thousand digits", b"9" * 10_000, 400, "body"),
    Call("a pickle as JSON", PICKLE, 400, "body"),
    Call("a pickle as BentoML's own", PICKLE, 415, "Content-Type", "application/vnd.bentoml+pickle"),
    Call("multipart", b"--x\r\n", 415, "Content-Type", "multipart/form-data; boundary=x"),
    Call("a form", b"rows=1", 415, "Content-Type", "application/x-www-form-urlencoded"),
    Call("Arrow", b"ARROW1\0\0", 415, "Content-Type", "application/vnd.apache.arrow.stream"),
    Call("no type", b"{}", 415, "Content-Type", ""),
    Call("a body over its limit", b" " * 8_000_001, 413, "body"),
]


def without(feature: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{name: value for name, value in row.items() if name != feature} for row in rows]


def each(feature: str, change: Callable[[float], float | None]) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [
        {**row, feature: None if row[feature] is None else change(row[feature])} for row in rows
    ]


DAYS, SEATS, STICKY = "days_since_last_use", "seat_utilisation_30d", "sticky_feature_user_share_30d"
FLAGGED = [
    Flagged("a column that is missing", without(SEATS), "vanished", SEATS),
    Flagged("a column of nothing but null", each(SEATS, lambda _: None), "vanished", SEATS),
    Flagged("all columns missing", lambda rows: [{} for _ in rows], "vanished", DAYS),
    Flagged("missing where training always knew it", without(DAYS), "missing_unseen", DAYS),
    Flagged("a constant column", each(SEATS, lambda _: 0.5), "constant", SEATS),
    Flagged("a column filled with zeros", each(SEATS, lambda _: 0.0), "constant", SEATS),
    Flagged("1e308", each(SEATS, lambda _: 1e308), "out_of_range", SEATS),
    Flagged("-1e308", each(SEATS, lambda _: -1e308), "out_of_range", SEATS),
    Flagged("a share in percent", each(STICKY, lambda value: value * 100 + 20), "out_of_range", STICKY),
    Flagged("a negative share", each(SEATS, lambda value: -value - 0.1), "out_of_range", SEATS),
    Flagged("units times 1000", each(DAYS, lambda value: (value + 1) * 1000), "out_of_range", DAYS),
    Flagged(
        "days as milliseconds since 1970", each(DAYS, lambda value: 1.7e12 + value), "out_of_range", DAYS
    ),
    Flagged("a code for missing, -999", each(DAYS, lambda _: -999.0), "out_of_range", DAYS),
]


def written(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda bundle: _write(bundle / name, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def cut(name: str, keep: float) -> Callable[[Path], None]:
    return lambda bundle: _write(
        bundle / name, (bundle / name).read_bytes()[: int(keep * (bundle / name).stat().st_size)]
    )


def flipped(name: str) -> Callable[[Path], None]:
    def damage(bundle: Path) -> None:
        content = bytearray((bundle / name).read_bytes())
        content[-1] ^= 1
        _write(bundle / name, bytes(content))

    return damage


def swapped(one: str, other: str) -> Callable[[Path], None]:
    def damage(bundle: Path) -> None:
        first, second = (bundle / one).read_bytes(), (bundle / other).read_bytes()
        _write(bundle / one, second)
        _write(bundle / other, first)

    return damage


def signed_again(change: Callable[[Path], None]) -> Callable[[Path], None]:
    """The change under a manifest made again, signed with the true key: only what is inside can tell."""

    def damage(bundle: Path) -> None:
        change(bundle)
        files = {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size}
            for path in sorted(bundle.iterdir())
            if path.name != "manifest.json"
        }
        _write(bundle / "manifest.json", canonical_json({"format": 2, "files": files}))
        sign_bundle(bundle, "1", bundle.parents[5])

    return damage


def numbers(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """Other numbers in an array, signed."""

    def damage(bundle: Path) -> None:
        array = parsed_array((bundle / name).read_bytes()).copy()
        _write(bundle / name, array_bytes(change(array)))

    return signed_again(damage)


def _only(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda array: np.full_like(array, value)


def _signed_as_another(bundle: Path) -> None:
    sign_bundle(bundle, "2", bundle.parents[5])


def _linked(bundle: Path) -> None:
    (bundle / "model.json").rename(bundle.parent / "model.json")
    (bundle / "model.json").symlink_to(bundle.parent / "model.json")


BROKEN = [
    Broken("one bit of an array", flipped("leaf_value.npy"), 'leaf_value.npy is "changed'),
    Broken("one bit of a document", flipped("pool.json"), 'pool.json is "changed'),
    Broken("one bit of the manifest", flipped("manifest.json"), "other bytes"),
    Broken("a truncated array", cut("linear_factor.npy", 0.5), 'linear_factor.npy is "changed'),
    Broken("an empty array", cut("threshold.npy", 0), 'threshold.npy is "changed'),
    Broken("a truncated manifest", cut("manifest.json", 0.5), "other bytes"),
    Broken("two arrays swapped", swapped("linear_mean.npy", "linear_coefficients.npy"), "changed"),
    Broken(
        "an array gone", lambda bundle: (bundle / "value_knots.npy").unlink(), "value_knots.npy is 'missing'"
    ),
    Broken("the whole bundle gone", lambda bundle: shutil.rmtree(bundle), "manifest.json is 'missing'"),
    Broken("a file too many", written("extra.pkl", PICKLE), "extra.pkl is 'not in the manifest'"),
    Broken("a link in place of a file", _linked, "model.json is 'no regular file'"),
    Broken("no signature", lambda bundle: (bundle.parent / "bundle.sig").unlink(), "bundle.sig is 'missing'"),
    Broken(
        "the signature of another key",
        lambda bundle: _write(bundle.parents[5] / "bundle.pub", b"00" * 32),
        "bundle.sig is",
    ),
    Broken(
        "no public key", lambda bundle: (bundle.parents[5] / "bundle.pub").unlink(), "bundle.pub is 'missing'"
    ),
    Broken("signed as another version", _signed_as_another, "another version"),
    Broken("a pickle signed", signed_again(written("model.pkl", PICKLE)), "naming a file 'model.pkl'"),
    Broken(
        "a pickle in an array's place, signed", signed_again(written("bag.npy", PICKLE)), "not version 1.0"
    ),
    Broken("a JSON bomb signed", signed_again(written("model.json", b'{"a":' * 50_000)), "model.json is"),
    Broken("thresholds of NaN signed", numbers("threshold.npy", _only(np.nan)), "trees.threshold"),
    Broken("children in a circle signed", numbers("left.npy", _only(0)), "trees.left"),
    Broken("leaves of 1e300 signed", numbers("leaf_value.npy", _only(1e300)), "trees.leaf_value"),
    Broken("a feature beyond the last signed", numbers("feature.npy", _only(10_000)), "trees.feature"),
    Broken(
        "coefficients of infinity signed", numbers("linear_coefficients.npy", _only(np.inf)), "not finite"
    ),
    Broken(
        "another model's leaves signed", numbers("leaf_value.npy", lambda a: a * 1.5), "golden.json: content"
    ),
    Broken(
        "no golden rows, signed",
        signed_again(lambda bundle: (bundle / "golden.json").unlink()),
        "golden rows is 'missing'",
    ),
]


def _csv(bundle: Path, table: str) -> Path:
    return bundle / f"{table}.csv"


def _folder_instead(book: Path) -> None:
    _csv(book, "accounts").unlink()
    _csv(book, "accounts").mkdir()


def edited(table: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    return lambda book: _write(_csv(book, table), change(_csv(book, table).read_text()).encode())


def bytes_of(table: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda book: _write(_csv(book, table), change(_csv(book, table).read_bytes()))


SPOILT = [
    Spoilt(
        "a table's column renamed",
        edited("accounts", lambda t: t.replace("account_id", "AccountNo", 1)),
        "account_id",
    ),
    Spoilt("a table's column missing", edited("accounts", lambda t: "name\nAlpha\n"), "account_id"),
    Spoilt("an id twice in a table", edited("accounts", lambda t: t + t.splitlines()[1] + "\n"), "accounts"),
    Spoilt("an empty file", edited("accounts", lambda t: ""), "accounts"),
    Spoilt(
        "mixed encodings", bytes_of("accounts", lambda b: b + "A-9,Müller\n".encode("latin-1")), "accounts"
    ),
    Spoilt("no table of accounts", lambda book: _csv(book, "accounts").unlink(), "accounts"),
    Spoilt("a folder in a table's place", _folder_instead, "accounts"),
]

"""A few rows with the answers they got when the bundle was made: recomputed before the model is used.

Checksums show that the files are as they were written, the checks of structure that they can be computed
with. Golden rows show that this process, on this machine, computes from them what training computed: another
version of NumPy, a changed rule of scoring, arrays of two models in one bundle. The rows are no customer's:
each value is drawn among those where the model changes its mind (a tree's threshold, the next number above
it, a quantile of training) or is missing. They are kept, not drawn again, as a generator may change.

    golden_rows.npy      (n, k)  the rows
    golden_health.npy    (n,)    health
    golden_interval.npy  (n, 2)  its interval
    golden_points.npy    (n, k)  the points of each feature
    golden.json          the rows' segments, and the SHA-256 of these and of all that is in the bundle beside
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.faults import DataFault, Fault
from training.bundle_files import array_bytes, canonical_json

if TYPE_CHECKING:
    from training.health_model import HealthModel

Arrays = Mapping[str, NDArray[Any]]
Documents = Mapping[str, Mapping[str, Any]]

ROWS = 48
MOST_ROWS = 1_000
MISSING_SHARE = 0.15
CLOSE = 1e-9  # health points: another processor's `exp` may differ in the last bits
ANSWERS = ("health", "interval", "points")
GOLDEN_ARRAYS = ("golden_rows", *(f"golden_{name}" for name in ANSWERS))
MAKE_AGAIN = "make the bundle again with `vitals train`"


def golden_files(
    model: HealthModel, arrays: dict[str, NDArray[Any]], documents: Documents
) -> tuple[dict[str, NDArray[Any]], dict[str, dict[str, Any]]]:
    """The golden arrays and document of a model whose own files are `arrays` and `documents`."""
    X = turning_rows(model, ROWS)
    segments = _segments(model, len(X))
    answers = {f"golden_{name}": getattr(model, name)(X, segments) for name in ANSWERS}
    golden = {"golden_rows": X, **answers}
    return golden, {"golden": _sealed(arrays | golden, documents, segments)}


def check_golden_rows(model: HealthModel, arrays: Arrays, documents: Documents) -> None:
    """Recomputes the golden rows. DataFault where an answer differs by more than 1e-9 health points, or
    where the bundle's other files are not those that the answers came from."""
    _refuse(_shape_faults(len(model.features), arrays, documents))
    golden = documents["golden"]
    sealed = _sealed(arrays, documents, golden["segments"])
    if golden != sealed:
        allowed = f"{sealed['content']}, as the files are"
        _refuse([Fault("golden.json: content", golden["content"], allowed, MAKE_AGAIN)])
    _refuse(_answer_faults(model, arrays, golden["segments"]))


def _sealed(arrays: Arrays, documents: Documents, segments: list[str | None]) -> dict[str, Any]:
    """golden.json of these files; `documents` may hold one already, which does not count."""
    golden = {"segments": segments}
    return {**golden, "content": content_of(arrays, {**documents, "golden": golden})}


def content_of(arrays: Arrays, documents: Documents) -> str:
    """SHA-256 over the names and bytes of these files.

    >>> content_of({}, {})[:8]
    'e3b0c442'
    """
    files = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
    files |= {f"{name}.json": canonical_json(document) for name, document in documents.items()}
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def turning_rows(model: HealthModel, rows: int, seed: int = 7) -> NDArray[np.float64]:
    """(rows, k): the first has nothing, the others values at which the model changes its mind."""
    draw = np.random.default_rng(seed)
    X = np.column_stack([draw.choice(values, rows) for values in _turning_points(model)])
    X[draw.random(X.shape) < MISSING_SHARE] = np.nan
    X[0] = np.nan
    return np.ascontiguousarray(X)


def _turning_points(model: HealthModel) -> Iterator[NDArray[np.float64]]:
    """Per feature the values worth trying: quantiles of training, thresholds, and the next number above."""
    knots, trees = model.pooled.linear.values.knots, model.pooled.trees
    for place in range(len(model.features)):
        at = knots[place]
        if trees is not None:
            used = np.arange(trees.arrays["feature"].shape[1]) < trees.arrays["leaves"][:, None] - 1
            asked = trees.arrays["threshold"][used & (trees.arrays["feature"] == place)]
            asked = asked[np.isfinite(asked)]
            at = np.concatenate([at, asked, np.nextafter(asked, np.inf)])
        yield np.unique(at)


def _segments(model: HealthModel, rows: int) -> list[str | None]:
    """Every profile of the rule in turn, and no segment at all."""
    rule = model.pooled.linear.rule
    names = [None, *(sorted(rule.rule.profiles) if rule is not None else [])]
    return [names[row % len(names)] for row in range(rows)]


def _shape_faults(features: int, arrays: Arrays, documents: Documents) -> Iterator[Fault]:
    golden, rows = documents.get("golden"), arrays.get("golden_rows")
    if golden is None or rows is None:
        yield Fault("golden rows", "missing", "rows with their answers in every bundle", MAKE_AGAIN)
        return
    segments = golden.get("segments")
    n = len(segments) if isinstance(segments, list) else 0
    if set(golden) != {"segments", "content"} or not 1 <= n <= MOST_ROWS:
        allowed = f"content and 1 to {MOST_ROWS} segments"
        yield Fault("golden.json", sorted(golden), allowed, MAKE_AGAIN)
    shapes = {"rows": (n, features), "health": (n,), "interval": (n, 2), "points": (n, features)}
    for name, shape in shapes.items():
        array = arrays.get(f"golden_{name}")
        if array is None or array.dtype != np.float64 or array.shape != shape:
            found = "missing" if array is None else f"{array.dtype.str} of shape {array.shape}"
            yield Fault(f"golden_{name}.npy", found, f"<f8 of shape {shape}", MAKE_AGAIN)


def _answer_faults(model: HealthModel, arrays: Arrays, segments: list[str | None]) -> Iterator[Fault]:
    X = arrays["golden_rows"]
    for name in ANSWERS:
        with np.errstate(all="ignore"):
            off = np.abs(getattr(model, name)(X, segments) - arrays[f"golden_{name}"]).max()
        if not off <= CLOSE:
            allowed = f"within {CLOSE} of what training found"
            yield Fault(f"golden_{name}.npy", f"{off} away", allowed, MAKE_AGAIN)


def _refuse(faults: Iterator[Fault] | list[Fault]) -> None:
    found = list(faults)
    if found:
        raise DataFault("this bundle does not answer as it did when it was made", found)

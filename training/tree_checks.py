"""How small trees are laid out in arrays, and what those arrays may hold.

One row per tree. A tree has at most 8 leaves and so at most 7 inner nodes; node 0 is the root, a child
`c >= 0` is the inner node `c`, a child `c < 0` is the leaf `~c` (LightGBM's own numbering, in which a
child's number is above its parent's). Entries past a tree's own nodes and leaves are never read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.faults import DataFault, Fault

Arrays = Mapping[str, NDArray[Any]]

NODES = 7
LEAVES = NODES + 1
PATTERNS = 2**NODES  # of answers at the inner nodes
MISSING_NONE, MISSING_ZERO, MISSING_NAN = 0, 1, 2

# name -> (dtype, entries per tree). `bag` is the bag a tree belongs to, in ascending order from 0.
LAYOUT: dict[str, tuple[str, tuple[int, ...]]] = {
    "bag": ("<i4", ()),
    "leaves": ("<i4", ()),
    "feature": ("<i4", (NODES,)),
    "threshold": ("<f8", (NODES,)),
    "missing": ("|u1", (NODES,)),
    "default_left": ("|b1", (NODES,)),
    "left": ("<i4", (NODES,)),
    "right": ("<i4", (NODES,)),
    "leaf_value": ("<f8", (LEAVES,)),
    "leaf_count": ("<f8", (LEAVES,)),
}
MAKE_AGAIN = "make the bundle again with `vitals train`"
MOST_TREES = 20_000  # whose tables take 160 MB
LARGEST_LEAF = 1e6  # log-odds; far above any use, and low enough that no sum of leaves overflows
_NO_CHILD = np.iinfo(np.int32).max


def check_trees(features: Sequence[str], arrays: Arrays) -> None:
    """Refuses arrays that are not whole trees over these features: DataFault with every fault found.

    >>> check_trees((), {})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    features.faults.DataFault: these trees cannot be used
      - trees.features is (); allowed: ...
    """
    faults = [*_feature_faults(features), *_layout_faults(arrays)]
    faults = faults or list(_value_faults(len(features), arrays))
    if faults:
        raise DataFault("these trees cannot be used", faults)


def empty_arrays(trees: int) -> dict[str, NDArray[Any]]:
    """Zeros in the layout, to be filled.

    >>> empty_arrays(3)["threshold"].shape
    (3, 7)
    """
    return {name: np.zeros((trees, *shape), dtype) for name, (dtype, shape) in LAYOUT.items()}


def _feature_faults(features: Sequence[str]) -> Iterator[Fault]:
    listed = features if isinstance(features, list | tuple) else ()
    names = {name for name in listed if isinstance(name, str) and name}
    if not names or len(names) != len(listed):
        yield Fault("trees.features", features, "one or more different names", MAKE_AGAIN)


def _layout_faults(arrays: Arrays) -> Iterator[Fault]:
    if set(arrays) != set(LAYOUT):
        yield Fault("trees", sorted(arrays), f"the arrays {sorted(LAYOUT)}", MAKE_AGAIN)
        return
    trees = len(np.atleast_1d(arrays["bag"]))
    if not 1 <= trees <= MOST_TREES:
        yield Fault("trees", f"{trees} trees", f"1 to {MOST_TREES}", "train fewer or smaller boosters")
    for name, (dtype, shape) in LAYOUT.items():
        found = f"{arrays[name].dtype.str} of shape {arrays[name].shape}"
        wanted = f"{dtype} of shape {(trees, *shape)}"
        if found != wanted:
            yield Fault(f"trees.{name}", found, wanted, MAKE_AGAIN)


def _value_faults(n_features: int, arrays: Arrays) -> Iterator[Fault]:
    leaves = arrays["leaves"]
    for name, wrong, allowed in _rules(n_features, arrays):
        if wrong.any():
            where = np.argwhere(wrong)[0].tolist()
            value = arrays[name][tuple(where)].item()
            yield Fault(f"trees.{name}{where}", value, f"{allowed} ({wrong.sum()} entries fault)", MAKE_AGAIN)
    if ((leaves >= 1) & (leaves <= LEAVES)).all():
        yield from _shape_of_tree_faults(arrays)


def _rules(n_features: int, a: Arrays) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    """(array, where it is wrong, what is allowed); NaN is wrong wherever a range is asked for."""
    node = np.arange(NODES) < a["leaves"][:, None] - 1
    leaf = np.arange(LEAVES) < a["leaves"][:, None]
    step = np.diff(a["bag"], prepend=a["bag"][:1])
    yield "leaves", (a["leaves"] < 1) | (a["leaves"] > LEAVES), f"1 to {LEAVES}"
    yield "bag", (step < 0) | (step > 1) | (a["bag"][0] != 0), "0, 1, 2 … in ascending order, none left out"
    yield "feature", node & ((a["feature"] < 0) | (a["feature"] >= n_features)), f"0 to {n_features - 1}"
    yield "threshold", node & np.isnan(a["threshold"]), "a number, not NaN"
    yield "missing", node & (a["missing"] > MISSING_NAN), "0 (none), 1 (zero) or 2 (NaN)"
    yield "leaf_value", leaf & ~(np.abs(a["leaf_value"]) <= LARGEST_LEAF), f"within ±{LARGEST_LEAF:.0f}"
    yield "leaf_count", leaf & ~((a["leaf_count"] >= 1) & (a["leaf_count"] < 2**53)), "a count of rows from 1"


def _shape_of_tree_faults(a: Arrays) -> Iterator[Fault]:
    """Every node and leaf but the root hangs on exactly one parent of a lower number."""
    used = np.arange(NODES) < a["leaves"][:, None] - 1
    children = np.where(used[:, None], np.stack([a["left"], a["right"]], 1), _NO_CHILD)
    upward = (children >= 0) & (children <= np.arange(NODES))
    wanted = np.array([_children_of(k) for k in range(LEAVES + 1)])[a["leaves"]]
    wrong = upward.any((1, 2)) | (np.sort(children.reshape(len(wanted), -1)) != wanted).any(1)
    if wrong.any():
        tree = int(np.argmax(wrong))
        value = children[tree][:, : a["leaves"][tree] - 1].tolist()
        allowed = f"each node and leaf on one parent above it ({wrong.sum()} trees fault)"
        yield Fault(f"trees.left, trees.right [{tree}]", value, allowed, MAKE_AGAIN)


def _children_of(leaves: int) -> list[int]:
    """What the children of a tree are, sorted: all its leaves, all its inner nodes but the root."""
    children = [*range(-leaves, 0), *range(1, leaves - 1)] if leaves > 1 else []
    return children + [_NO_CHILD] * (2 * NODES - len(children))

"""LightGBM boosters -> the arrays that serving scores and explains from, without LightGBM.

What the arrays cannot say exactly is refused: more than 8 leaves, categorical splits, linear leaves, and
objectives whose raw score is not a log-odds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from features.faults import DataFault, Fault
from training.additive_model import AdditiveTrees
from training.tree_checks import LEAVES, MISSING_NAN, MISSING_NONE, MISSING_ZERO, Arrays, empty_arrays

if TYPE_CHECKING:
    from lightgbm import Booster

Dump = Mapping[str, Any]

MISSING = {"None": MISSING_NONE, "Zero": MISSING_ZERO, "NaN": MISSING_NAN}
# A split of the missing from all others has the threshold inf, which `dump_model` writes as 1e300.
DUMPED_INFINITY = 1e300
OBJECTIVE = "binary sigmoid:1"


def additive_trees(boosters: Sequence[Booster | Dump]) -> AdditiveTrees:
    """The mean of these boosters (or of their `dump_model()`), by look-up.

    Its log-odds and contributions are those of `Booster.predict` with `raw_score` and `pred_contrib`
    (within 1e-12), up to the best iteration where the booster stopped early. The start value that
    LightGBM takes from the average is in the leaves of a booster's first tree; an `init_score` is
    nowhere, here as there. Raises DataFault with every reason why a booster cannot be represented.

    >>> import lightgbm, numpy as np
    >>> X = np.array([[0.0, 1.0], [np.nan, 2.0], [3.0, 1.0], [4.0, 5.0]] * 20)
    >>> y = np.array([0, 0, 1, 1] * 20)
    >>> booster = lightgbm.train(
    ...     {"objective": "binary", "num_leaves": 3, "verbosity": -1}, lightgbm.Dataset(X, y), 10
    ... )
    >>> model = additive_trees([booster])
    >>> np.allclose(model.log_odds(X), booster.predict(X, raw_score=True), rtol=0, atol=1e-12)
    True
    >>> points = model.contributions(X[:1])
    >>> bool(abs(model.expected + points.sum() - model.log_odds(X[:1])[0]) < 1e-12)
    True
    """
    dumps = [b if isinstance(b, Mapping) else b.dump_model() for b in boosters]
    faults = [fault for bag, dump in enumerate(dumps) for fault in _refusals(f"boosters[{bag}]", dump)]
    faults += _disagreements(dumps)
    if faults:
        raise DataFault("these boosters cannot be scored by look-up", faults)
    return AdditiveTrees.from_arrays(dumps[0]["feature_names"], _arrays(dumps))


def _disagreements(dumps: Sequence[Dump]) -> Iterator[Fault]:
    """All boosters must know the same features in the same order."""
    if not dumps:
        yield Fault("boosters", 0, "one or more boosters", "train at least one booster")
    for bag, dump in enumerate(dumps[1:], start=1):
        if dump["feature_names"] != dumps[0]["feature_names"]:
            wanted = f"the features of boosters[0]: {dumps[0]['feature_names']}"
            step = "train every booster of the bag on the same columns in the same order"
            yield Fault(f"boosters[{bag}].feature_names", dump["feature_names"], wanted, step)


def _refusals(name: str, dump: Dump) -> Iterator[Fault]:
    if dump["objective"] != OBJECTIVE:
        step = "train with objective=binary and sigmoid=1"
        yield Fault(f"{name}.objective", dump["objective"], repr(OBJECTIVE), step)
    if dump["average_output"]:
        yield Fault(f"{name}.boosting", "rf", "trees that are added up", "train with boosting=gbdt or dart")
    if not dump["tree_info"]:
        yield Fault(f"{name}.tree_info", 0, "one or more trees", "train for at least one round")
    reasons = Counter(reason for tree in dump["tree_info"] for reason in _tree_refusals(tree))
    for (what, value, allowed, step), trees in reasons.items():
        yield Fault(
            f"{name}.{what}", f"{value} (in {trees} of {len(dump['tree_info'])} trees)", allowed, step
        )


def _tree_refusals(tree: Dump) -> Iterator[tuple[str, str, str, str]]:
    if tree["num_leaves"] > LEAVES:
        yield "num_leaves", str(tree["num_leaves"]), f"at most {LEAVES}", f"train with num_leaves={LEAVES}"
    nodes = list(_nodes(tree))
    if any(node.get("decision_type", "<=") != "<=" for node in nodes):
        step = "encode categories as numbers and train without categorical_feature"
        yield "decision_type", "==", "'<=' (no categorical split)", step
    if any("leaf_coeff" in node for node in nodes):
        yield "linear_tree", "true", "constant leaves", "train with linear_tree=false"
    if any(node.get("leaf_count", 1) < 1 for node in nodes):
        yield "leaf_count", "0", "training rows in every leaf", "train with min_data_in_leaf=1 or more"


def _nodes(tree: Dump) -> Iterator[Dump]:
    """Every inner node and leaf."""
    rest = [tree["tree_structure"]]
    while rest:
        node = rest.pop()
        yield node
        rest += [node[side] for side in ("left_child", "right_child") if side in node]


def _arrays(dumps: Sequence[Dump]) -> Arrays:
    trees = [(bag, tree) for bag, dump in enumerate(dumps) for tree in dump["tree_info"]]
    arrays = empty_arrays(len(trees))
    for row, (bag, tree) in enumerate(trees):
        arrays["bag"][row], arrays["leaves"][row] = bag, tree["num_leaves"]
        for node in _nodes(tree):
            number = _number(node)
            values = _inner_node(node) if number >= 0 else _leaf(node)
            for name, value in values.items():
                arrays[name][row, number if number >= 0 else ~number] = value
    return arrays


def _number(node: Dump) -> int:
    """An inner node's number, or the complement of a leaf's. A tree's only leaf is not numbered."""
    return int(node["split_index"]) if "split_index" in node else ~int(node.get("leaf_index", 0))


def _inner_node(node: Dump) -> dict[str, object]:
    return {
        "feature": node["split_feature"],
        "threshold": np.inf if node["threshold"] >= DUMPED_INFINITY else node["threshold"],
        "missing": MISSING[node["missing_type"]],
        "default_left": node["default_left"],
        "left": _number(node["left_child"]),
        "right": _number(node["right_child"]),
    }


def _leaf(node: Dump) -> dict[str, object]:
    return {"leaf_value": node["leaf_value"], "leaf_count": node["leaf_count"]}

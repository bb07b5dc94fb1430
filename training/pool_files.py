"""The pool as the arrays and documents of a bundle, and back.

    pool.json     weight of the trees, calibration line, doubt, the linear member's intercept
    rule.json     the rule that the linear member starts from, as in `params.yaml`; or null
    linear_*.npy  its coefficients, means, and the factor of their covariance
    value_*.npy   how a feature's values become columns; one entry per feature
    unseen_*.npy  what stands in for values that were never missing in training
    others        the trees (`tree_checks.LAYOUT`); left out where there are none

What is read is checked as a whole: a bundle whose parts do not fit together is refused with every fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.faults import DataFault, Fault
from features.params import RuleParams
from training.additive_model import AdditiveTrees
from training.bundle_documents import DoubtOf, PoolOf, check_document
from training.calibration import LogOddsLine
from training.doubt import Doubt
from training.linear_member import LinearMember
from training.linear_terms import KNOTS, RuleColumns, ValueColumns
from training.pooled_log_odds import PooledLogOdds
from training.tree_checks import LAYOUT
from training.unseen_missing import UnseenMissing

Arrays = Mapping[str, NDArray[Any]]
Documents = Mapping[str, Mapping[str, Any]]

VALUES = tuple(field.name for field in fields(ValueColumns))
LINEAR = ("linear_mean", "linear_coefficients", "linear_factor")
UNSEEN = ("unseen_seen", "unseen_typical", "unseen_variance")
POOL_ARRAYS = (*LINEAR, *UNSEEN, *(f"value_{name}" for name in VALUES), *LAYOUT)
MAKE_AGAIN = "make the bundle again with `vitals train`"


def pool_to_files(pooled: PooledLogOdds) -> tuple[dict[str, NDArray[Any]], dict[str, dict[str, Any]]]:
    """The pool's arrays and documents, by name."""
    linear = pooled.linear
    arrays: dict[str, NDArray[Any]] = {
        "linear_mean": linear.mean,
        "linear_coefficients": linear.coefficients,
        "linear_factor": linear.factor,
        "unseen_seen": pooled.unseen.seen,
        "unseen_typical": pooled.unseen.typical,
        "unseen_variance": pooled.unseen.variance,
        **{f"value_{name}": getattr(linear.values, name) for name in VALUES},
        **({} if pooled.trees is None else pooled.trees.arrays),
    }
    line = {**asdict(pooled.line), "covariance": [list(row) for row in pooled.line.covariance]}
    pool = {
        "trees_weight": pooled.trees_weight,
        "line": line,
        "doubt": asdict(pooled.doubt),
        "intercept": linear.intercept,
    }
    rule = None if linear.rule is None else linear.rule.rule.model_dump(mode="json")
    return arrays, {"pool": pool, "rule": {"rule": rule}}


def pool_from_files(features: list[str], arrays: Arrays, documents: Documents) -> PooledLogOdds:
    """The pool of a verified bundle. DataFault with all that does not fit together."""
    names = tuple(features)
    _refuse([*_missing_files(arrays, documents)])
    check_document("pool.json", PoolOf, documents["pool"])
    described = documents["rule"].get("rule")
    rule = None if described is None else RuleColumns(names, RuleParams.model_validate(described))
    values = ValueColumns(*(arrays[f"value_{name}"] for name in VALUES))
    _refuse([*_unknown_features(rule), *_shape_faults(names, rule, arrays)])
    pool = documents["pool"]
    linear = LinearMember(
        names,
        rule,
        values,
        pool["intercept"],
        arrays["linear_mean"],
        arrays["linear_coefficients"],
        arrays["linear_factor"],
    )
    trees = {name: arrays[name] for name in LAYOUT if name in arrays}
    unseen = UnseenMissing(*(arrays[f"unseen_{name}"] for name in ("seen", "typical", "variance")))
    return PooledLogOdds(
        linear,
        AdditiveTrees.from_arrays(names, trees) if trees else None,
        pool["trees_weight"],
        _line(pool["line"]),
        Doubt(**DoubtOf.model_validate(pool["doubt"]).model_dump()),
        unseen,
    )


def _missing_files(arrays: Arrays, documents: Documents) -> Iterator[Fault]:
    needed = [name for name in POOL_ARRAYS if name not in LAYOUT]
    absent = [f"{name}.npy" for name in needed if name not in arrays]
    absent += [f"{name}.json" for name in ("pool", "rule") if name not in documents]
    for name in absent:
        yield Fault(name, "missing", "a file of every pool", MAKE_AGAIN)


def _line(document: Mapping[str, Any]) -> LogOddsLine:
    (v00, v01), (v10, v11) = document["covariance"]
    return LogOddsLine(document["intercept"], document["slope"], ((v00, v01), (v10, v11)))


def _unknown_features(rule: RuleColumns | None) -> Iterator[Fault]:
    if rule is None:
        return
    read = [m.feature for m in rule.measures] + [e.feature for e in rule.rule.exceptions]
    for name in sorted({name for name in read if name not in rule.features}):
        yield Fault("rule.json: feature", name, "a feature of the model", MAKE_AGAIN)


def _shape_faults(features: tuple[str, ...], rule: RuleColumns | None, arrays: Arrays) -> Iterator[Fault]:
    k = len(features)
    by_feature = [f"value_{name}" for name in VALUES if name not in ("knots", "scores")]
    by_feature += ["unseen_typical", "unseen_variance"]
    wanted: dict[str, tuple[str, tuple[int, ...]]] = dict.fromkeys(by_feature, ("<f8", (k,)))
    wanted |= dict.fromkeys(("value_knots", "value_scores"), ("<f8", (k, KNOTS)))
    wanted["unseen_seen"] = ("|b1", (k,))
    width = _value_columns(arrays)
    width += 0 if rule is None else len(rule.measures) + 1
    wanted |= dict.fromkeys(("linear_mean", "linear_coefficients"), ("<f8", (width,)))
    wanted["linear_factor"] = ("<f8", (width + 1, _root_width(arrays["linear_factor"], width)))
    for name, (dtype, shape) in wanted.items():
        array = arrays[name]
        if (array.dtype.str, array.shape) != (dtype, shape):
            found = f"{array.dtype.str} of shape {array.shape}"
            yield Fault(f"{name}.npy", found, f"{dtype} of shape {shape}", MAKE_AGAIN)
        elif not np.isfinite(array).all():
            yield Fault(f"{name}.npy", "not finite", "finite numbers", MAKE_AGAIN)
        elif name == "value_knots" and (np.diff(array, axis=1) < 0).any():
            yield Fault(f"{name}.npy", "falling", "quantiles, which never fall", MAKE_AGAIN)


def _root_width(factor: NDArray[Any], width: int) -> int:
    """The factor's own number of columns where it can be that of a covariance's root."""
    return factor.shape[1] if factor.ndim == 2 and 0 < factor.shape[1] <= width + 1 else width + 1


def _value_columns(arrays: Arrays) -> int:
    """How many columns the values make; 0 where their own shapes do not fit, which is a fault of its own."""
    try:
        return len(ValueColumns(*(arrays[f"value_{name}"] for name in VALUES)).owners)
    except (ValueError, IndexError):
        return 0


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise DataFault("these files are no pool", faults)

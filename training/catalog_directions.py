"""Coefficients that keep the catalogue's directions: more of what is better never lowers the health.

The trees keep them by LightGBM's constraints. The linear member keeps them where, of every feature with a
direction d (−1: more of it is better, and churn falls; +1: worse),

    measure   its coefficient is not above the cap's, and the cap's not above 0: points lower churn, and
              never less than an exception takes back by them (the cap is the score minus what it would be)
    value     d · coefficient ≥ 0
    curve     d · (coefficient + slope of the ramp · coefficient of the curve) ≥ 0: an effect may bend, stop
              and go on, but not turn

Of a measure whose own curve goes against the catalogue nothing is asked: it is the expert's word against
the catalogue's, and `vitals` holds neither to be wrong. In `params.yaml` there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from features.catalog import Feature
from features.params import Measure
from training.calibration import Matrix
from training.linear_terms import CUTS, RAMP, RuleColumns, ValueColumns


def direction_rows(catalog: Sequence[Feature], rule: RuleColumns | None, values: ValueColumns) -> Matrix:
    """(c, p + 1): the directions are kept by (intercept, coefficients) `b` where every `rows @ b` ≥ 0."""
    direction = np.array([feature.monotone_in_churn for feature in catalog])
    terms = 0 if rule is None else len(rule.measures) + 1
    width = 1 + terms + len(values.owners)
    found = [np.zeros((0, width))]
    if rule is not None:
        found.append(_rule_rows(rule, direction, width))
    place = {feature: 1 + terms + i for i, feature in enumerate(values.value_of.tolist())}
    value = np.zeros((len(place), width))
    value[np.arange(len(place)), list(place.values())] = direction[values.value_of]
    curves = np.zeros((len(CUTS) * len(values.curve_of), width))
    for i, feature in enumerate(np.tile(values.curve_of, len(CUTS)).tolist()):
        curves[i, place[feature]] = RAMP * direction[feature]
        curves[i, 1 + terms + len(place) + i] = direction[feature]
    found += [value, curves]
    every = np.concatenate(found)
    return np.asarray(every[every.any(axis=1)])


def nearest_kept(mean: Matrix, covariance: Matrix, rows: Matrix) -> Matrix:
    """(p,): of all coefficients with `rows @ coefficients` ≥ 0 those most likely under this normal.

    They are the greatest posterior under the directions, where the posterior is about normal. Least
    distance programming by non-negative least squares (Lawson & Hanson 1974, chapter 23).

    >>> kept = nearest_kept(np.array([1.0, -2.0]), np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([[0.0, 1.0]]))
    >>> (kept.round(9) + 0.0).tolist()  # what goes with it moves too
    [2.0, 0.0]
    """
    short = rows @ mean
    if (short >= 0).all():
        return mean
    root = np.linalg.cholesky(covariance)
    # Each row in units of its own standard error, so that rounding weighs all alike.
    error = np.linalg.norm(rows @ root, axis=1)
    free, short = (rows @ root) / error[:, None], short / error
    shift, _ = nnls(np.vstack([free.T, -short]), np.append(np.zeros(len(mean)), 1.0), maxiter=50 * len(rows))
    left = np.append(free.T @ shift, -short @ shift - 1.0)
    return np.asarray(mean - root @ left[:-1] / left[-1])


def _rule_rows(rule: RuleColumns, direction: Matrix, width: int) -> Matrix:
    cap = len(rule.measures) + 1
    found = []
    for i, (measure, feature) in enumerate(zip(rule.measures, rule.feature_of, strict=True)):
        if direction[feature] and _agrees(measure, int(direction[feature])):
            row = np.zeros(width)
            row[1 + i], row[cap] = -1.0, 1.0
            found.append(row)
    points = np.zeros(width)
    points[cap] = -1.0
    return np.array([*found, points])


def _agrees(measure: Measure, direction: int) -> bool:
    """Whether the sub-score never rises with what raises churn, and never falls with what lowers it."""
    steps = np.diff([score for _, score in measure.curve])
    return bool((steps * direction <= 0).all())

"""SHAP pictures of a model, for data scientists: beeswarm, dependence, and waterfalls of three accounts.

They are drawn by the shap library from the exact contributions that the product shows, not from values of
its own. Beeswarm and dependence show log-odds of churn (more is worse), in which SHAP values simply add;
a waterfall shows health points, as every answer does: base health plus all bars is the account's health.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from features.catalog import Feature
from training.calibration import Matrix
from training.health_model import HealthModel

if TYPE_CHECKING:
    from shap import Explanation

MOST_ROWS = 1_000  # in a picture; a larger book is sampled
BEES, BARS, PANELS = 15, 12, 6
TITLE = 36  # characters of a feature's title on a line
CHURN_AXIS = "SHAP value: log-odds of churn (right: more likely to leave)"


def shap_figures(
    model: HealthModel, rows: pd.DataFrame, catalog: Sequence[Feature], seed: int = 0
) -> dict[str, Figure]:
    """`shap_beeswarm`, `shap_dependence`, and `shap_waterfall_worst`, `…_median`, `…_best`.

    `rows` (n ≥ 1): account_id, the model's features, segment where there is one. Equal rows and seed give
    equal figures; NumPy's global generator is left as it was found.
    """
    some = rows if len(rows) <= MOST_ROWS else rows.sample(MOST_ROWS, random_state=seed).sort_index()
    with _seeded(seed), plt.ioff():
        told = log_odds_explanation(model, some, catalog)
        figures = {"shap_beeswarm": _beeswarm(told), "shap_dependence": _dependence(told)}
        points, health = points_explanation(model, some, catalog), model.health(*_read(model, some))
        order = np.argsort(health, kind="stable")
        places = {"worst": order[0], "median": order[len(order) // 2], "best": order[-1]}
        for name, place in places.items():
            who = f"{some['account_id'].iloc[place]}, the {name} of {len(order)}: health {health[place]:.1f}"
            figures[f"shap_waterfall_{name}"] = _waterfall(points[int(place)], who)
    return figures


def log_odds_explanation(model: HealthModel, rows: pd.DataFrame, catalog: Sequence[Feature]) -> Explanation:
    """The contributions to the log-odds of churn as the shap library's own object, features by title."""
    X, segment = _read(model, rows)
    return _explanation(model, X, model.pooled.contributions(X, segment), model.base_log_odds, catalog)


def points_explanation(model: HealthModel, rows: pd.DataFrame, catalog: Sequence[Feature]) -> Explanation:
    """The same in health points: base health plus an account's values is its health."""
    X, segment = _read(model, rows)
    return _explanation(model, X, model.points(X, segment), model.base_health, catalog)


def _explanation(
    model: HealthModel, X: Matrix, values: Matrix, base: float, catalog: Sequence[Feature]
) -> Explanation:
    known = {feature.name: feature for feature in catalog}
    features = [known[name] for name in model.features]
    shown = [[_shown(v, f) for v, f in zip(row, features, strict=True)] for row in X]
    return _shap().Explanation(
        values=values,
        base_values=np.full(len(X), base),
        data=X,
        display_data=np.array(shown, dtype=object).reshape(X.shape),
        feature_names=["\n".join(wrap(feature.title.en, TITLE)) for feature in features],
    )


def _read(model: HealthModel, rows: pd.DataFrame) -> tuple[Matrix, list[str] | None]:
    segment = rows["segment"].tolist() if "segment" in rows else None
    return rows[list(model.features)].to_numpy("float64"), segment


def _shown(value: float, feature: Feature) -> str:
    if np.isnan(value):
        return "missing"
    return f"{value:.0%}" if feature.unit == "share" else f"{value:,.4g}"


def _beeswarm(told: Explanation) -> Figure:
    plots = _shap().plots
    figure = Figure(figsize=(11, 1 + 0.42 * BEES), layout="constrained")
    axes = figure.subplots()
    plots.beeswarm(_as_numbers(told), max_display=BEES, ax=axes, plot_size=None, show=False)
    axes.set_xlabel(CHURN_AXIS)
    figure.suptitle(f"What moves the log-odds of churn: {len(told)} accounts (grey: missing)")
    return figure


def _dependence(told: Explanation) -> Figure:
    """A panel for each of the features that move most, most first."""
    plots = _shap().plots
    figure = Figure(figsize=(13, 7.5), layout="constrained")
    order = np.argsort(-np.abs(told.values).mean(axis=0), kind="stable")[:PANELS]
    panels = figure.subplots(2, PANELS // 2, squeeze=False).ravel()
    for panel, column in zip(panels, order, strict=False):
        one = _as_numbers(told)[:, int(column)]
        known = one[~np.isnan(one.data)]
        if len(known):
            plots.scatter(known, ax=panel, hist=False, x_jitter=0, dot_size=9, alpha=0.4, show=False)
        missing = one.values[np.isnan(one.data)]
        title = told.feature_names[column]
        panel.set_title(title if not len(missing) else f"{title}\n{_where_missing(missing)}", fontsize=10)
        panel.set_xlabel("value", fontsize=10)
        panel.set_ylabel("")
        panel.axhline(0, color="0.8", linewidth=1, zorder=0)
    for panel in panels[len(order) :]:
        panel.set_visible(False)
    figure.supylabel("SHAP value: log-odds of churn (up: more likely to leave)", fontsize=10)
    return figure


def _where_missing(values: Matrix) -> str:
    return f"missing in {len(values)} accounts: {values.mean():+.2f} on average"


def _waterfall(one: Explanation, who: str) -> Figure:
    plots = _shap().plots
    figure = plt.figure()
    plots.waterfall(one, max_display=BARS, show=False)
    figure.set_size_inches(12.5, figure.get_figheight())  # shap leaves no room for long titles
    figure.set_layout_engine("constrained")
    figure.suptitle(f"{who}; health points, from the portfolio's {one.base_values:.1f}")
    return figure


def _as_numbers(told: Explanation) -> Explanation:
    """Without the values in words, which only a waterfall can show."""
    return _shap().Explanation(told.values, told.base_values, told.data, feature_names=told.feature_names)


def _shap() -> Any:
    """The library, whose import trips over what matplotlib is about to deprecate."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=PendingDeprecationWarning, module="matplotlib|shap")
        import shap
    return shap


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """shap draws its jitter from NumPy's global generator, and opens figures of pyplot's."""
    before, opened = np.random.get_state(), plt.get_fignums()
    np.random.seed(seed)
    try:
        with mpl.rc_context():
            yield
    finally:
        np.random.set_state(before)
        for number in set(plt.get_fignums()) - set(opened):
            plt.close(number)

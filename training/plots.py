"""Pictures of an evaluation. Each function returns a matplotlib Figure; `save_figure` writes the same bytes
for the same figure. No pyplot: a figure belongs to its caller, and no window or global state is touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from features.faults import Fault, WrongUse
from training.calibration import Matrix
from training.comparison import Comparison
from training.evaluation import MEASURES
from training.ranked_rows import Outcomes, Ranking
from training.reliability import GROUPS, reliability

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe & Ito 2008
DPI = 120
SEEN = "seen, 90 % interval"


def save_figure(figure: Figure, path: Path) -> Path:
    """`figure` as PNG at `path`, without date or version: equal figures give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
    return path


def reliability_figure(models: Mapping[str, ArrayLike], outcomes: Outcomes, groups: int = GROUPS) -> Figure:
    """What was foretold against what happened: one panel per model, one point per group of equal size.

    `models` gives churn probabilities (n,) in (0, 1). The bars are the 90 % intervals of `reliability`.
    WrongUse where there is no model.
    """
    figure, panels = _panels(models, "models")
    rankings = {name: Ranking.of(outcomes, p, name) for name, p in models.items()}
    for (name, ranking), panel, colour in zip(rankings.items(), panels, COLOURS * len(panels), strict=False):
        found = reliability(ranking, groups)
        top = 1.05 * max(found.foretold.max(), found.high.max())
        panel.plot([0, top], [0, top], color="0.6", linestyle="--", label="what is said, happens")
        bars = np.clip([found.seen - found.low, found.high - found.seen], 0, None)
        panel.errorbar(found.foretold, found.seen, yerr=bars, fmt="o-", color=colour, capsize=3, label=SEEN)
        panel.set(
            title=name, xlabel="foretold churn probability (mean of the group)", xlim=(0, top), ylim=(0, top)
        )
        panel.legend(loc="upper left", frameon=False)
    panels[0].set_ylabel("share of the group that churned")
    return figure


def gain_figure(models: Mapping[str, ArrayLike], outcomes: Outcomes) -> Figure:
    """Share of the churns found against the share of rows called, from the highest risk down.

    A second panel shows the churned revenue where it is known. The steeper the start, the better; the
    diagonal is calling at random. Lift is the height over that of the diagonal. WrongUse without a model.
    """
    values = {"churns": outcomes.churned}
    if outcomes.churned_revenue is not None:
        values["churned revenue"] = outcomes.churned_revenue
    figure, panels = _panels(models, "models", len(values))
    rankings = {name: Ranking.of(outcomes, p, name) for name, p in models.items()}
    for panel, (what, value) in zip(panels, values.items(), strict=True):
        panel.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="at random")
        for (name, ranking), colour in zip(rankings.items(), COLOURS * len(rankings), strict=False):
            called, found = _gain(ranking, value)
            tenth = float(np.interp(0.1, called, found))
            panel.plot(called, found, color=colour, label=f"{name}: {tenth:.0%} in the top tenth")
        panel.axvline(0.1, color="0.8", linewidth=1)
        panel.set(xlabel="share of rows called, highest risk first", ylabel=f"share of the {what} found")
        panel.set(xlim=(0, 1), ylim=(0, 1.01))
        panel.legend(loc="lower right", frameon=False)
    return figure


def comparison_figure(comparison: Comparison) -> Figure:
    """Every measure of every model with its interval: one panel per measure, one line per model."""
    measures, models = comparison.measures, comparison.models
    columns = 3
    rows = -(-len(measures) // columns)
    figure = Figure(figsize=(11, rows * (0.8 + 0.3 * len(models))), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, measure in zip(panels, measures, strict=False):
        for place, model in enumerate(models):
            found = comparison.estimate(model, measure)
            colour = COLOURS[place % len(COLOURS)]
            panel.plot([found.low, found.high], [place, place], color=colour, linewidth=2)
            panel.plot(found.value, place, "o", color=colour)
        if (target := MEASURES[measure].target) is not None:
            panel.axvline(target, color="0.6", linestyle="--", linewidth=1)
        panel.set_title(f"{MEASURES[measure].title} ({MEASURES[measure].better} is better)", fontsize=10)
        panel.set_yticks(range(len(models)), models)
        panel.set_ylim(len(models) - 0.5, -0.5)
    for panel in panels[len(measures) :]:
        panel.set_visible(False)
    figure.supxlabel(
        f"value with {comparison.level:.0%} interval, {comparison.accounts} accounts", fontsize=10
    )
    return figure


def _panels(drawn: Mapping[str, object], field: str, columns: int | None = None) -> tuple[Figure, list[Axes]]:
    if not drawn:
        raise WrongUse("There is nothing to draw", [Fault(field, {}, "at least one", "give one")])
    columns = columns or len(drawn)
    figure = Figure(figsize=(0.6 + 4.4 * columns, 4.6), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _gain(ranking: Ranking, value: Matrix) -> tuple[Matrix, Matrix]:
    """Share of rows called and share of `value` found, at the end of each group of equal probability."""
    size = np.diff([*ranking.ties, len(ranking.order)])
    found = np.add.reduceat(value[ranking.order], ranking.ties)
    return (
        np.concatenate([[0], size.cumsum() / size.sum()]),
        np.concatenate([[0], found.cumsum() / found.sum()]),
    )

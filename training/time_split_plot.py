"""The picture of the splits in time, to be looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from features.faults import Fault, WrongUse
from training.plots import COLOURS


@dataclass(frozen=True)
class Fold:
    """One split: the as-of dates that are trained on, and the later ones that are tested on."""

    name: str
    train: Sequence[pd.Timestamp]
    test: Sequence[pd.Timestamp]


def time_split_figure(folds: Sequence[Fold], horizon_days: int) -> Figure:
    """The folds from top to bottom: dots are as-of dates, bars the time in which their labels are watched.

    A bar reaches from the first as-of date to the last one plus the horizon, in days. The blue bar must
    end before the first orange dot: training may learn from nothing that happens after a test date.
    WrongUse with every fold that has no dates, or where there is no fold.

    >>> months = list(pd.date_range("2024-01-01", periods=30, freq="MS", tz="UTC"))
    >>> figure = time_split_figure([Fold("2026", months[:12], months[24:])], horizon_days=365)
    >>> figure.axes[0].get_xlabel()
    'date (UTC)'
    """
    _check(folds)
    figure = Figure(figsize=(9, 1.6 + 0.6 * len(folds)), layout="constrained")
    panel = figure.subplots()
    for place, fold in enumerate(folds):
        _draw(panel, fold.train, place - 0.16, horizon_days, COLOURS[0], "training" if place == 0 else None)
        _draw(panel, fold.test, place + 0.16, horizon_days, COLOURS[1], "test" if place == 0 else None)
    panel.set_yticks(range(len(folds)), [fold.name for fold in folds])
    panel.set(xlabel="date (UTC)", ylabel="fold", ylim=(len(folds) - 0.5, -0.5))
    panel.grid(axis="x", color="0.9")
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    return figure


def _draw(
    panel: Axes,
    dates: Sequence[pd.Timestamp],
    height: float,
    horizon_days: int,
    colour: str,
    what: str | None,
) -> None:
    days = pd.to_datetime(list(dates), utc=True).tz_localize(None).to_numpy()
    watched = np.array([days.min(), days.max() + np.timedelta64(horizon_days, "D")])
    bar, dots = (f"{what}: labels are watched", f"{what}: as-of dates") if what else (None, None)
    panel.plot(watched, [height] * 2, color=colour, alpha=0.3, linewidth=9, solid_capstyle="butt", label=bar)
    panel.plot(days, np.full(len(days), height), "o", color=colour, markersize=4, label=dots)


def _check(folds: Sequence[Fold]) -> None:
    faults = [
        Fault(f"fold {fold.name}, {part}", "no dates", "at least one as-of date", "leave this fold out")
        for fold in folds
        for part, dates in (("train", fold.train), ("test", fold.test))
        if len(dates) == 0
    ]
    if not folds:
        faults.append(Fault("folds", [], "at least one fold", "give one"))
    if faults:
        raise WrongUse("The splits in time cannot be drawn", faults)

"""The learned text signal as a feature of rows: out of fold where it is learned, applied elsewhere.

A snapshot leaves it missing, because nothing in `features` can reach an outcome. Training fills it in for the
rows it learns from out of fold, and for all others by the signal fitted on those; scoring by the signal that
the bundle holds. Where none could be fitted it stays missing, in training and in serving alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from features.catalog import load_catalog
from features.params import FeatureParams, Windows
from training.params import TrainingParams
from training.text_signal import TextSignal, texts_of

if TYPE_CHECKING:
    from features.warehouse import Warehouse

Progress = Callable[[str], None]


def signal_name(windows: Windows) -> str:
    """The feature's name under these windows.

    >>> signal_name(Windows())
    'learned_text_signal_180d'
    """
    (name,) = (feature.name for feature in load_catalog(windows) if feature.learned)
    return name


@dataclass(frozen=True, eq=False)
class TaughtByText:
    """Training rows with their signal out of fold, and the signal of the fit on all of them (or None)."""

    rows: pd.DataFrame
    signal: TextSignal | None


def taught_by_text(
    rows: pd.DataFrame,
    churned: pd.Series,
    texts: pd.DataFrame,
    features: FeatureParams,
    params: TrainingParams,
    progress: Progress = lambda _: None,
) -> TaughtByText:
    """Fits the signal on these rows and their labels. Without `training.text.learn` it stays missing."""
    from training.text_signal_fit import fit_text_signal, out_of_fold_signal

    if not params.text.learn:
        return TaughtByText(rows, None)
    progress("the words of notes, tickets and comments")
    told = out_of_fold_signal(rows, churned, texts, features, params.text, params.seed)
    signal = fit_text_signal(rows, churned, texts, features, params.text)
    return TaughtByText(rows.assign(**{signal_name(features.windows): told}), signal)


def told_by_text(
    rows: pd.DataFrame, signal: TextSignal | None, texts: pd.DataFrame, windows: Windows
) -> pd.DataFrame:
    """The rows with the signal of what was written before their as-of dates; as they are without one."""
    return rows if signal is None else rows.assign(**{signal_name(windows): signal.apply(rows, texts)})


def told_by_book(
    rows: pd.DataFrame, signal: TextSignal | None, source: Warehouse, windows: Windows
) -> pd.DataFrame:
    """The same, from the texts of a book; they are not read where there is no signal."""
    return rows if signal is None else told_by_text(rows, signal, texts_of(source), windows)

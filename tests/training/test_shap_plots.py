"""The SHAP pictures show the model's own contributions, and are the same bytes each time."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from features.catalog import Feature, load_catalog
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.plots import save_figure
from training.shap_plots import MOST_ROWS, log_odds_explanation, points_explanation, shap_figures

NAMES = [
    "shap_beeswarm",
    "shap_dependence",
    "shap_waterfall_worst",
    "shap_waterfall_median",
    "shap_waterfall_best",
]


@pytest.fixture(scope="module")
def catalog(light: AllParams) -> tuple[Feature, ...]:
    return load_catalog(light.features.windows)


@pytest.fixture(scope="module")
def rows(trained: Trained) -> pd.DataFrame:
    return trained.data.rows[trained.data.rows["as_of"] == max(trained.data.final_dates)]


def matrix(trained: Trained, rows: pd.DataFrame) -> np.ndarray:
    return rows[list(trained.model.features)].to_numpy(float)


def test_the_values_are_the_contributions_and_add_up_to_the_log_odds(trained, rows, catalog):
    told, X = log_odds_explanation(trained.model, rows, catalog), matrix(trained, rows)
    segment = rows["segment"].tolist()
    assert np.array_equal(told.values, trained.model.pooled.contributions(X, segment))
    assert np.array_equal(told.data, X, equal_nan=True)
    whole = told.base_values + told.values.sum(axis=1)
    assert whole == pytest.approx(trained.model.log_odds(X, segment), abs=1e-9)


def test_the_points_are_the_drivers_and_add_up_to_the_health(trained, rows, catalog):
    told, X = points_explanation(trained.model, rows, catalog), matrix(trained, rows)
    segment = rows["segment"].tolist()
    assert np.array_equal(told.values, trained.model.points(X, segment))
    whole = told.base_values + told.values.sum(axis=1)
    assert whole == pytest.approx(trained.model.health(X, segment), abs=1e-9)


def test_features_are_told_by_title_and_values_by_unit(trained, rows, catalog):
    told = points_explanation(trained.model, rows, catalog)
    column = trained.model.features.index("seat_utilisation_30d")
    assert told.feature_names[column] == "Seat utilisation"
    shown = {str(text) for text in told.display_data[:, column]}
    assert all(text == "missing" or text.endswith("%") for text in shown)
    assert all(len(line) <= 36 for title in told.feature_names for line in title.split("\n"))
    assert len(set(told.feature_names)) == len(told.feature_names)


@pytest.mark.long
def test_equal_rows_are_equal_files_and_nothing_global_has_moved(trained, rows, catalog, tmp_path):
    settings, open_figures, interactive = dict(mpl.rcParams), plt.get_fignums(), plt.isinteractive()
    np.random.seed(3)
    expected = np.random.random(3)
    np.random.seed(3)
    bytes_of = [
        [
            save_figure(figure, tmp_path / place / f"{name}.png").read_bytes()
            for name, figure in shap_figures(trained.model, rows, catalog, seed=1).items()
        ]
        for place in "ab"
    ]
    assert bytes_of[0] == bytes_of[1]
    assert np.random.random(3).tolist() == expected.tolist()
    found = (dict(mpl.rcParams), plt.get_fignums(), plt.isinteractive())
    assert found == (settings, open_figures, interactive)


def test_the_waterfalls_are_of_the_worst_the_median_and_the_best_account(trained, rows, catalog):
    figures = shap_figures(trained.model, rows, catalog)
    assert list(figures) == NAMES
    health = trained.model.health(matrix(trained, rows), rows["segment"].tolist())
    accounts = rows["account_id"].to_numpy()
    for name, place in {"worst": np.argmin(health), "best": np.argmax(health)}.items():
        title = figures[f"shap_waterfall_{name}"].get_suptitle()
        assert title.startswith(f"{accounts[place]}, the {name} of {len(rows)}: health {health[place]:.1f}")


def test_one_account_and_a_feature_that_is_always_missing_can_be_drawn(trained, rows, catalog):
    first = trained.model.features[int(np.argmax(np.abs(matrix(trained, rows)).max(axis=0)))]
    one = rows.head(1).assign(**{first: np.nan})
    assert list(shap_figures(trained.model, one, catalog)) == NAMES


def test_a_large_book_is_sampled(trained, rows, catalog):
    many = pd.concat([rows] * (MOST_ROWS // len(rows) + 1), ignore_index=True)
    title = shap_figures(trained.model, many, catalog)["shap_beeswarm"].get_suptitle()
    assert f"{MOST_ROWS} accounts" in title

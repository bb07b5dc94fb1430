"""The learned text signal on its way: from a book's texts to training rows, the bundle, and scored rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.book import open_book
from features.params import CheckParams, Windows
from features.snapshot import build_snapshot
from features.text.folding import fold
from training.all_params import AllParams
from training.fit_and_compare import Trained
from training.health_model import read_health_model, write_health_model
from training.outcome_tables import ALL_TABLES
from training.text_feature import signal_name, taught_by_text, told_by_book, told_by_text
from training.text_signal import no_texts, texts_of
from training.text_signal_fit import fit_text_signal

NAME = signal_name(Windows())


def test_the_training_rows_hold_the_signal_out_of_fold_and_not_the_one_that_saw_them(
    trained: Trained, light: AllParams
) -> None:
    data, signal = trained.data, trained.model.text
    assert signal is not None
    last = data.at(data.final_dates)
    rows, churned = data.rows[last].reset_index(drop=True), data.churned[last].reset_index(drop=True)
    again = taught_by_text(rows, churned, data.texts, light.features, light.training)
    assert again.rows[NAME].to_numpy().tobytes() == rows[NAME].to_numpy().tobytes()
    heard = rows[NAME].notna()
    assert heard.mean() > 0.9
    assert not np.allclose(rows.loc[heard, NAME], signal.apply(rows, data.texts)[heard])


def test_an_origins_signal_knows_no_label_that_came_later(trained: Trained, light: AllParams) -> None:
    split = trained.data.origins[0]
    rows, churned = trained.data.training_rows(split)
    signal = fit_text_signal(rows, churned, trained.data.texts, light.features, light.training.text)
    blind = trained.data.churned.mask(trained.data.noted >= min(split.test), 0.0)
    same = fit_text_signal(rows, blind[rows.index], trained.data.texts, light.features, light.training.text)
    assert signal is not None
    assert same is not None
    assert signal.weights.tobytes() == same.weights.tobytes()


def test_a_snapshot_leaves_it_missing_and_the_model_fills_it_in(
    trained: Trained, learning_book: Path, light: AllParams
) -> None:
    source = open_book(learning_book, CheckParams(), ALL_TABLES).source
    rows = build_snapshot(source, [pd.Timestamp("2026-10-31", tz="UTC")], light.features)
    assert rows[NAME].isna().all()
    told = told_by_book(rows, trained.model.text, source, light.features.windows)
    assert told[NAME].notna().mean() > 0.9
    pd.testing.assert_frame_equal(told.drop(columns=NAME), rows.drop(columns=NAME))
    assert told_by_book(rows, None, source, light.features.windows) is rows


def test_the_bundle_brings_the_same_signal(trained: Trained, tmp_path: Path) -> None:
    write_health_model(tmp_path / "bundle", trained.model)
    again = read_health_model(tmp_path / "bundle")
    assert NAME in again.features
    assert again.text is not None
    assert trained.model.text is not None
    rows, texts = trained.data.rows.tail(50), trained.data.texts
    assert again.text.apply(rows, texts).tobytes() == trained.model.text.apply(rows, texts).tobytes()


def test_no_word_of_a_customer_is_in_the_bundle(trained: Trained, tmp_path: Path) -> None:
    write_health_model(tmp_path / "bundle", trained.model)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "bundle").iterdir()).lower()
    told = [fold(text)[:40].encode() for text in trained.data.texts["text"].drop_duplicates().head(300)]
    assert [text for text in told if len(text) > 12 and text in kept] == []


@pytest.mark.parametrize("reason", ["nothing was written", "it is not to be learned"])
def test_without_a_signal_the_feature_stays_missing(trained: Trained, light: AllParams, reason: str) -> None:
    texts = no_texts() if reason == "nothing was written" else trained.data.texts
    text = light.training.text.model_copy(update={"learn": reason == "nothing was written"})
    params = light.training.model_copy(update={"text": text})
    rows = trained.data.rows.assign(**{NAME: np.nan})
    taught = taught_by_text(rows, trained.data.churned, texts, light.features, params)
    assert taught.signal is None
    assert taught.rows[NAME].isna().all()
    assert told_by_text(rows, None, texts, light.features.windows) is rows


def test_the_texts_of_a_training_set_are_those_of_its_book(trained: Trained, learning_book: Path) -> None:
    source = open_book(learning_book, CheckParams(), ALL_TABLES).source
    pd.testing.assert_frame_equal(trained.data.texts, texts_of(source))

"""The learned text signal: what it hears, that it cannot hear its own labels, and that its bits hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from features.faults import DataFault
from features.params import FeatureParams
from features.time_windows import EPOCH, as_of_date, day_number
from tests.features.literal_book import Case, at, literal_warehouse
from training.bundle import read_bundle, write_bundle
from training.params import TextSignalParams
from training.text_signal import BUCKETS, TextSignal, buckets_of, hearing, texts_of
from training.text_signal_fit import _lesson, _told, fit_text_signal, out_of_fold_signal

FEATURES = FeatureParams()
PARAMS = TextSignalParams(min_accounts=1)
AS_OF = as_of_date("2026-10-31")
DAY = day_number(AS_OF)
SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "mo", "ne", "pi", "ru", "sa", "ti", "vo", "we", "xu", "zi")
Frames = tuple[pd.DataFrame, pd.Series, pd.DataFrame]


def said(account: str, text: str | None, age: int, known_age: int | None = None) -> dict[str, object]:
    return {
        "account_id": account,
        "text": text,
        "day": DAY - age,
        "known_day": DAY - (age if known_age is None else known_age),
    }


def rows_of(accounts: list[str], months: int = 1) -> pd.DataFrame:
    dates = [AS_OF - pd.Timedelta(days=30 * month) for month in range(months)]
    return pd.DataFrame(
        [(account, date) for date in dates for account in accounts], columns=["account_id", "as_of"]
    )


def own_word(number: int) -> str:
    """A word that no other account uses."""
    digits = [number // 16**place % 16 for place in range(3)]
    return "".join(SYLLABLES[digit] for digit in digits)


def unique_words(accounts: int = 240, months: int = 3) -> Frames:
    """Accounts that each use a word of their own in every text, and labels drawn by chance."""
    names = [f"A-{number:04}" for number in range(accounts)]
    texts = [
        said(name, f"note about {own_word(number)} and {own_word(number)}", 30 * month + 1)
        for number, name in enumerate(names)
        for month in range(months)
    ]
    ended = dict(zip(names, np.random.default_rng(3).integers(0, 2, accounts), strict=True))
    rows = rows_of(names, months)
    return rows, rows["account_id"].map(ended).astype(float), pd.DataFrame(texts)


def telling_words(accounts: int = 300) -> Frames:
    """Accounts of whom the text says in either language what will happen, save for one in five."""
    names = [f"A-{number:04}" for number in range(accounts)]
    draws = np.random.default_rng(5)
    ended = draws.integers(0, 2, accounts)
    told = np.where(draws.random(accounts) < 0.2, 1 - ended, ended)
    words = {
        (0, 0): "they were glad about the workshop and asked for more",
        (1, 0): "the meeting was moved twice and nobody came",
        (0, 1): "客户对培训很感兴趣，约了下次会议",
        (1, 1): "会议推迟了两次，对方没有出席",
    }
    texts = [said(name, words[told[n], n % 2], 5) for n, name in enumerate(names)]
    return rows_of(names), pd.Series(ended.astype(float)), pd.DataFrame(texts)


def test_the_signal_of_shuffled_labels_is_worth_nothing_out_of_fold_and_nearly_all_in_fold() -> None:
    rows, churned, texts = unique_words()
    signal = out_of_fold_signal(rows, churned, texts, FEATURES, PARAMS, seed=7)
    inside = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    assert inside is not None
    assert roc_auc_score(churned, inside.apply(rows, texts)) > 0.97
    assert abs(roc_auc_score(churned, signal) - 0.5) < 0.08


@pytest.mark.parametrize("language", [0, 1])
def test_what_the_words_tell_is_heard_out_of_fold_in_both_languages(language: int) -> None:
    rows, churned, texts = telling_words()
    signal = out_of_fold_signal(rows, churned, texts, FEATURES, TextSignalParams(), seed=7)
    here = np.arange(len(rows)) % 2 == language
    assert 0.7 < roc_auc_score(churned[here], signal[here]) < 0.9


def test_no_row_is_told_by_a_model_that_saw_its_account() -> None:
    rows, churned, texts = unique_words(accounts=60)
    before = out_of_fold_signal(rows, churned, texts, FEATURES, PARAMS, seed=7)
    first = (rows["account_id"] == "A-0000").to_numpy()
    other = churned.mask(pd.Series(first), 1 - churned)
    after = out_of_fold_signal(rows, other, texts, FEATURES, PARAMS, seed=7)
    np.testing.assert_array_equal(before[first], after[first])
    assert (before != after).any()


def test_a_row_hears_what_was_known_before_it_within_the_window_and_nothing_else() -> None:
    texts = pd.DataFrame(
        [
            said("A", "today", 0),
            said("A", "yesterday", 1),
            said("A", "old", 180),
            said("A", "too old", 181),
            said("A", "known late", 9, known_age=0),
            said("B", "another account", 1),
        ]
    )
    heard = hearing(rows_of(["A", "C"]), texts, window=180, half_life=60)
    assert texts["text"][heard.text].tolist() == ["yesterday", "old"]
    assert heard.row.tolist() == [0, 0]
    np.testing.assert_allclose(heard.weight, [2 ** (-1 / 60), 0.125])


def test_out_of_fold_and_in_the_bundle_the_same_model_says_the_same() -> None:
    rows, churned, texts = telling_words()
    lesson = _lesson(rows, churned, texts, FEATURES)
    model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    assert model is not None
    np.testing.assert_allclose(_told(lesson, model), model.apply(rows, texts), rtol=1e-12)


def test_texts_known_later_change_no_bit() -> None:
    rows, churned, texts = telling_words()
    model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    later = pd.DataFrame([said("A-0000", "they leave us", 0), said("A-0001", "bad", 3, known_age=-2)])
    more = pd.concat([later, texts], ignore_index=True)
    again = fit_text_signal(rows, churned, more, FEATURES, PARAMS)
    assert model is not None
    assert again is not None
    assert again.weights.tobytes() == model.weights.tobytes()
    assert again.apply(rows, more).tobytes() == model.apply(rows, texts).tobytes()


def test_recent_text_outweighs_old_and_little_text_says_little() -> None:
    rows, churned, texts = telling_words()
    model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    assert model is not None
    bad, good = "nobody came", "glad about the workshop"
    asked = pd.DataFrame(
        [
            *(said("fresh", text, age) for text, age in ((bad, 1), (good, 170))),
            *(said("stale", text, age) for text, age in ((bad, 170), (good, 1))),
            said("once", bad, 1),
            *(said("often", bad, age) for age in (1, 2, 3)),
            said("empty", "", 1),
            said("numbers", "42 17", 1),
        ]
    )
    names = ["fresh", "stale", "once", "often", "empty", "numbers", "silent"]
    found = dict(zip(names, model.apply(rows_of(names), asked), strict=True))
    assert found["fresh"] > 0 > found["stale"]
    assert 0 < found["once"] < found["often"]
    assert found["empty"] == found["numbers"] == 0
    assert np.isnan(found["silent"])


def test_a_row_has_the_same_bits_in_any_batch_and_any_order_of_texts() -> None:
    rows, churned, texts = telling_words()
    model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    assert model is not None
    whole = model.apply(rows, texts)
    shuffled = texts.sample(frac=1, random_state=1).reset_index(drop=True)
    assert model.apply(rows, shuffled).tobytes() == whole.tobytes()
    assert (
        np.array([model.apply(rows.iloc[[n]], texts)[0] for n in range(40)]).tobytes() == whole[:40].tobytes()
    )


PRINTED = """
import hashlib
from tests.training.test_text_signal import *
rows, churned, texts = telling_words()
model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
signal = out_of_fold_signal(rows, churned, texts, FEATURES, PARAMS, 7)
print(hashlib.sha256(model.weights.tobytes() + model.idf.tobytes() + signal.tobytes()).hexdigest())
"""


@pytest.mark.long
def test_another_process_makes_the_same_bytes() -> None:
    """Python's own hash of a text differs from process to process; CRC-32 does not."""
    runs = [
        subprocess.run([sys.executable, "-c", PRINTED], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].strip()) == 64


def test_where_nothing_was_written_or_all_ended_alike_there_is_no_signal() -> None:
    rows, churned, texts = telling_words(accounts=40)
    nothing = texts.iloc[:0]
    assert fit_text_signal(rows, churned, nothing, FEATURES, PARAMS) is None
    assert np.isnan(out_of_fold_signal(rows, churned, nothing, FEATURES, PARAMS, 7)).all()
    assert fit_text_signal(rows, churned * 0, texts, FEATURES, PARAMS) is None
    assert np.isnan(out_of_fold_signal(rows, churned * 0, texts, FEATURES, PARAMS, 7)).all()
    rare = TextSignalParams(min_accounts=1000)
    assert fit_text_signal(rows, churned, texts, FEATURES, rare) is None


def test_the_texts_of_a_book_are_those_of_every_table() -> None:
    case = Case(
        "A",
        {
            "notes": [{"text": "a note", "happened_at": at(5), "recorded_at": at(2)}],
            "tickets": [{"text": "a ticket", "opened_at": at(4)}, {"text": None, "opened_at": at(4)}],
            "surveys": [
                {"comment": "a comment", "sent_at": at(9), "responded_at": at(3)},
                {"comment": "not sent back", "sent_at": at(9)},
            ],
        },
    )
    found = texts_of(literal_warehouse(case))
    assert found["text"].tolist() == ["a note", "a ticket", "a comment"]
    assert (DAY - found["day"]).tolist() == [5, 4, 3]
    assert (DAY - found["known_day"]).tolist() == [2, 4, 3]
    empty = texts_of(literal_warehouse(Case("A", {})))
    assert empty.empty
    assert list(empty.columns) == list(found.columns)


def test_a_bundle_holds_the_signal_as_plain_arrays_and_json(tmp_path: Path) -> None:
    rows, churned, texts = telling_words()
    model = fit_text_signal(rows, churned, texts, FEATURES, PARAMS)
    assert model is not None
    write_bundle(tmp_path / "bundle", model.arrays, {"text_signal": model.document})
    bundle = read_bundle(tmp_path / "bundle")
    again = TextSignal.from_bundle(bundle.arrays, bundle.documents["text_signal"])
    assert again.apply(rows, texts).tobytes() == model.apply(rows, texts).tobytes()


def test_a_bundle_that_does_not_fit_is_refused_with_every_fault() -> None:
    arrays = {"text_idf": np.full(BUCKETS, np.nan)}
    with pytest.raises(DataFault) as refused:
        TextSignal.from_bundle(arrays, {"window": 0, "half_life": True, "buckets": 8})
    assert [fault.field for fault in refused.value.faults] == [
        "text_idf",
        "text_weights",
        "text_signal.window",
        "text_signal.half_life",
        "text_signal.buckets",
    ]


HOSTILE = ("\x00\ud800\u202e", "<" * 5000, "a'" * 50_000, "没" * 100_000, "x" * 100_000, "İ" * 100, "'" * 9)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:4]))
def test_hostile_text_is_scored_like_any_other(text: str) -> None:
    weights = np.linspace(-1, 1, BUCKETS)
    score = TextSignal(np.ones(BUCKETS), weights, 180, 60).score(text)
    assert np.isfinite(score)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=80))
def test_buckets_of_any_text_are_in_order_and_each_there_once(text: str) -> None:
    found = buckets_of(text)
    assert (np.diff(found) > 0).all()
    assert ((found >= 0) & (found < BUCKETS)).all()


def test_the_day_of_the_rows_is_that_of_the_texts() -> None:
    assert EPOCH + pd.Timedelta(days=DAY) == AS_OF

"""A proposal on the past of a book: only what was known at each date, and no model on its own lessons."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.faults import DataFault, WrongUse
from tests.training.challengers import challenge
from training.all_params import AllParams
from training.backtest_run import AskedOfThePast, backtest_of
from training.fit_and_compare import Trained
from training.registry import MODEL, tracking
from training.what_if_question import Question

pytestmark = pytest.mark.long

HEAVIER_USE = Question(weights="usage=55,voice=15,commercial=15,service=15")
CHALLENGER = Question(model="challenger")


@pytest.fixture(scope="module")
def asked(learning_book: Path, light: AllParams, registered: Path) -> AskedOfThePast:
    return backtest_of(HEAVIER_USE, learning_book, light, registered)


def test_it_replays_every_month_start_whose_windows_are_filled_and_whose_churns_are_known(
    asked: AskedOfThePast,
) -> None:
    """The book is known from 2024-05-01 to 2026-11-01: 180 days before, 90 and 30 days and a month after."""
    dates = asked.backtest.dates
    assert (f"{dates[0]:%Y-%m-%d}", f"{dates[-1]:%Y-%m-%d}", len(dates)) == ("2024-11-01", "2026-06-01", 20)
    assert {lead.days for lead in asked.backtest.leads} == {30, 60, 90}
    assert all(lead.churners > 30 for lead in asked.backtest.leads)


def test_both_sides_say_what_they_are(asked: AskedOfThePast, light: AllParams) -> None:
    told = json.loads(json.dumps(asked.as_dict()))
    assert told["before"]["weights"] == light.rule.weights.model_dump()
    assert told["after"]["weights"]["usage"] == 55
    assert told["after"]["profiles"] == told["before"]["profiles"]
    assert told["leads"][0]["red"]["before"].keys() == {"value", "low", "high"}
    assert "red 30 days ahead" in asked.as_text()


def test_the_same_past_gives_the_same_bytes_whatever_became_known_later(
    learning_book: Path, light: AllParams, registered: Path, tmp_path: Path, asked: AskedOfThePast
) -> None:
    """The newest months are deleted from every table but the outcomes; the replayed dates are older."""
    book = Path(shutil.copytree(learning_book, tmp_path / "book"))
    newest = max(asked.backtest.dates)
    for name, moment in (("usage", "occurred_at"), ("tickets", "opened_at"), ("notes", "recorded_at")):
        table = pd.read_parquet(book / f"{name}.parquet")
        table[table[moment] < newest].to_parquet(book / f"{name}.parquet")
    found = backtest_of(HEAVIER_USE, book, light, registered)
    assert json.dumps(found.as_dict()) == json.dumps(asked.as_dict())


def test_a_model_is_replayed_on_its_predictions_out_of_time_alone(
    learning_book: Path, light: AllParams, registered: Path, trained: Trained
) -> None:
    found = backtest_of(CHALLENGER, learning_book, light, registered).backtest
    tested = sorted(set(trained.tested["as_of"]))
    assert list(found.dates) == [date for date in tested if date in set(found.dates)]
    assert not set(found.dates) & {date for split in trained.data.origins for date in split.train}
    member = trained.tested.assign(health=100 * (1 - trained.tested["answer"]))
    listed = found.churners.assign(as_of=pd.to_datetime(found.churners["as_of"], utc=True))
    both = listed.astype({"as_of": member["as_of"].dtype}).merge(member, on=["account_id", "as_of"])
    assert len(both) == len(listed) > 10
    green = both["at_worst"] <= 0.15  # also with everything missing at its worst
    bands = np.select([green, both["health"] >= 60], ["green", "yellow"], "red")
    assert bands.tolist() == both["after"].tolist()


def test_a_bundle_that_knows_the_past_by_heart_is_not_asked(
    learning_book: Path, light: AllParams, registry: Path, tmp_path: Path
) -> None:
    """Where the version's predictions are of no usable date there is no answer, though there is a bundle."""
    with tracking(registry) as client:
        run = client.get_model_version(MODEL, "1").run_id
        source = client.download_artifacts(run, "predictions.parquet")
    tested = pd.read_parquet(source)
    later = tested.assign(as_of=tested["as_of"] + pd.Timedelta(days=700))
    challenge(registry, later, tmp_path)
    with pytest.raises(DataFault) as caught:
        backtest_of(CHALLENGER, learning_book, light, registry)
    [fault] = caught.value.faults
    assert caught.value.title == "the model has no predictions out of time to look back on"
    assert fault.allowed == "month starts from 2024-11-01 to 2026-06-01"
    assert "training.test_months" in fault.next


def test_a_model_of_another_book_is_refused(small_book: Path, light: AllParams, registered: Path) -> None:
    with pytest.raises(DataFault, match="the model is of another book"):
        backtest_of(CHALLENGER, small_book, light, registered)


def test_a_book_that_is_too_short_is_refused(small_book: Path, registered: Path, light: AllParams) -> None:
    long = light.training.model_copy(update={"warm_up": 500})
    params = AllParams(light.checks, light.features, light.rule, long)
    with pytest.raises(DataFault, match="the book is too short to look back"):
        backtest_of(HEAVIER_USE, small_book, params, registered)


def test_a_segment_that_nobody_is_in_is_refused(small_book: Path, light: AllParams, registered: Path) -> None:
    question = Question(weights=HEAVIER_USE.weights, segment="entreprise")
    with pytest.raises(WrongUse, match="did you mean 'enterprise'"):
        backtest_of(question, small_book, light, registered)

"""Drift: what is said of columns that moved, did not, or are broken, and a page that loads nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.faults import WrongUse
from serving.monitoring.column_drift import ColumnFinding, examine_columns, ks_distance
from serving.monitoring.drift_report import DriftReport, drift_between
from serving.monitoring.evidently_pages import offline_page

N = 300


def rows(n: int = N, seed: int = 0, shift: float = 0.0) -> pd.DataFrame:
    """One row per account: seats, a revenue with a long tail, and the prediction; nine tenths of an account's
    values are its own and the same for every seed."""
    own, rng = np.random.default_rng(99), np.random.default_rng(seed)
    kept, noise = own.normal(size=(3, n)), rng.normal(size=(3, n))
    seats, mrr, odds = 0.9 * kept + 0.4 * noise
    return pd.DataFrame(
        {
            "account_id": [f"A-{i:04d}" for i in range(n)],
            "seats": 50 + 10 * (seats + shift),
            "mrr": np.exp(6 + 1.5 * mrr),
            "health": 100 / (1 + np.exp(odds - 2)),
        }
    )


def found(current: list, reference: list | None = None) -> ColumnFinding:
    """The finding of a column, whose earlier values are 0 to 99 unless given."""
    then = pd.DataFrame({"x": list(range(100)) if reference is None else reference})
    [finding] = examine_columns(then, pd.DataFrame({"x": current}), ["x"])
    return finding


@pytest.fixture(scope="module")
def report() -> DriftReport:
    """Seats have moved by half a standard deviation; revenue and prediction have not."""
    return drift_between(rows(), rows(seed=1, shift=0.5), ["seats", "mrr"], "health")


def test_what_moved_has_drifted_and_what_did_not_is_steady(report: DriftReport) -> None:
    assert report.of_state("drifted") == ("seats",)
    assert report.of_state("steady") == ("health", "mrr")
    assert report.alarm


def test_the_text_names_the_prediction_first_and_then_what_is_not_steady(report: DriftReport) -> None:
    first, prediction, features, seats = report.as_text().splitlines()
    assert first.startswith("Drift: 300 accounts compared with themselves; not compared: 0 that left")
    assert prediction == "Prediction: health: steady"
    assert features == "Features: 1 drifted, 1 steady"
    assert re.fullmatch(r"  seats: drifted \(2\d% of the accounts moved, adjusted p \de-\d\d\)", seats)


def test_evidently_shows_the_same_verdicts_by_the_same_adjusted_p_values(report: DriftReport) -> None:
    shown = {
        metric["config"]["column"]: (metric["value"], metric["config"]["threshold"])
        for metric in report.evidently["metrics"]
        if metric["config"]["type"].endswith("ValueDrift")
    }
    assert shown == {finding.column: (finding.adjusted, 0.05) for finding in report.findings}


def test_evidently_sums_up_the_data_quality_of_every_column(report: DriftReport) -> None:
    missing = {
        metric["config"].get("column")
        for metric in report.evidently["metrics"]
        if metric["config"]["type"].endswith(":MissingValueCount")
    }
    assert missing == {"seats", "mrr", "health"}


def test_the_page_carries_the_text_and_loads_nothing(report: DriftReport) -> None:
    page = offline_page("<seats>", report.evidently_page)
    assert "<pre>&lt;seats&gt;</pre>" in page
    assert "default-src 'none'" in page[:500]
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page)
    assert not re.findall(r"@import\s+[\"'u]|url\(\s*[\"']?(?:https?:)?//", page)


def test_a_report_is_the_same_to_the_byte_when_made_again(report: DriftReport) -> None:
    assert drift_between(rows(), rows(seed=1, shift=0.5), ["seats", "mrr"], "health") == report


ALONE = """
import sys, threading

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.fork"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
import pandas
from serving.monitoring.drift_report import drift_between
rows = pandas.DataFrame({"account_id": range(60), "seats": range(60), "p": [0.1, 0.2] * 30})
drift_between(rows, rows, ["seats"], "p")
assert threading.active_count() == 1, threading.enumerate()
from evidently.telemetry import event_logger
assert not event_logger.is_enabled()
"""


@pytest.mark.long
def test_from_the_import_on_nothing_is_sent_and_nothing_runs_beside() -> None:
    environment = {name: value for name, value in os.environ.items() if "TRACK" not in name}
    alone = subprocess.run(
        [sys.executable, "-c", ALONE], env=environment, capture_output=True, text=True, check=False
    )
    assert (alone.returncode, alone.stderr) == (0, "")


def test_eight_accounts_are_too_few_to_tell() -> None:
    small = drift_between(rows(8), rows(8, seed=1, shift=5.0), ["seats"], "health")
    assert set(small.of_state("too few accounts")) == {"seats", "health"}
    assert "fewer than 30 accounts have a value at both dates" in small.as_text()
    assert not small.alarm


@pytest.mark.parametrize(
    ("current", "state", "words"),
    [
        ([None] * 100, "drifted", "missing in 100% of the accounts, was 0%; no value now"),
        ([np.inf] * 99 + [None], "drifted", "99 infinite now, read as missing; no value now"),
        (["many"] * 100, "not comparable", "str, not a number, now"),
        ([7] * 100, "drifted", "always 7 now"),
        ([*range(99), -np.inf], "steady", "1 infinite now, read as missing"),
        ([*range(0, 100, 2), *[None] * 50], "drifted", "missing in 50% of the accounts, was 0%"),
        ([*range(100)], "steady", ""),
    ],
)
def test_what_is_odd_about_a_column_is_said_in_words(current: list, state: str, words: str) -> None:
    finding = found(current)
    assert finding.state == state
    assert words in finding.words


def test_a_column_that_is_odd_at_both_dates_is_named_and_no_alarm() -> None:
    constant, empty = found([1.0] * 100, [1.0] * 100), found([None] * 100, [None] * 100)
    assert (constant.state, constant.words) == ("steady", "always 1 then; always 1 now")
    assert (empty.state, empty.words) == ("not comparable", "no value then; no value now")


def test_a_feature_that_a_frame_lacks_is_an_alarm_and_the_others_are_still_monitored() -> None:
    lost = drift_between(rows(), rows(seed=1).drop(columns="seats"), ["seats", "mrr"], "health")
    assert lost.of_state("drifted") == ("seats",)
    assert "absent now" in lost.as_text()
    assert "mrr" in lost.of_state("steady")


def test_no_rows_at_all_still_give_a_page_and_a_document() -> None:
    empty = drift_between(rows(0), rows(0), ["seats", "mrr"], "health")
    assert set(empty.of_state("not comparable")) == {"seats", "mrr", "health"}
    assert empty.evidently == {}
    json.dumps(empty.as_dict(), allow_nan=False)


def test_flags_and_nullable_integers_are_numbers() -> None:
    frame = pd.DataFrame({"flag": [True, False] * 50, "seats": pd.array([1, None] * 50, dtype="Int64")})
    flag, seats = examine_columns(frame, frame, ["flag", "seats"])
    assert flag.state == "steady"
    assert seats.null_share_now == 0.5


def test_that_accounts_grow_older_is_no_drift() -> None:
    then = rows().assign(tenure_days=np.arange(600.0, 600 + N))
    now = then.assign(tenure_days=then["tenure_days"] + 365)
    aged = drift_between(then, now, ["tenure_days", "mrr"], settled_days=545)
    assert not aged.alarm
    assert "tenure_days: not comparable: every account grows older" in aged.as_text()


def test_accounts_that_joined_left_or_were_young_are_counted_and_not_compared() -> None:
    then = rows().assign(tenure_days=[30.0] * 10 + [900.0] * (N - 10))
    now = rows(seed=1).assign(tenure_days=900.0).iloc[5:]
    now.iloc[:, 1:4] = now.iloc[:, 1:4]  # the index no longer starts at 0
    joined = pd.concat([now, now.head(7).assign(account_id=[f"B-{i}" for i in range(7)])])
    seen = drift_between(then, joined, ["seats"], settled_days=545)
    assert (seen.accounts, seen.left, seen.joined, seen.young) == (N - 10, 5, 7, 5)


def test_the_caller_s_frames_are_left_as_they_were() -> None:
    reference, current = rows(), rows(seed=1).set_index("mrr", drop=False)
    before = current.copy()
    drift_between(reference, current, ["seats", "mrr"], "health")
    pd.testing.assert_frame_equal(current, before)


numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@settings(deadline=None, max_examples=40)
@given(one=numbers, other=numbers)
def test_the_distance_is_that_of_its_definition_the_same_both_ways_and_blind_to_scale(
    one: list[float], other: list[float]
) -> None:
    a, b = pd.Series(one), pd.Series(other)
    naive = max(abs((a <= x).mean() - (b <= x).mean()) for x in one + other)
    assert ks_distance(a, b) == pytest.approx(naive)
    assert 0 <= ks_distance(a, b) <= 1
    assert ks_distance(b, a) == pytest.approx(ks_distance(a, b))
    assert ks_distance(a * 2, b * 2) == ks_distance(a, b)


def test_every_wrong_use_is_named_at_once() -> None:
    twice = pd.DataFrame([[1, 1.0, 2.0, 3.0]], columns=["account_id", "seats", "mrr", "mrr"])
    with pytest.raises(WrongUse) as caught:
        drift_between(rows(), twice, ["seats", "seats"], "health")
    assert [line.partition(". Next")[0] for line in str(caught.value).splitlines()] == [
        "This cannot be monitored",
        "  - features is 'seats'; allowed: each column once, the prediction apart",
        "  - current columns is 'mrr'; allowed: each name once",
        "  - prediction is 'health'; allowed: a column of the current rows",
    ]


def test_an_account_with_two_rows_is_refused_by_name() -> None:
    with pytest.raises(WrongUse, match="A-0000 twice"):
        drift_between(rows(), pd.concat([rows(), rows(1)]), ["seats"])

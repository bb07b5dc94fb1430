"""Monitoring: what it says of drift and of broken columns, and a page that loads nothing."""

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
from serving.monitoring.column_drift import drift_limit, examine_column, ks_distance
from serving.monitoring.monitoring_report import MonitoringReport, monitor

N = 300


def rows(n: int = N, seed: int = 0, shift: float = 0.0) -> pd.DataFrame:
    """One row per account: seats, a revenue with a long tail, and the prediction."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "seats": rng.normal(50 + 10 * shift, 10, n),
            "mrr": rng.lognormal(6, 1.5, n),
            "churn_probability": rng.beta(2, 10, n),
        }
    )


def monitored(reference: pd.DataFrame, current: pd.DataFrame, *features: str) -> MonitoringReport:
    return monitor(reference, current, features, "churn_probability", min(len(reference), len(current)))


def said(current: list, reference: list | None = None) -> tuple[str, str]:
    """State and words of a column, whose reference values are 0 to 99 unless given."""
    then = pd.DataFrame({"x": list(range(100)) if reference is None else reference})
    finding = examine_column(then, pd.DataFrame({"x": current}), "x", accounts=100)
    return finding.state, finding.words


@pytest.fixture(scope="module")
def report() -> MonitoringReport:
    """Seats have moved by a standard deviation; revenue and prediction have not."""
    return monitored(rows(2 * N), rows(seed=1, shift=1.0), "seats", "mrr")


def test_what_moved_has_drifted_and_what_did_not_is_steady(report):
    assert report.of_state("drifted") == ("seats",)
    assert report.of_state("steady") == ("churn_probability", "mrr")


def test_the_text_names_the_prediction_first_and_then_what_is_not_steady(report):
    assert report.as_text().splitlines() == [
        "Monitoring: 300 current rows against 600 reference rows, 300 accounts",
        "Prediction: churn_probability: steady (distance 0.07, drift from 0.16)",
        "Features: 1 drifted, 1 steady",
        "  seats: drifted (distance 0.39, drift from 0.16)",
    ]


def test_evidently_finds_the_same_distances_and_holds_them_against_the_same_limits(report):
    shown = {
        metric["config"]["column"]: (metric["value"], metric["config"]["threshold"])
        for metric in report.evidently["metrics"]
        if metric["config"]["type"].endswith("ValueDrift")
    }
    assert shown == {finding.column: (finding.distance, finding.limit) for finding in report.findings}


def test_evidently_sums_up_the_data_quality_of_every_column(report):
    missing = {
        metric["config"].get("column")
        for metric in report.evidently["metrics"]
        if metric["config"]["type"].endswith(":MissingValueCount")
    }
    assert missing == {"seats", "mrr", "churn_probability"}


def test_the_page_carries_the_text_and_loads_nothing(report):
    assert "seats: drifted (distance 0.39" in report.html
    assert "default-src 'none'" in report.html[:500]
    assert not re.findall(
        r"<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*[\"']?(?:https?:)?//", report.html
    )
    assert not re.findall(r"@import\s+[\"'u]|url\(\s*[\"']?(?:https?:)?//", report.html)


def test_the_files_are_the_same_to_the_byte_when_made_again(report, tmp_path):
    again = monitored(rows(2 * N), rows(seed=1, shift=1.0), "seats", "mrr")
    for first, second in zip(report.write(tmp_path / "a"), again.write(tmp_path / "b"), strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"monitoring.html", "monitoring.json"}


def test_the_json_has_no_nan_though_a_column_is_constant_and_another_almost_empty(tmp_path):
    current = rows().assign(seats=5.0, mrr=[1.0, *[None] * (N - 1)])
    _, document = monitored(rows(), current, "seats", "mrr").write(tmp_path)
    found = json.loads(document.read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert [column["state"] for column in found["findings"]] == ["steady", "drifted", "too few accounts"]


ALONE = """
import sys, threading

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.fork"):
        raise SystemExit(f"{event} {arguments}")

sys.addaudithook(refuse)
import pandas
from serving.monitoring.monitoring_report import monitor
rows = pandas.DataFrame({"seats": range(60), "p": [0.1, 0.2] * 30})
monitor(rows, rows, ["seats"], "p", 60)
assert threading.active_count() == 1, threading.enumerate()
from evidently.telemetry import event_logger
assert not event_logger.is_enabled()
"""


def test_from_the_import_on_nothing_is_sent_and_nothing_runs_beside():
    environment = {name: value for name, value in os.environ.items() if "TRACK" not in name}
    alone = subprocess.run(
        [sys.executable, "-c", ALONE], env=environment, capture_output=True, text=True, check=False
    )
    assert (alone.returncode, alone.stderr) == (0, "")


def test_eight_accounts_are_too_few_to_tell():
    small = monitored(rows(8), rows(8, seed=1, shift=5.0), "seats")
    assert set(small.of_state("too few accounts")) == {"seats", "churn_probability"}
    assert "8 accounts with a value, 50 are needed" in small.as_text()
    assert "ValueDrift" not in json.dumps(small.evidently)


def test_many_dates_of_few_accounts_are_still_too_few():
    many = monitor(rows(400), rows(400, seed=1), ["seats"], "churn_probability", accounts=20)
    assert many.of_state("drifted") == ()
    assert set(many.of_state("too few accounts")) == {"seats", "churn_probability"}


def test_a_column_with_a_long_tail_does_not_drift_by_chance():
    alarms = [
        ks_distance(rows(100, seed)["mrr"], rows(100, seed + 1_000)["mrr"]) >= drift_limit(100, 100)
        for seed in range(200)
    ]
    assert np.mean(alarms) <= 0.01


@pytest.mark.parametrize(
    ("current", "state", "words"),
    [
        ([None] * 100, "not comparable", "nothing but nulls in the current rows"),
        ([], "not comparable", "no row at all in the current rows"),
        ([np.inf] * 99 + [None], "not comparable", "no finite value in the current rows"),
        (["many"] * 100, "not comparable", "str, not a number, in the current rows"),
        ([7] * 100, "drifted", "always 7 in the current rows"),
        ([*range(99), -np.inf], "steady", "1 infinite in the current rows, read as null"),
        ([*range(0, 100, 2), *[None] * 50], "drifted", "null in 50% of the rows, was 0%"),
        ([*range(0, 90, 2), *[None] * 55], "too few accounts", "45 accounts with a value, 50 are needed"),
        ([*range(100)], "steady", ""),
    ],
)
def test_what_is_odd_about_a_column_is_said_in_words(current, state, words):
    assert said(current) == (state, words)


def test_a_column_of_the_reference_that_is_odd_is_named_too():
    assert said([1.0] * 100, [1.0] * 100) == (
        "steady",
        "always 1 in the reference rows; always 1 in the current rows",
    )
    assert said([1.0] * 100, [None] * 100)[1] == "nothing but nulls in the reference rows"


def test_a_feature_that_a_frame_lacks_is_said_and_the_others_are_still_monitored():
    found = monitored(rows(), rows(seed=1).drop(columns="seats"), "seats", "mrr")
    assert "  seats: not comparable: absent in the current rows" in found.as_text().splitlines()
    assert "mrr" in found.of_state("steady")


def test_no_rows_at_all_still_give_a_page_and_a_document(tmp_path):
    empty = monitored(rows(0), rows(0), "seats", "mrr")
    page, document = empty.write(tmp_path)
    assert "no row at all in the reference rows" in page.read_text(encoding="utf-8")
    assert json.loads(document.read_text(encoding="utf-8"))["evidently"] == {}


def test_flags_and_nullable_integers_are_numbers():
    frame = pd.DataFrame({"flag": [True, False] * 50, "seats": pd.array([1, None] * 50, dtype="Int64")})
    assert examine_column(frame, frame, "flag", 100).state == "steady"
    assert examine_column(frame, frame, "seats", 100).null_share_current == 0.5


def test_the_caller_s_frames_are_left_as_they_were():
    reference, current = rows(), rows(seed=1).set_index("mrr", drop=False)
    before = current.copy()
    monitored(reference, current, "seats", "mrr")
    pd.testing.assert_frame_equal(current, before)


numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@settings(deadline=None, max_examples=40)
@given(one=numbers, other=numbers)
def test_the_distance_is_that_of_its_definition_the_same_both_ways_and_blind_to_scale(one, other):
    a, b = pd.Series(one), pd.Series(other)
    naive = max(abs((a <= x).mean() - (b <= x).mean()) for x in one + other)
    assert ks_distance(a, b) == pytest.approx(naive)
    assert 0 <= ks_distance(a, b) <= 1
    assert ks_distance(b, a) == pytest.approx(ks_distance(a, b))
    assert ks_distance(a * 2, b * 2) == ks_distance(a, b)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_fewer_accounts_never_lower_the_limit(reference, current):
    assert drift_limit(reference, current) >= drift_limit(reference + 1, current + 1) >= 0.1


def test_every_wrong_use_is_named_at_once():
    twice = pd.DataFrame([[1.0, 2.0, 3.0]], columns=["seats", "mrr", "mrr"])
    with pytest.raises(WrongUse) as caught:
        monitor(rows(), twice, ["seats", "seats"], "churn_probability", accounts=-1)
    assert [line.partition(". Next")[0] for line in str(caught.value).splitlines()] == [
        "This cannot be monitored",
        "  - features is 'seats'; allowed: each column once, the prediction apart",
        "  - current columns is 'mrr'; allowed: each name once",
        "  - prediction is 'churn_probability'; allowed: a column of the current rows",
        "  - accounts is -1; allowed: 0 or more",
    ]

"""Checks of time: nothing is learned that was not known when the test began."""

from __future__ import annotations

import pandas as pd

from training.leakage_evidence import Answer, Check, Evidence, not_applicable, passed, verdict
from training.temporal_splits import embargo

NO_ORIGINS = "there are no origins"


def label_windows(evidence: Evidence) -> Answer:
    """No training label is still being watched when the first test date comes."""
    reach = embargo(evidence.params)
    gaps = [min(split.test) - max(split.train) for split in evidence.data.origins]
    if not gaps:
        return not_applicable(NO_ORIGINS)
    short = min(gaps)
    wrong = f"only {short.days} days lie between training and test; the label needs {reach.days}"
    return verdict(short < reach, wrong, f"at least {short.days} days, the label needs {reach.days}")


def order_of_time(evidence: Evidence) -> Answer:
    """Every training date lies before every test date; a random split has no such order."""
    mixed = [split for split in evidence.data.origins if max(split.train) >= min(split.test)]
    if not evidence.data.origins:
        return not_applicable(NO_ORIGINS)
    wrong = "; ".join(
        f"{sum(date >= min(s.test) for date in s.train)} of {len(s.train)} training dates are not before"
        f" {min(s.test):%Y-%m-%d}"
        for s in mixed
    )
    return verdict(bool(mixed), wrong, f"in all {len(evidence.data.origins)} origins")


def midnights(evidence: Evidence) -> Answer:
    """As-of dates are UTC midnights, so that windows hold whole days."""
    moments = evidence.data.rows["as_of"]
    if moments.dt.tz is None:
        return verdict(True, "as-of dates have no time zone", "")
    off = moments[moments != moments.dt.normalize()]
    found = f"{len(off)} rows, such as {off.iloc[0]}" if len(off) else ""
    return verdict(bool(len(off)), found, f"all {moments.nunique()} as-of dates")


def mature_labels(evidence: Evidence) -> Answer:
    """No row has a label before its horizon and the label lag have passed."""
    data = evidence.data
    early = data.rows.loc[data.rows["as_of"] + embargo(evidence.params) > data.known_until, "as_of"]
    wrong = (
        f"{len(early)} rows from {early.min():%Y-%m-%d} have a label that nobody could know"
        if len(early)
        else ""
    )
    return verdict(
        bool(len(early)), wrong, f"all {len(data.rows)} rows, known until {data.known_until:%Y-%m-%d}"
    )


def labels_as_known(evidence: Evidence) -> Answer:
    """A churn that was recorded after an origin's first test date is not yet one for its training."""
    data, late = evidence.data, 0
    if not data.origins:
        return not_applicable(NO_ORIGINS)
    for split in data.origins:
        rows, churned = data.training_rows(split)
        noted = data.noted.reindex(rows.index)
        late += int(((churned == 1) & ~(noted < min(split.test))).sum())
    return verdict(
        late > 0, f"{late} training labels were learned later than the test began", "none was learned later"
    )


def tested_out_of_time(evidence: Evidence) -> Answer:
    """The predictions that the model is judged by are of the test dates, and each row is judged once."""
    data, tested = evidence.data, evidence.tested
    allowed = {date for split in data.origins for date in split.test}
    learned = (
        pd.concat([data.training_rows(split)[0] for split in data.origins]) if data.origins else data.rows[:0]
    )
    seen = pd.MultiIndex.from_frame(tested[["account_id", "as_of"]])
    twice, outside = int(seen.duplicated().sum()), int((~tested["as_of"].isin(list(allowed))).sum())
    known = int(seen.isin(pd.MultiIndex.from_frame(learned[["account_id", "as_of"]])).sum())
    wrong = f"{outside} rows are of no test date, {known} were trained on by some origin, {twice} come twice"
    if len(data.origins) > 1 and not outside and not twice:
        # A later origin may learn from the tests of an earlier one: those were predicted before.
        return passed(f"{len(tested)} rows of {len(allowed)} test dates, each origin's own")
    return verdict(bool(outside or known or twice), wrong, f"{len(tested)} rows of {len(allowed)} test dates")


CHECKS = (
    Check(
        "L01",
        "no training label window touches a test date",
        "fatal",
        "leave the horizon and the label lag between training and test (training.train_until, test_dates)",
        label_windows,
    ),
    Check(
        "L02",
        "every training date lies before every test date",
        "fatal",
        "split by time: a random split over rows tests a model on what it has seen",
        order_of_time,
    ),
    Check(
        "L03", "as-of dates are UTC midnights", "fatal", "take dates alone, without a clock time", midnights
    ),
    Check(
        "L04",
        "every label could be known",
        "fatal",
        "leave rows out until horizon and label lag have passed",
        mature_labels,
    ),
    Check(
        "L05",
        "training labels are as they were known when the test began",
        "fatal",
        "take a churn that was recorded later for a 0",
        labels_as_known,
    ),
    Check(
        "L06",
        "the predictions judged are of test rows, each once",
        "fatal",
        "judge by predictions_out_of_time alone",
        tested_out_of_time,
    ),
)

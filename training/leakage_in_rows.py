"""Checks of rows: no row, and no account within a calibration fold, stands on both sides."""

from __future__ import annotations

import pandas as pd

from training.leakage_evidence import Answer, Check, Evidence, not_applicable, verdict

ENOUGH = 10  # values that must be there before two equal rows are thought to be copies
DATES = 2  # on so many dates two accounts must be equal before they are thought to be one
KEYS = ["account_id", "as_of"]


def duplicates(evidence: Evidence) -> Answer:
    """An account has one row per as-of date."""
    twice = evidence.data.rows[evidence.data.rows.duplicated(KEYS)]
    return verdict(bool(len(twice)), f"{len(twice)} rows come twice{_such_as(twice)}", "each row once")


def both_sides(evidence: Evidence) -> Answer:
    """No row is trained and tested on, under its own key or as a copy with the same features."""
    data = evidence.data
    if not data.origins:
        return not_applicable("there are no origins")
    shared, copied = 0, 0
    for split in data.origins:
        train, test = data.training_rows(split)[0], data.rows[data.at(split.test)]
        shared += int(_keys(test, KEYS).isin(_keys(train, KEYS)).sum())
        columns = [name for name in evidence.feature_columns if name in test]
        known = test[test[columns].notna().sum(axis=1) >= min(ENOUGH, len(columns))]
        copied += int(_hashed(known, columns).isin(_hashed(train, columns)).sum())
    wrong = f"{shared} test rows are trained on, {copied} have the very features of a training row"
    return verdict(bool(shared or copied), wrong, "no test row is a training row, or a copy of one")


def twins(evidence: Evidence) -> Answer:
    """No customer is in the book under two ids: each would vouch for the other wherever accounts are parted.

    Two ids are one customer where they have the very same features on DATES dates or more, at least ENOUGH of
    them something else than 0 or missing: accounts at rest are alike, and are not one for that.
    """
    rows, columns = evidence.data.rows, evidence.feature_columns
    told = rows[(rows[columns].notna() & (rows[columns] != 0)).sum(axis=1) >= min(ENOUGH, len(columns))]
    alike = told.assign(alike=pd.util.hash_pandas_object(told[["as_of", *columns]], index=False))
    alike = alike[alike.duplicated("alike", keep=False)]
    dates = alike.groupby("account_id")["as_of"].nunique()
    several = dates[dates >= DATES]
    wrong = f"{len(several)} accounts have a twin with the same features on {DATES} dates or more"
    such = f", such as {several.index[0]}" if len(several) else ""
    return verdict(bool(len(several)), wrong + such, "no two accounts are alike on several dates")


def calibration_folds(evidence: Evidence) -> Answer:
    """The folds that the calibration line is fitted on part accounts, not rows."""
    if evidence.fold is None:
        return not_applicable("nothing was calibrated out of fold")
    parted = int((evidence.fold.groupby(evidence.data.rows["account_id"]).nunique() > 1).sum())
    return verdict(
        parted > 0, f"{parted} accounts are on both sides of a fold", "no account is on both sides"
    )


def _keys(rows: pd.DataFrame, columns: list[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[columns])


def _hashed(rows: pd.DataFrame, columns: list[str]) -> pd.Series:
    """A number per row for its account and features: equal rows have equal numbers."""
    return pd.util.hash_pandas_object(rows[["account_id", *columns]], index=False)


def _such_as(rows: pd.DataFrame) -> str:
    return f", such as one of {rows.iloc[0]['as_of']:%Y-%m-%d}" if len(rows) else ""


CHECKS = (
    Check(
        "L10",
        "an account has one row per as-of date",
        "fatal",
        "drop the repeated rows and train again",
        duplicates,
    ),
    Check(
        "L11",
        "no row is trained and tested on",
        "fatal",
        "split by time, with the embargo between; a random split over rows shares them",
        both_sides,
    ),
    Check(
        "L12",
        "no account is on both sides of a calibration fold",
        "fatal",
        "cut folds by account: its months are not independent",
        calibration_folds,
    ),
    Check(
        "L13",
        "no customer stands under two ids",
        "fatal",
        "join them (vitals import joins systems by id or domain), or drop one of the two",
        twins,
    ),
)

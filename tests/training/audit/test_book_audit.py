"""A book's answers against its truth: who knows the truth passes, who turns it round does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalog import load_catalog
from features.faults import DataFault, WrongUse
from features.params import Windows
from training.audit.book_audit import Answers, BookAudit, audit_answers
from training.audit.book_truth import BookTruth, read_truth
from training.audit.planted_families import planted_family
from training.simulation.book import simulate_book
from training.simulation.params import SimulationParams

CATALOG = load_catalog(Windows())
FIRST = {planted_family(f.name): i for i, f in reversed(list(enumerate(CATALOG)))}  # a feature per family
NOISE = next(i for i, f in enumerate(CATALOG) if f.name.startswith("csat_training"))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited") / "book"
    simulate_book(SimulationParams(accounts=120, months=12, annual_churn=0.3, paths=128), folder)
    return folder


@pytest.fixture(scope="module")
def truth(book: Path) -> BookTruth:
    return read_truth(book)


@pytest.fixture(scope="module")
def told(truth: BookTruth) -> Answers:
    """The answers of who knows the truth: every share on one feature of its family."""
    rows = truth.rows[truth.rows["as_of"].isin(truth.dates[-2:])]
    shares = np.zeros((len(rows), len(CATALOG)))
    for family in truth.families:
        shares[:, FIRST[family]] = rows[family]
    health = 100 * (1 - rows["p_churn_365d"].to_numpy())
    around = np.column_stack([health - 1, health + 1])
    return Answers(rows, CATALOG, shares.copy(), health, around, shares, health < 60)


def values(found: BookAudit) -> dict[str, float]:
    return {one.name: one.value for one in found.figures}


def test_who_knows_the_truth_meets_every_bar(told: Answers, truth: BookTruth) -> None:
    found = audit_answers("truth", told, truth)
    assert values(found) == pytest.approx(
        {"error": 0, "bias": 0, "covered": 1, "sign": 1, "sure": 1, "worst": 1, "noise": 0, "any": 0}
        | {name: value for name, value in values(found).items() if name.endswith("_knowable")}
    )
    assert all(one.met for one in found.figures if one.bar)
    assert values(found)["sign_knowable"] > 0.95  # the truth stands in the features here
    assert found.accounts == told.rows["account_id"].nunique() <= found.rows == len(told.rows)
    assert not found.not_judged


def test_shares_turned_round_meet_no_bar_of_signs(told: Answers, truth: BookTruth) -> None:
    found = values(audit_answers("turned", replace(told, shares=-told.shares), truth))
    assert (found["sign"], found["sure"], found["worst"]) == (0, 0, 0)


def test_probabilities_that_are_off_are_off_by_as_much(told: Answers, truth: BookTruth) -> None:
    found = values(audit_answers("off", replace(told, health=told.health - 10), truth))
    assert (found["error"], found["bias"]) == pytest.approx((0.1, 0.1))
    narrow = values(audit_answers("narrow", replace(told, interval=told.interval + 5), truth))
    assert narrow["covered"] == 0


def test_a_noise_feature_that_shouts_is_found(told: Answers, truth: BookTruth) -> None:
    loud = told.shares.copy()
    loud[:, NOISE] = 9.0
    found = audit_answers("loud", replace(told, shares=loud), truth)
    assert values(found)["any"] == 1
    assert values(found)["noise"] == pytest.approx(1 / len(found.noise))
    assert values(found)["sign"] == 1  # and it is in no planted family


def test_rows_that_the_truth_does_not_know_are_left_out_and_counted(told: Answers, truth: BookTruth) -> None:
    stranger = told.rows.assign(account_id=["A-X", *told.rows["account_id"][1:]])
    found = audit_answers("truth", replace(told, rows=stranger), truth)
    assert (found.left_out, found.rows) == (1, len(told.rows) - 1)
    assert "left out: 1 rows" in found.as_text()


def test_answers_of_which_the_truth_knows_none_are_refused(told: Answers, truth: BookTruth) -> None:
    strangers = told.rows.assign(account_id=[f"X-{i}" for i in range(len(told.rows))])
    with pytest.raises(WrongUse, match="knows none of the accounts"):
        audit_answers("lost", replace(told, rows=strangers), truth)


def test_without_a_red_account_it_is_said_that_the_worst_was_not_judged(told, truth) -> None:
    found = audit_answers("calm", replace(told, red=np.zeros_like(told.red)), truth)
    assert found.not_judged == ("the worst family of red accounts, for no account is red",)
    assert "worst" not in values(found)
    assert "not judged: the worst family" in found.as_text()
    assert json.loads(json.dumps(found.as_dict()))["not_judged"] == list(found.not_judged)


def test_the_truth_is_told_against_the_portfolio(truth: BookTruth) -> None:
    assert truth.rows[list(truth.families)].mean().abs().max() < 1e-12
    assert len(truth.dates) == 13


def test_a_book_without_truth_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="no planted truth") as caught:
        read_truth(tmp_path)
    assert len(caught.value.faults) == 3
    assert "vitals audit --worlds 12" in caught.value.faults[0].next


@pytest.mark.parametrize("name", ["probabilities.parquet", "noise.json", "world.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe"])
def test_a_damaged_truth_is_refused(book: Path, tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "truth"
    folder.mkdir()
    for file in (book / "truth").iterdir():
        (folder / file.name).write_bytes(content if file.name == name else file.read_bytes())
    with pytest.raises(DataFault, match="cannot be read"):
        read_truth(tmp_path)


def test_a_truth_that_lacks_a_family_is_refused(book: Path, tmp_path: Path) -> None:
    folder = tmp_path / "truth"
    folder.mkdir()
    for file in (book / "truth").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    rows = pd.read_parquet(folder / "probabilities.parquet")
    rows.drop(columns="effect_payment").to_parquet(folder / "probabilities.parquet")
    with pytest.raises(DataFault, match="effect_payment"):
        read_truth(tmp_path)

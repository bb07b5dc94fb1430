"""The example profiles: each is read by every stage, scores a book, and says why it differs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import features
from features.params_file import SECTIONS, read_section
from features.rule_score import measures
from serving.closed_loop.case_params import CaseParams
from serving.delivery.delivery_params import DeliveryParams
from serving.params import ServingParams
from training.all_params import AllParams

ROOT = Path(__file__).parents[1]
PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))
each = pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)


def test_there_is_a_profile_for_small_and_for_large_customers() -> None:
    assert [path.stem for path in PROFILES] == ["enterprise", "smb"]


@each
def test_a_profile_is_a_whole_parameters_file_that_every_stage_reads(profile: Path) -> None:
    assert set(yaml.safe_load(profile.read_text(encoding="utf-8"))) == set(SECTIONS)
    params = AllParams.read(profile)
    assert params.training.gate.days_ahead[1] <= params.training.horizon
    for name, kind in (("serving", ServingParams), ("cases", CaseParams), ("delivery", DeliveryParams)):
        read_section(profile, name, kind)


def unexplained(profile: Path) -> list[str]:
    """Lines that are not in params.yaml and do not say why."""
    usual = set((ROOT / "params.yaml").read_text(encoding="utf-8").splitlines())
    word = {"smb": "# SMB: ", "enterprise": "# Enterprise: "}[profile.stem]
    lines = profile.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line not in usual and word not in line and not line.startswith("#")]


@each
def test_every_line_that_differs_from_the_usual_parameters_says_why(profile: Path) -> None:
    assert unexplained(profile) == []


def test_a_change_without_a_reason_would_be_found(tmp_path: Path) -> None:
    silent = tmp_path / "smb.yaml"
    silent.write_text(
        (ROOT / "params.yaml").read_text(encoding="utf-8").replace("\n  seed: 7\n", "\n  seed: 8\n", 1)
    )
    assert unexplained(silent) == ["  seed: 8"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Accounts whose measures lie anywhere within the curves of the usual rule, one in five missing."""
    draws = np.random.default_rng(7)
    found = {
        measure.feature: draws.uniform(measure.curve[0][0], measure.curve[-1][0], 200)
        for measure in measures(AllParams.read(ROOT / "params.yaml").rule)
    }
    rows = pd.DataFrame(found)
    return rows.mask(draws.random(rows.shape) < 0.2)


@each
def test_a_profile_tells_accounts_apart_and_otherwise_than_the_usual_rule(
    profile: Path, rows: pd.DataFrame
) -> None:
    usual, own = AllParams.read(ROOT / "params.yaml").rule, AllParams.read(profile).rule
    found = features.score_by_rule(rows, own)
    assert found.score.between(0, 100).all()
    assert found.score.nunique() > len(rows) / 2
    assert (found.score - features.score_by_rule(rows, usual).score).abs().max() > 5

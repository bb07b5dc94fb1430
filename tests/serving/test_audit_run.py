"""The audit of a book scores as the product does, at dates of the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serving import audit_run
from serving.audit_run import audit_book
from serving.batch.batch_scoring import score_book
from serving.params import ServingParams
from serving.scores.champion import load_scorer
from serving.scores.learned_scorer import LearnedScorer
from tests.serving.trained_workspace import TrainedWorkspace, workspace
from training.all_params import AllParams
from training.audit.book_audit import Answers, BookAudit, audit_answers
from training.audit.book_truth import BookTruth

pytestmark = pytest.mark.long

__all__ = ["workspace"]
LAST = "2026-11-01"


@pytest.fixture(scope="module")
def audited(workspace: TrainedWorkspace) -> tuple[BookAudit, Answers]:
    """The champion of the tests foretells 90 days: its answers are audited all the same, to see them."""
    seen: list[Answers] = []

    def looking(model: str, answers: Answers, truth: BookTruth) -> BookAudit:
        seen.append(answers)
        return audit_answers(model, answers, truth)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_run, "HORIZON", 90)
        patch.setattr(audit_run, "audit_answers", looking)
        found = audit_book(Path(workspace.book), None, AllParams.read(), Path(workspace.registry))
    return found, seen[0]


def test_the_last_four_quarters_are_audited(audited: tuple[BookAudit, Answers]) -> None:
    found, answers = audited
    assert found.dates == ("2026-02-01", "2026-05-01", "2026-08-01", LAST)
    assert found.rows == len(answers.rows)
    assert found.left_out == 0
    assert found.model == "version 1 (the champion)"
    names = {one.name for one in found.figures}
    assert {"error", "bias", "covered", "sign", "sign_knowable", "sure", "noise", "any"} <= names


def test_what_is_audited_is_what_is_published(
    audited: tuple[BookAudit, Answers], workspace: TrainedWorkspace
) -> None:
    scorer, answers = load_scorer(Path(workspace.registry)), audited[1]
    assert isinstance(scorer, LearnedScorer)
    scored = score_book(Path(workspace.book), scorer, AllParams.read(), ServingParams())
    last = answers.at((answers.rows["as_of"] == pd.Timestamp(LAST, tz="UTC")).to_numpy())
    told = dict(
        zip(last.rows["account_id"], zip(last.health, last.interval.tolist(), strict=True), strict=True)
    )
    published = {
        a.payload["account_id"]: (a.payload["health"], list(a.payload["interval"])) for a in scored.accounts
    }
    assert told == published


def test_the_shares_that_are_audited_are_all_of_the_log_odds(
    audited: tuple[BookAudit, Answers], workspace: TrainedWorkspace
) -> None:
    scorer, answers = load_scorer(Path(workspace.registry)), audited[1]
    assert isinstance(scorer, LearnedScorer)
    model = scorer.health_model
    z = model.base_log_odds + answers.shares.sum(axis=1)
    assert z == pytest.approx(model.log_odds(answers.X, answers.rows["segment"].tolist()), abs=1e-9)
    assert np.isnan(answers.X).any()

"""Weights that were adopted hold from the next scoring on, and every version is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from features.params import PillarWeights, RuleParams
from features.params_file import read_section
from features.rule_score import rule_score
from features.rule_weights import RuleWeights
from serving.api.problems import Problem
from serving.batch.publishing import Published, score_and_publish
from serving.history.account_history import history_of
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.scores.champion import Settings
from serving.weights.in_force import SettingsInForce, scorer_in_force, version_in_force
from serving.weights.trial import read_trial
from serving.weights.tried_past import past_book, tried_past
from serving.weights.tried_today import tried_today
from serving.weights.weight_tables import weight_adoptions, weight_versions
from serving.weights.weight_versions import (
    adopt_weights,
    adoptions,
    draft_weights,
    versions,
    weights_in_force,
)
from serving.what_ifs.what_if import WhatIf, rule_side
from tests.serving.both_databases import database_url, loop_store, postgres
from tests.serving.trained_workspace import LIGHT, PARAMS, TrainedWorkspace, workspace
from training.band_backtest import replayed
from training.kept_past import KeptPast

__all__ = ["database_url", "loop_store", "postgres", "workspace"]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
RULE = read_section(PARAMS, "rule", RuleParams)
USE = PillarWeights(usage=70, voice=10, commercial=10, service=10)
MINE = RuleWeights(weights=USE, profiles={}, stage_profiles={"renewal": PillarWeights()})


def adopted_version(store: ScoreStore, weights: RuleWeights = MINE, why: str = "use tells most") -> int:
    with store.writing() as connection:
        number = draft_weights(connection, weights, "maria", why, NOW)
        adopt_weights(connection, number, "li", "agreed", NOW)
    return number


def test_a_draft_alone_changes_nothing_and_an_adoption_holds_until_the_next(loop_store: ScoreStore) -> None:
    with loop_store.writing() as connection:
        first = draft_weights(connection, MINE, "maria", "why", NOW)
        assert weights_in_force(connection) is None
        adopt_weights(connection, first, "li", "agreed", NOW)
        second = draft_weights(connection, RuleWeights.of(RULE), "maria", "as before", NOW)
        adopt_weights(connection, second, "li", "changed our minds", NOW)
    with loop_store.begin() as connection:
        held = weights_in_force(connection)
        assert held
        assert (held.number, held.weights, held.author, held.reason) == (
            second,
            RuleWeights.of(RULE),
            "maria",
            "as before",
        )
        assert [each.number for each in versions(connection)] == [second, first]
        assert [each.version and each.version.number for each in adoptions(connection)] == [second, first]
    with loop_store.writing() as connection:
        adopt_weights(connection, None, "li", "back", NOW)
        assert weights_in_force(connection) is None
        assert [each.weights for each in versions(connection)] == [RuleWeights.of(RULE), MINE]


def test_what_holds_already_or_is_no_version_is_refused(store: ScoreStore) -> None:
    number = adopted_version(store)
    with store.writing() as connection:
        for told in (number, 99):
            with pytest.raises(Problem, match="cannot be used"):
                adopt_weights(connection, told, "li", "x", NOW)
        adopt_weights(connection, None, "li", "x", NOW)
        with pytest.raises(Problem, match="cannot be used"):
            adopt_weights(connection, None, "li", "x", NOW)


def test_no_version_and_no_adoption_can_be_changed_or_deleted(store: ScoreStore) -> None:
    adopted_version(store)
    for table in (weight_versions, weight_adoptions):
        for statement in (update(table).values(reason="y"), delete(table)):
            with pytest.raises(IntegrityError, match="append-only"), store.writing() as connection:
                connection.execute(statement)


@pytest.fixture(scope="module")
def scored(
    workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Published], TrainedWorkspace]:
    """The book scored on a date, under adopted weights on a later one, and under those of the file again."""
    url = f"sqlite:///{tmp_path_factory.mktemp('adopted') / 'vitals.db'}"

    def score(as_of: str) -> Published:
        book, registry = Path(workspace.book), Path(workspace.registry)
        return score_and_publish(book, as_of, PARAMS, LIGHT, registry, url, None, NOW, lambda _: None)

    done = [score("2026-09-30")]
    store = ScoreStore(url)
    adopted_version(store)
    done.append(score("2026-10-01"))
    with store.writing() as connection:
        adopt_weights(connection, None, "li", "back", NOW)
    done.append(score("2026-10-01"))
    store.close()
    return url, done, workspace


def test_the_next_scoring_is_weighed_by_the_adopted_version(
    scored: tuple[str, list[Published], TrainedWorkspace],
) -> None:
    _, done, _ = scored
    assert [each.weights for each in done] == [None, 1, None]
    assert "version 1 of the workshop" in done[1].as_text()
    rows = done[1].scored.rows
    wanted = rule_score(rows, MINE.over(RULE), rows["segment"]).score
    for account, score in zip(done[1].scored.accounts, wanted, strict=True):
        assert 0 <= score - account.payload["rule"]["score"] < 0.1  # shown rounded down
    assert done[1].snapshot.id != done[2].snapshot.id, "the same date under other weights is published anew"


def test_the_change_of_weights_is_marked_in_the_history_of_every_account(
    scored: tuple[str, list[Published], TrainedWorkspace],
) -> None:
    url, done, _ = scored
    store = ScoreStore(url)
    told = history_of(store, done[0].scored.accounts[0].payload["account_id"], 10, None)["scores"]
    keys = ["rule.weights", "rule.profiles", "rule.stage_profiles"]
    assert [each["markers"] and each["markers"]["configuration"] for each in told] == [keys, keys, None]
    store.close()


def test_weights_that_a_call_names_itself_go_before_the_adopted_ones(store: ScoreStore) -> None:
    adopted_version(store)
    assert version_in_force(store, ["training.seed=8"]) is not None
    assert version_in_force(store, ["rule.weights.usage=30"]) is None


def test_a_running_service_takes_up_what_was_adopted_and_keeps_it_while_the_store_is_away(
    store: ScoreStore, tmp_path: Path
) -> None:
    settings = Settings.read(PARAMS)
    held = SettingsInForce(settings, store)
    assert held() is settings
    adopted_version(store)
    now = held()
    assert (now.rule.weights, now.rule.measures) == (USE, RULE.measures)
    assert held() is now
    scorer = scorer_in_force(store, tmp_path / "none", PARAMS)
    assert scorer.rule == now.rule
    gone = ScoreStore(f"sqlite:///{tmp_path / 'never made.db'}")
    lost = SettingsInForce(settings, gone)
    assert lost() is settings


def in_store(store: ScoreStore, workspace: TrainedWorkspace) -> tuple[Snapshot, ScoreInputs]:
    found = ScoreStore(workspace.store)
    snapshot = found.newest_snapshot()
    assert snapshot
    inputs = found.inputs_of(snapshot)
    assert inputs
    kept = store.publish_snapshot(
        found.all_scores_of(snapshot),
        as_of=datetime(2026, 10, 31, tzinfo=UTC),
        published_at=NOW,
        model=snapshot.model,
        data_fingerprint="",
        inputs=inputs,
    )
    found.close()
    return kept, inputs


def test_what_is_tried_on_todays_book_is_what_the_command_counts(
    store: ScoreStore, workspace: TrainedWorkspace
) -> None:
    snapshot, inputs = in_store(store, workspace)
    accounts = store.all_scores_of(snapshot)
    names = ("name", "segment", "owner", "mrr")
    facts = pd.DataFrame(
        [{"account_id": a.payload["account_id"], **{n: a.details[n] for n in names}} for a in accounts]
    )
    facts = facts.astype({"mrr": "float64"})
    own = RuleWeights.of(RULE)
    sides = [rule_side(inputs.rows, facts["segment"], weights.over(RULE)) for weights in (own, MINE)]
    told = WhatIf("", {}, facts, *sides).as_dict()
    found = tried_today(store, snapshot, own, MINE)
    assert found
    assert {each.name: (each.before, each.mrr_before) for each in found.bands} == {
        band: (each["before"]["accounts"], each["before"]["mrr"]) for band, each in told["bands"].items()
    }
    assert {each.name: (each.after, each.mrr_after) for each in found.bands} == {
        band: (each["after"]["accounts"], each["after"]["mrr"]) for band, each in told["bands"].items()
    }
    assert found.moved == len(told["changed"]) > 0
    shown = [(m.account_id, m.score_before, m.score_after, m.band_after) for m in found.movers]
    wanted = [
        (each["account_id"], each["before"]["score"], each["after"]["score"], each["after"]["band"])
        for each in told["changed"]
    ]
    assert shown == wanted[: len(shown)]
    assert len(shown) == min(20, found.moved)


def test_a_limited_csm_tries_on_their_own_accounts_only(
    store: ScoreStore, workspace: TrainedWorkspace
) -> None:
    snapshot, _ = in_store(store, workspace)
    owner = store.all_scores_of(snapshot)[0].details["owner"]
    seen = store.seen_by(owner)
    found = tried_today(seen, snapshot, RuleWeights.of(RULE), MINE)
    assert found
    assert found.accounts == len(seen.all_scores_of(snapshot)) > 0
    assert {mover.owner for mover in found.movers} <= {owner}


def test_what_is_tried_on_the_past_is_a_replay_of_the_rows_that_training_kept(
    workspace: TrainedWorkspace,
) -> None:
    book = past_book(Path(workspace.registry), RULE)
    assert book
    found = tried_past(book, RULE, RuleWeights.of(RULE), MINE)
    rows = pd.read_parquet(next(Path(workspace.registry).glob("artifacts/*/artifacts/past.parquet")))
    past = KeptPast.of(rows, 90)
    assert past
    own, mine = (rule_score(past.rows, rule, past.rows["segment"]).band for rule in (RULE, MINE.over(RULE)))
    wanted = replayed(past.rows.assign(before=own, after=mine), past.churns, past.dates, 200, 7)
    assert found.leads == wanted.leads
    assert (found.alerts, found.followed, found.red) == (wanted.alerts, wanted.followed, wanted.red)
    assert found.leads[0].churners > 0
    assert max(past.dates) + pd.Timedelta(days=90) <= rows["as_of"].max() + pd.Timedelta(days=90)


def test_no_past_is_told_where_the_rule_reads_what_was_not_kept(
    workspace: TrainedWorkspace, tmp_path: Path
) -> None:
    another = {"feature": "tickets_90d", "at_least": 1, "cap": 5, "reason": "z"}
    other = RULE.model_dump() | {"exceptions": [another]}
    assert past_book(Path(workspace.registry), RuleParams.model_validate(other)) is None
    assert past_book(tmp_path, RULE) is None


def tried(**given: str) -> Any:
    return read_trial(given, lambda base: RuleWeights.of(RULE) if base in ("", "file") else None)


def test_sliders_are_scaled_to_a_hundred_and_stand_where_the_base_has_them() -> None:
    assert tried().weights == RuleWeights.of(RULE)
    assert tried(segment="enterprise").shown == RULE.profiles["enterprise"]
    found = tried(usage="1", voice="1", commercial="1", service="0", stage="renewal")
    assert found.weights.weights == RULE.weights
    assert found.weights.profiles == RULE.profiles
    assert found.shown == PillarWeights(usage=33.4, voice=33.3, commercial=33.3, service=0)
    assert found.weights.stage_profiles == {"renewal": found.shown}
    gone = tried(segment="enterprise", plain="1")
    assert gone.weights.profiles == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"base": "7"}, "base"),
        ({"usage": "-1"}, "usage"),
        ({"usage": "101", "voice": "nan", "service": "1e3"}, "usage"),
        ({"usage": "x" * 10_000}, "usage"),
        ({"usage": "0", "voice": "0"}, "usage"),
        ({"segment": "a\x00b"}, "segment"),
        ({"stage": "winter"}, "stage"),
        ({"stage": "renewal", "segment": "smb"}, "stage"),
    ],
)
def test_a_trial_that_cannot_be_read_is_refused_with_every_fault(given: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as refused:
        tried(**given)
    assert field in {fault.field for fault in refused.value.faults}

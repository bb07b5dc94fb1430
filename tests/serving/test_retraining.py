"""Training again: it says why, goes the way of every model, and leaves all as it was where it fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from features.faults import WrongUse
from serving.batch.publishing import score_and_publish
from serving.delivery.outbox_tables import outbox
from serving.history.store import ScoreStore
from serving.retraining import attempts, retraining, succession
from serving.retraining.nightly_retraining import look_after_the_model
from serving.retraining.retraining import Workshop, looked, retrain
from serving.retraining.retraining_params import RetrainingParams
from serving.retraining.retraining_tables import retrainings
from serving.retraining.shadow_answers import shadow_in_words, shadow_of
from serving.retraining.succession import end_shadow_if_due
from serving.scores.champion import Settings, load_scorer
from serving.scores.model_watch import ModelWatch
from tests.serving.trained_workspace import LIGHT, PARAMS, TrainedWorkspace, workspace
from tests.training.challengers import aliases
from training.all_params import AllParams
from training.gate_verdict import Verdict
from training.promotion import Promotion, promote
from training.registry import MODEL, logged_document, tracking
from training.rollback import roll_back
from training.run_log import Registered

pytestmark = pytest.mark.long

__all__ = ["workspace"]
PASSED = Verdict("is better", "passed", "better", "better", "-")
FAILED = Verdict("is better", "failed", "worse", "better", "train longer")
TODAY = datetime(2026, 11, 2, 4, tzinfo=UTC)
OTHER_SEED = (*LIGHT, "training.seed=8")


def shop_of(workspace: TrainedWorkspace, folder: Path, **chosen: Any) -> Workshop:
    store = ScoreStore(f"sqlite:///{folder / 'vitals.db'}")
    store.prepare()
    params, settings = AllParams.read(PARAMS, OTHER_SEED), RetrainingParams(**chosen)
    return Workshop(store, folder / "mlruns", Path(workspace.book), params, settings, lambda: TODAY)


@pytest.fixture(scope="module")
def retrained(workspace: TrainedWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry and a store after a retraining in which nothing was forged: version 2 is challenger."""
    folder = tmp_path_factory.mktemp("retrained")
    shutil.copytree(workspace.registry, folder / "mlruns")
    shutil.copy(workspace.store.removeprefix("sqlite:///"), folder / "vitals.db")
    shop = shop_of(workspace, folder)
    found = retrain(shop, "the tests ask for it")
    assert (found.version, found.state) == ("2", "refused")
    assert [v.question for v in found.verdicts if not v.passed]
    shop.store.close()
    return folder


@pytest.fixture
def shop(workspace: TrainedWorkspace, retrained: Path, tmp_path: Path) -> Iterator[Workshop]:
    """The same once more; a day later a training makes version 2 the challenger again, and is quick."""
    shutil.copytree(retrained / "mlruns", tmp_path / "mlruns")
    shutil.copy(retrained / "vitals.db", tmp_path / "vitals.db")
    made = shop_of(workspace, tmp_path, every="0d")
    yield made
    made.store.close()


@pytest.fixture
def quick(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training that registers version 3 with the artifacts of version 2, signed by nobody."""

    def train(*_: object) -> tuple[None, Any]:
        with tracking(shop.registry) as client:
            second = client.get_model_version(MODEL, "2")
            made = client.create_model_version(MODEL, second.source, run_id=second.run_id)
            client.set_registered_model_alias(MODEL, "challenger", made.version)
        return None, Registered(str(made.version), second.run_id, Path())

    monkeypatch.setattr(retraining, "train", train)


def gate_says(monkeypatch: pytest.MonkeyPatch, verdict: Verdict, version: str = "2") -> None:
    def asked(*_: object) -> Promotion:
        return Promotion(version, "1", (verdict,), False, None)

    for module in (retraining, succession):
        monkeypatch.setattr(module, "ask_gate", asked)


def told(shop: Workshop) -> list[str]:
    with shop.store.begin() as connection:
        return list(
            connection.scalars(
                select(outbox.c.type).where(outbox.c.type.like("model%")).order_by(outbox.c.id)
            )
        )


def states(shop: Workshop) -> list[str]:
    with shop.store.begin() as connection:
        return list(connection.scalars(select(retrainings.c.state).order_by(retrainings.c.id)))


def version_numbers(shop: Workshop) -> set[str]:
    with tracking(shop.registry) as client:
        return {str(v.version) for v in client.search_model_versions(f"name = '{MODEL}'")}


def in_shadow(shop: Workshop, until: timedelta = timedelta(days=14)) -> int:
    """Puts version 2 beside the champion, as a retraining that passed the gate does."""
    with shop.store.writing() as connection:
        number = attempts.open_attempt(connection, (), "asked", aliases(shop.registry), TODAY)
        assert number is not None
        text = f"{TODAY + until:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert attempts.move(connection, number, "shadow", TODAY, version="2", shadow_until=text)
    return number


def test_a_real_retraining_leaves_a_card_a_notice_and_the_champion(shop: Workshop) -> None:
    assert aliases(shop.registry) == {"challenger": "2", "champion": "1"}
    assert (states(shop), told(shop)) == (["refused"], ["model.refused"])
    with tracking(shop.registry) as client:
        card = logged_document(client, "2", "card.json")
    assert (card["version"], card["gate"]["promoted"]) == ("2", False)


def test_it_says_which_trigger_fires_and_does_nothing_where_none_does(shop: Workshop) -> None:
    quiet = replace(shop, retraining=RetrainingParams())
    found = retrain(quiet)
    assert (found.number, found.state) == (None, "not due")
    assert "no trigger fired: nothing was trained" in found.as_text()
    assert states(shop) == ["refused"]
    assert [t.name for t in looked(shop).triggers if t.fired] == ["schedule"]
    assert "FIRES  schedule: last trained, or tried," in looked(shop).as_text()


@pytest.mark.parametrize("error", [RuntimeError("words of a customer"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("broken", "stage"),
    [("train", "training"), ("ask_gate", "gate"), ("log_card", "model card"), ("_told", "notice")],
)
@pytest.mark.usefixtures("quick")
def test_what_fails_at_any_stage_leaves_everything_as_it_was(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, broken: str, stage: str, error: BaseException
) -> None:
    gate_says(monkeypatch, PASSED)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(retraining, broken, fail)
    before, versions, scorer = (
        aliases(shop.registry),
        version_numbers(shop),
        load_scorer(shop.registry, PARAMS),
    )
    with pytest.raises(type(error)):
        retrain(shop)
    assert (aliases(shop.registry), version_numbers(shop)) == (before, versions)
    assert load_scorer(shop.registry, PARAMS).model == scorer.model
    with shop.store.begin() as connection:
        attempt = attempts.newest(connection)
    assert attempt is not None
    assert (attempt.state, attempt.failure) == ("failed", f"{stage}: {type(error).__name__}")
    assert told(shop)[-1] == "model.failed"


@pytest.mark.usefixtures("quick")
def test_a_version_that_somebody_else_trained_meanwhile_stays_challenger(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_comes(client: Any, *_: object) -> None:
        second = client.get_model_version(MODEL, "2")
        made = client.create_model_version(MODEL, second.source, run_id=second.run_id)
        client.set_registered_model_alias(MODEL, "challenger", made.version)
        raise RuntimeError

    monkeypatch.setattr(retraining, "ask_gate", another_comes)
    with pytest.raises(RuntimeError):
        retrain(shop)
    assert aliases(shop.registry) == {"challenger": "4", "champion": "1"}
    assert version_numbers(shop) == {"1", "2", "4"}


@pytest.mark.usefixtures("quick")
def test_one_that_passes_the_gate_first_scores_beside_the_champion(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate_says(monkeypatch, PASSED, "3")
    found = retrain(shop)
    assert (found.state, found.shadow_until) == ("shadow", "2026-11-16T04:00:00.000000Z")
    assert aliases(shop.registry) == {"challenger": "3", "champion": "1"}
    assert told(shop)[-1] == "model.shadow"
    with pytest.raises(WrongUse, match="none that is open; this one is in shadow until 2026-11-16"):
        retrain(shop)
    assert end_shadow_if_due(shop) is None
    retrain(shop, "the price list changed")
    assert states(shop) == ["refused", "superseded", "shadow"]


def test_the_shadow_scores_the_nights_and_is_no_ones_health(
    shop: Workshop, workspace: TrainedWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_shadow(shop)
    url = str(shop.store._engine.url)
    done = score_and_publish(
        Path(workspace.book), "2026-11-02", PARAMS, LIGHT, shop.registry, url, None, TODAY, lambda _: None
    )
    assert {a.payload["model"]["version"] for a in done.scored.accounts} == {"1"}
    assert done.snapshot == shop.store.newest_snapshot()
    found = shadow_of(shop.store, 50, 7)
    comparison = found["comparison"]
    assert comparison["dates"] == ("2026-11-02T00:00:00Z",)
    assert comparison["accounts"] == len(done.scored.accounts)
    assert comparison["difference"]["value"] != 0
    assert -1 <= comparison["rank_correlation"] <= 1
    assert sum(sum(row.values()) for row in comparison["moves"].values()) == comparison["accounts"]
    assert "version 2 beside version 1 until 2026-11-16, now shadow" in shadow_in_words(found)

    over = replace(shop, now=lambda: TODAY + timedelta(days=15))
    changed = comparison["band_changes"]["value"]
    strict = replace(over, retraining=RetrainingParams(promote="auto", most_band_changes=changed / 2))
    gate_says(monkeypatch, PASSED)
    ended = end_shadow_if_due(strict)
    assert ended is not None
    assert ended.state == ("ready" if changed else "promoted")
    assert not changed or "a person must look" in ended.why


@pytest.mark.parametrize(
    ("verdict", "promoting", "state", "champion"),
    [(PASSED, "auto", "promoted", "2"), (PASSED, "ask", "ready", "1"), (FAILED, "auto", "refused", "1")],
)
def test_after_the_shadow_the_gate_is_asked_again(
    shop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    verdict: Verdict,
    promoting: Any,
    state: str,
    champion: str,
) -> None:
    in_shadow(shop, timedelta(hours=1))  # no days to compare in
    gate_says(monkeypatch, verdict)
    monkeypatch.setattr(succession, "promote", lambda p, r, *_: promote(p, r, "the tests let it"))
    ended = end_shadow_if_due(
        replace(shop, now=lambda: TODAY + timedelta(days=1), retraining=RetrainingParams(promote=promoting))
    )
    assert ended is not None
    assert (ended.state, aliases(shop.registry)["champion"]) == (state, champion)
    assert told(shop)[-1] == f"model.{state}"


def test_a_promotion_that_fails_leaves_the_shadow_for_the_next_night(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_shadow(shop, timedelta(hours=1))
    gate_says(monkeypatch, PASSED)

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(succession, "promote", fail)
    late = replace(shop, now=lambda: TODAY + timedelta(days=1), retraining=RetrainingParams(promote="auto"))
    look_after_the_model(late)
    assert (states(shop)[-1], aliases(shop.registry)["champion"]) == ("shadow", "1")


@pytest.mark.usefixtures("quick")
def test_the_watch_trains_by_itself_once_and_pauses(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    gate_says(monkeypatch, FAILED, "3")
    look_after_the_model(shop)
    assert states(shop) == ["refused"]  # the pause since the last attempt is not over
    later = replace(shop, now=lambda: TODAY + timedelta(days=8))
    look_after_the_model(replace(later, retraining=RetrainingParams(automatic=False)))
    assert states(shop) == ["refused"]
    look_after_the_model(later)
    look_after_the_model(later)
    assert states(shop) == ["refused", "refused"]


@pytest.mark.usefixtures("quick")
def test_a_training_whose_process_died_is_closed_once_its_hold_is_over(shop: Workshop) -> None:
    with shop.store.writing() as connection:
        assert attempts.open_attempt(connection, (), None, aliases(shop.registry), TODAY) == 2
    with pytest.raises(WrongUse, match="this one is in training until 2026-11-02T10"):
        retrain(shop, "a reason does not end a training")
    dead = replace(shop, now=lambda: TODAY + timedelta(hours=7))
    assert retrain(dead).number is not None
    assert states(shop)[:2] == ["refused", "failed"]


def test_one_command_rolls_back_and_the_running_service_follows(shop: Workshop) -> None:
    params = shop.params.training
    assert promote(params, shop.registry, "the tests need another champion").promoted
    answering: list[Any] = [load_scorer(shop.registry, PARAMS)]
    swap: Callable[[Any], None] = answering.append
    watch = ModelWatch(shop.registry, lambda: Settings.read(PARAMS), lambda: answering[-1], swap)
    assert answering[-1].version == "2"
    done = roll_back(shop.registry, None, "too red")
    assert (done.rolled_back, done.champion) == ("2", "1")
    assert watch.look()
    assert answering[-1].version == "1"
    assert "version 2 is rolled back (too red); version 1 is the champion again" in done.as_text()
    assert roll_back(shop.registry, "rule", "the model is off").champion == "rule"
    assert watch.look()
    assert answering[-1].model["kind"] == "rule"
    with pytest.raises(WrongUse, match="there is nothing to roll back"):
        roll_back(shop.registry, None, "again")
    assert "the rule is rolled back (back)" in roll_back(shop.registry, "1", "back").as_text()
    assert aliases(shop.registry)["champion"] == "1"


def test_a_version_that_cannot_answer_is_not_rolled_back_to(shop: Workshop) -> None:
    with pytest.raises(WrongUse, match="allowed: one of the versions 1, 2, or rule"):
        roll_back(shop.registry, "9", "no such one")
    with pytest.raises(WrongUse, match="it is the champion already"):
        roll_back(shop.registry, "1", "the same")
    assert aliases(shop.registry)["champion"] == "1"

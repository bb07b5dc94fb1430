"""The champion is followed while the service runs: swapped whole, and never for one that cannot be used."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from serving.scores.champion import Settings, load_scorer
from serving.scores.model_watch import ModelWatch
from serving.scores.rule_scorer import NO_CHAMPION
from tests.serving.forged_registry import ForgedRegistry, three_models
from tests.serving.trained_workspace import PARAMS
from training.health_model import HealthModel

pytestmark = pytest.mark.usefixtures("audit")
ROWS = pd.DataFrame({"account_id": ["A"], "seat_utilisation_30d": [0.2], "overdue_days_longest": [12.0]})


@pytest.fixture(scope="module")
def models() -> dict[int, HealthModel]:
    return three_models()


class Watched:
    """A registry, what answers from it, and the watch between both."""

    def __init__(self, registry: ForgedRegistry) -> None:
        self.registry = registry
        self.scorer: Any = None
        self.settings = Settings.read(PARAMS)
        self.watch = ModelWatch(registry.folder, lambda: self.settings, lambda: self.scorer, self._swap)
        self.scorer = load_scorer(registry.folder, PARAMS)

    def _swap(self, scorer: Any) -> None:
        self.scorer = scorer

    @property
    def said(self) -> tuple[str, str | None, str | None]:
        """Kind, version and the code of the fallback, as an answer says them."""
        [payload] = self.scorer.score(ROWS)
        told = payload["model"]
        assert told == self.scorer.model
        return told["kind"], told["version"], told["fallback"] and told["fallback"]["code"]


@pytest.fixture
def watched(models: dict[int, HealthModel], tmp_path: Path) -> Watched:
    registry = ForgedRegistry(tmp_path / "mlruns")
    for version, model in models.items():
        registry.add(version, model)
    registry.promote(1)
    return Watched(registry)


def bundle_of(watched: Watched, version: int) -> Path:
    return watched.registry.folder / "artifacts/models" / f"m-{version}" / "artifacts/artifacts/bundle"


def test_nothing_is_loaded_anew_while_nothing_changes(watched: Watched) -> None:
    before = watched.scorer
    assert not watched.watch.look()
    assert watched.scorer is before
    assert watched.said == ("learned", "1", None)


def test_a_promotion_is_followed_at_the_next_look_and_so_is_the_way_back(watched: Watched) -> None:
    for version in (2, 3, 1):
        watched.registry.promote(version)
        assert watched.watch.look()
        assert watched.said == ("learned", str(version), None)
        assert not watched.watch.look()


def test_without_a_champion_the_rule_answers_until_there_is_one(watched: Watched) -> None:
    watched.registry.promote(None)
    assert watched.watch.look()
    assert watched.said == ("rule", None, "no_champion")
    assert watched.scorer.model["fallback"]["reason"] == NO_CHAMPION
    assert not watched.watch.look()
    watched.registry.promote(2)
    assert watched.watch.look()
    assert watched.said == ("learned", "2", None)


@pytest.mark.parametrize("damage", ["one bit", "no signature", "signed for another version", "gone"])
def test_a_broken_new_champion_leaves_the_old_one_answering_and_says_so(
    watched: Watched, damage: str
) -> None:
    bundle = bundle_of(watched, 2)
    good = {path: path.read_bytes() for path in [*bundle.iterdir(), bundle.parent / "bundle.sig"]}
    if damage == "one bit":
        content = good[bundle / "leaf_value.npy"]
        (bundle / "leaf_value.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "no signature":
        (bundle.parent / "bundle.sig").unlink()
    elif damage == "signed for another version":
        (bundle.parent / "bundle.sig").write_bytes((bundle_of(watched, 3).parent / "bundle.sig").read_bytes())
    else:
        for path in bundle.iterdir():
            path.unlink()
        bundle.rmdir()
    watched.registry.promote(2)
    assert watched.watch.look()
    assert watched.said == ("learned", "1", "champion_unusable")
    assert "version 2 cannot be used" in watched.scorer.model["fallback"]["reason"]
    assert not watched.watch.look()  # not again and again
    bundle.mkdir(exist_ok=True)
    for path, content in good.items():
        path.write_bytes(content)
    (bundle / "manifest.json").touch()
    assert watched.watch.look()
    assert watched.said == ("learned", "2", None)


def test_a_service_that_starts_with_a_broken_champion_answers_by_the_rule(
    models: dict[int, HealthModel], tmp_path: Path
) -> None:
    registry = ForgedRegistry(tmp_path / "mlruns")
    (registry.add(1, models[1]).parent / "bundle.sig").unlink()
    registry.promote(1)
    watched = Watched(registry)
    assert watched.said == ("rule", None, "champion_unusable")
    registry.add(2, models[2])
    registry.promote(2)
    assert watched.watch.look()
    assert watched.said == ("learned", "2", None)


@pytest.mark.parametrize("loss", ["no file", "no database", "no tables"])
def test_a_lost_registry_leaves_who_answered_answering_and_is_noticed_when_it_returns(
    watched: Watched, loss: str
) -> None:
    database = watched.registry.folder / "mlflow.db"
    good = database.read_bytes()
    if loss == "no file":
        database.unlink()
    else:
        database.write_bytes(b"no database" * 1000 if loss == "no database" else b"")
    assert watched.watch.look()
    assert watched.said == ("learned", "1", "registry_unreadable")
    watched.watch.look()
    assert watched.said == ("learned", "1", "registry_unreadable")
    database.write_bytes(good)
    assert watched.watch.look()
    assert watched.said == ("learned", "1", None)


def test_no_answer_mixes_two_models_while_they_are_swapped(
    watched: Watched, models: dict[int, HealthModel]
) -> None:
    expected = {}
    for version in models:
        watched.registry.promote(version)
        watched.watch.look()
        [payload] = watched.scorer.score(ROWS)
        expected[str(version)] = (payload["health"], payload["base_health"])
    assert len(set(expected.values())) == 3
    answers: list[tuple[str, tuple[float, float]]] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            [payload] = watched.scorer.score(ROWS)
            answers.append((payload["model"]["version"], (payload["health"], payload["base_health"])))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for swap in range(12):
        watched.registry.promote(1 + swap % 3)
        watched.watch.look()
    done.set()
    for asker in askers:
        asker.join()
    assert {version for version, _ in answers} == {"1", "2", "3"}
    assert all(expected[version] == numbers for version, numbers in answers)


def test_the_thread_follows_by_itself_and_ends(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.scores.model_watch.EVERY", 0.01)
    swapped = threading.Event()

    def swap(scorer: Any) -> None:
        watched.scorer = scorer
        swapped.set()

    monkeypatch.setattr(watched.watch, "_swap", swap)
    watched.watch.start()
    watched.registry.promote(2)
    assert swapped.wait(timeout=60)
    watched.watch.stop()
    assert watched.said == ("learned", "2", None)
    assert not watched.watch.runs

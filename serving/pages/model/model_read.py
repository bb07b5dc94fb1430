"""The model that the page is about: the champion, or before there is one the challenger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from serving.batch.run_documents import LoggedRun, alias_of, run_of
from serving.pages.visits import Visit


@dataclass(frozen=True)
class ModelRead:
    """`version` None: nothing was trained yet. `answers`: whether it is this version that answers now.

    `card` and `comparison` as they were logged (`training.model_card`, `training.comparison`); of a version
    that never became champion there is no card.
    """

    version: str | None
    answers: bool
    run: LoggedRun | None
    card: dict[str, Any] | None
    comparison: dict[str, Any] | None

    @property
    def member(self) -> str | None:
        """The member whose probabilities are the health, by its name in the comparison."""
        if self.comparison is None:
            return None
        names = list(dict.fromkeys(each["model"] for each in self.comparison["estimates"]))
        told = None if self.card is None else self.card["answers"]
        return told if told in names else names[-1]


def model_read(visit: Visit) -> ModelRead:
    """What the registry knows of the version that answers; of the challenger where the rule answers."""
    answering, registry = visit.held.scorer.model, visit.held.registry
    learned = answering["kind"] == "learned"
    version = str(answering["version"]) if learned else alias_of(registry, "challenger")
    run = None if version is None else run_of(registry, version)
    if run is None:
        return ModelRead(None, False, None, None, None)
    return ModelRead(version, learned, run, run.document("card.json"), run.document("comparison.json"))

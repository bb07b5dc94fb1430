"""Scores a published snapshot again, from what the store kept of it or from the book.

Both ways go through `batch_scoring.published_payloads`, by which it was published: the settings are those
that were kept, never today's, and the model is the version that the snapshot names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.faults import DataFault, Fault
from features.params import CheckParams, FeatureParams, RuleParams
from serving.answers.survey_answers import kept_answers
from serving.batch.batch_scoring import ScoredBook, published_payloads, score_book
from serving.gaming.gaming_params import GamingParams
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import Snapshot
from serving.history.store import ScoreStore
from serving.lineage.lineage_tables import Part
from serving.lineage.made_from import bundle_digest, rows_digest
from serving.params import ServingParams
from serving.scores.champion import Champion, Settings, champion_scorer, find_version
from serving.scores.fallback import Fallback
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.past_features import features_before
from serving.scores.rule_scorer import RuleScorer
from training.all_params import AllParams
from training.params import TrainingParams

Payload = dict[str, Any]


@dataclass(frozen=True)
class KeptParams:
    """The parameters that a snapshot was scored by, as its lineage kept them."""

    params: AllParams
    limits: ServingParams
    gaming: GamingParams

    @classmethod
    def of(cls, part: Part) -> KeptParams:
        """From the part `params`. Training's do not enter a score: the usual ones stand for them."""
        sections = (
            CheckParams.model_validate(part["checks"]),
            FeatureParams.model_validate(part["features"]),
            RuleParams.model_validate(part["rule"]),
        )
        limits = ServingParams.model_validate(part["serving"])
        gaming = GamingParams.model_validate(part.get("gaming", {}))  # older snapshots left nothing out
        return cls(AllParams(*sections, TrainingParams()), limits, gaming)


def scorer_then(snapshot: Snapshot, parts: Mapping[str, Part], registry: Path) -> LearnedScorer | RuleScorer:
    """What scored the snapshot. DataFault where its model is gone, or is another under the same number."""
    params = KeptParams.of(parts["params"]).params
    settings = Settings(params.rule, params.features.windows)
    told, model = snapshot.model["fallback"], snapshot.model
    fallback = None if told is None else Fallback(told["code"], told["reason"])
    if model["kind"] == "rule":
        rule = RuleScorer(settings.rule, settings.windows)
        return rule if fallback is None else replace(rule, fallback=fallback)
    champion = find_version(registry, str(model["version"]))
    _check_same_bundle(champion, str(model["version"]), parts["model"]["bundle"], registry)
    assert champion is not None
    return replace(champion_scorer(champion, registry, settings), fallback=fallback)


def _check_same_bundle(champion: Champion | None, version: str, kept: str | None, registry: Path) -> None:
    found = None if champion is None else bundle_digest(champion)
    if found == kept and kept is not None:
        return
    said = "not there" if found is None else f"another bundle, sha256 {found[:12]}"
    allowed = "the bundle it was scored by" + ("" if kept is None else f", sha256 {kept[:12]}")
    step = f"restore {registry} from a backup of that time (docs/operate.md)"
    raise DataFault("the model is missing", [Fault(f"version {version} of the model", said, allowed, step)])


def from_what_was_kept(
    store: ScoreStore, snapshot: Snapshot, parts: Mapping[str, Part], registry: Path
) -> dict[str, Payload]:
    """The payloads by account, from the features that the store kept: the book is not read.

    DataFault where they were not kept, were altered since, or the model is missing.
    """
    inputs = store.inputs_of(snapshot)
    if inputs is None or rows_digest(inputs) != parts["data"]["features"]:
        said = "not kept" if inputs is None else "altered since"
        step = "restore the store from a backup (docs/operate.md)"
        raise DataFault(
            "the features cannot be used", [Fault("features", said, "those it was scored from", step)]
        )
    scorer = scorer_then(snapshot, parts, registry)
    when = {"as_of": snapshot.as_of} | {name: parts["data"][name] for name in ("known_until", "stale")}
    accounts = {a.payload["account_id"]: a.details for a in store.all_scores_of(snapshot)}
    rows = inputs.rows.assign(segment=[accounts[name]["segment"] for name in inputs.rows["account_id"]])
    past = features_before(store, snapshot.as_of, snapshot.id)
    top = KeptParams.of(parts["params"]).limits.default_top
    left_out = parts["data"].get("left_out", {})
    return by_account(published_payloads(rows, scorer, when, top, past, left_out))


def from_the_book(
    book: Path, store: ScoreStore, snapshot: Snapshot, parts: Mapping[str, Part], registry: Path
) -> tuple[ScoredBook, ScoreInputs]:
    """The book of today, read and scored as it was then; and the features that come out.

    Answers that came through the API are read with it. DataFault where the model is missing.
    """
    kept = KeptParams.of(parts["params"])
    scorer = scorer_then(snapshot, parts, registry)
    with store.begin() as connection:
        answers = kept_answers(connection)

    def past(as_of: str) -> Any:
        return features_before(store, as_of, snapshot.id)

    moment = pd.Timestamp(snapshot.as_of)
    read = (kept.params, kept.limits, moment)
    scored = score_book(book, scorer, *read, answers=answers, past=past, gaming=kept.gaming)
    return scored, ScoreInputs.of(scored.rows, kept.params.rule)


def by_account(payloads: list[Payload]) -> dict[str, Payload]:
    """As the store writes and reads them, by account."""
    return {payload["account_id"]: json.loads(json.dumps(payload)) for payload in payloads}

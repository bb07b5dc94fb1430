"""The answer of `/change`: why an account's health is another than it was, in parts that add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from features.faults import Fault
from serving.api.problems import MODEL_GONE, NOT_REPLAYED, Problem
from serving.changes.account_past import Past, Stage, stages
from serving.changes.change_moves import Ways, moves_of
from serving.changes.change_parts import PARTS, parts_of
from serving.changes.change_shown import Explained, shown_change
from serving.changes.change_snapshots import Ends, ends_of
from serving.changes.scoring_ways import RuleWay, Way, way_of
from serving.history.store import ScoreStore
from serving.scores.shown_points import tenths_down

SCORE_AGAIN = "score the date again: vitals score BOOK --as-of DATE"
NOTES = {
    "meaning": {
        "en": "One of the two healths is the rule's score and the other a probability: the part of the model "
        "is also the change of what the number means.",
        "zh": "两个健康度一个是规则分,一个是概率:模型部分也包含了数值含义的变化。",
    },
    "decay": {
        "en": "From {first} to {last} it was not kept what time alone did: decay is within behaviour.",
        "zh": "{first}至{last}未保存时间本身的影响:旧信息衰减计入行为部分。",
    },
    "configuration": {
        "en": "From {first} to {last} the windows changed, which the earlier model cannot read: "
        "the configuration's part is within the model's.",
        "zh": "{first}至{last}观察窗口改变,旧模型无法读取:配置部分计入模型部分。",
    },
}


def change_of(store: ScoreStore, registry: Path, account_id: str, ends: Ends) -> dict[str, Any]:
    """The answer of `GET /v1/accounts/{id}/change`.

    Raises Problem where a snapshot or the account is not there, where a model's bundle is gone, or where
    what was published cannot be worked out again from what was kept.
    """
    first, last = ends_of(store, account_id, ends)
    with store.begin() as connection:
        way = stages(connection, account_id, first.snapshot.id, last.snapshot.id)
    health = _explained(way, [_model_ways(stage, registry) for stage in way])
    rule = _explained(way, [_rule_ways(stage) for stage in way])
    _check_replayed(first, last, health)
    return {
        "account_id": account_id,
        "from": _end(first),
        "to": _end(last),
        **shown_change(first.payload["health"], last.payload["health"], health, first, last),
        "rule": shown_change(
            first.payload["rule"]["score"], last.payload["rule"]["score"], rule, first, last
        ),
        "order": list(PARTS),
        "band_moves": health.band_moves,
        "steps": [_step(stage) for stage in way],
        "notes": list(_notes(first, last, way, health)),
    }


def _model_ways(stage: Stage, registry: Path) -> Ways:
    first = _way(stage.first, stage.first, registry)
    return Ways(first, _way(stage.first, stage.last, registry), _way(stage.last, stage.last, registry))


def _rule_ways(stage: Stage) -> Ways:
    last = RuleWay(stage.last.rule)
    return Ways(RuleWay(stage.first.rule), last, last)


def _way(model_of: Past, rule_of: Past, registry: Path) -> Way:
    model = model_of.snapshot.model
    found = way_of(model, rule_of.rule, registry)
    if found is None:
        allowed = "a version whose bundle is in the registry"
        step = "bring its bundle back, score the date again, or ask for dates of another version (/history)"
        fault = Fault("model version", model["version"], allowed, step)
        raise Problem(MODEL_GONE, [fault])
    return found


def _explained(way: Sequence[Stage], ways: Sequence[Ways]) -> Explained:
    """All stages, those that were scored alike in one go, in their order."""
    found = Explained()
    for _, pairs in groupby(zip(way, ways, strict=True), key=lambda pair: _alike(pair[0])):
        group = list(pairs)
        some = [stage for stage, _ in group]
        moves = moves_of(some, group[0][1])
        found.add(moves.names, parts_of(moves), [stage.last.snapshot for stage in some])
    return found


def _alike(stage: Stage) -> tuple[Any, ...]:
    models = (stage.first.snapshot.model, stage.last.snapshot.model)
    documents = (stage.first.rule_document, stage.last.rule_document)
    return (*map(str, models), *map(str, documents), stage.first.names, stage.last.names)


def _check_replayed(first: Past, last: Past, found: Explained) -> None:
    """Raises Problem where what is worked out is not what was published: by other code, or another model
    under the same number."""
    faults = [
        Fault(field, past.payload["health"], f"the {health:.3f} worked out again", SCORE_AGAIN)
        for field, past, health in (("from", first, found.start), ("to", last, found.end))
        if int(tenths_down(np.array([health]))[0]) != round(past.payload["health"] * 10)
    ]
    if faults:
        raise Problem(NOT_REPLAYED, faults)


def _end(past: Past) -> dict[str, Any]:
    payload = past.payload
    told = {key: payload[key] for key in ("health", "interval", "band", "churn_probability")}
    return {**past.snapshot.as_dict(), **told, "rule": past.rule_told, "missing": payload["missing"]}


def _step(stage: Stage) -> dict[str, Any]:
    first, last = (round(past.payload["health"] * 10) for past in (stage.first, stage.last))
    return {
        "from": stage.first.snapshot.as_dict(),
        "to": stage.last.snapshot.as_dict(),
        "change": (last - first) / 10,
        "decay_apart": stage.decay_apart,
        "changed": stage.last.changes_since(stage.first),
    }


def _notes(first: Past, last: Past, way: Sequence[Stage], found: Explained) -> Iterator[dict[str, Any]]:
    if first.snapshot.model["kind"] != last.snapshot.model["kind"]:
        yield {"code": "meaning", "text": NOTES["meaning"]}
    for stage in way:
        dates = {"first": stage.first.snapshot.as_of[:10], "last": stage.last.snapshot.as_of[:10]}
        codes = [] if stage.decay_apart else ["decay"]
        codes += ["configuration"] if stage.last.snapshot.id in found.configuration_in_model else []
        for code in codes:
            yield {"code": code, "text": {k: text.format(**dates) for k, text in NOTES[code].items()}}

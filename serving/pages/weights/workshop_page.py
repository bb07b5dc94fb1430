"""The page at `/weights`: sliders for the pillars, and at once what they would do, and would have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from features.params import RuleParams
from features.rule_profiles import STAGES
from features.rule_weights import RuleWeights
from serving.api.problems import Faults
from serving.api.request_queries import closed_query
from serving.history.history_answers import snapshot_for
from serving.history.snapshots import Snapshot
from serving.pages.book_glance import glance_of
from serving.pages.visits import Page, Visit
from serving.pages.weights.effect_charts import band_bars, lead_chart
from serving.weights.trial import FILE, KEYS, Trial, read_trial
from serving.weights.tried_past import past_book, tried_past
from serving.weights.tried_today import TodaysBook, todays_book, tried_today
from serving.weights.weight_versions import (
    Adoption,
    adopted,
    adoptions,
    version_of,
    versions,
    weights_in_force,
)

ADOPT = "weights:adopt"


@dataclass(frozen=True)
class Workshop:
    """What is tried, of which snapshot; `book` None where its features were not kept."""

    snapshot: Snapshot
    book: TodaysBook | None
    held: Adoption | None
    in_force: RuleWeights
    trial: Trial


def workshop(visit: Visit) -> Page:
    """The whole page. Raises Problem where nothing was scored, or the query cannot be read."""
    found = workshop_of(visit, _query(visit))
    store = visit.held.store
    with store.begin() as connection:
        kept, taken = versions(connection), adoptions(connection)
    book, own = found.book, _file_rule(visit, found.book)
    values = {
        "workshop": found,
        "trial": found.trial,
        "pillars": found.trial.shown.model_dump(),
        "stages": STAGES,
        "segments": sorted({*glance_of(store, found.snapshot).segments, *found.in_force.profiles}),
        "limits": None if own is None else own.stages,
        "versions": kept,
        "adoptions": taken,
        "as_scored": book is None or RuleWeights.of(book.rule) == found.in_force,
        "as_yaml": _as_yaml(found.trial.weights),
        "may_draft": visit.caller.may("cases:write") and visit.form_token is not None,
        "may_adopt": visit.caller.may(ADOPT) and visit.caller.owner is None and visit.form_token is not None,
    }
    return Page("weights/workshop.html", "weights", values | _effect(visit, found))


def effect(visit: Visit) -> Page:
    """`/weights/effect`: the part of the page that follows the sliders, for the page's own script."""
    found = workshop_of(visit, _query(visit))
    return Page("weights/effect.html", "weights", {"workshop": found} | _effect(visit, found))


def workshop_of(visit: Visit, given: Mapping[str, str]) -> Workshop:
    """What a query or a form tries. Raises Problem with every fault in it."""
    store = visit.held.store
    snapshot = snapshot_for(store, None)
    book = todays_book(store, snapshot)
    with store.begin() as connection:
        held, version = adopted(connection), weights_in_force(connection)

    def base_of(base: str) -> RuleWeights | None:
        own = _file_rule(visit, book)
        of_file = RuleWeights.of(own) if own is not None else None
        if base == FILE:
            return of_file
        if not base:
            return of_file if version is None else version.weights
        if not (base.isascii() and base.isdecimal() and len(base) < 10):
            return None
        with store.begin() as connection:
            drafted = version_of(connection, int(base))
        return None if drafted is None else drafted.weights

    trial = read_trial(given, base_of)
    in_force = base_of("")
    assert in_force is not None
    return Workshop(snapshot, book, held, in_force, trial)


def _file_rule(visit: Visit, book: TodaysBook | None) -> RuleParams | None:
    """The rule of params.yaml; of a service that was not told, that of the snapshot."""
    return visit.held.rule or (None if book is None else book.rule)


def _query(visit: Visit) -> dict[str, str]:
    faults = Faults()
    given = closed_query(visit.request.query_params, KEYS, faults)
    faults.raise_any()
    return given


def _effect(visit: Visit, found: Workshop) -> dict[str, Any]:
    """Today's book and the past, under the weights in force and the proposal."""
    before, after = found.in_force, found.trial.weights
    today = tried_today(visit.held.store, found.snapshot, before, after)
    values: dict[str, Any] = {"today": today, "past": None, "leads": None, "whole_book": True, "bars": None}
    if today is None or found.book is None:
        return values
    values |= {"bars": band_bars(today), "same": before == after}
    if visit.caller.owner is not None:  # the past is of all accounts, and of some that nobody owns today
        return values | {"whole_book": False}
    past = past_book(visit.held.registry, found.book.rule)
    if past is None:
        return values
    replay = tried_past(past, found.book.rule, before, after)
    return values | {"past": replay, "leads": lead_chart(replay), "past_version": past.version}


def _as_yaml(weights: RuleWeights) -> str:
    """The weights as the lines of params.yaml that say the same."""
    told = {name: value for name, value in weights.model_dump().items() if value}
    text: str = yaml.safe_dump({"rule": told}, sort_keys=False, allow_unicode=True)
    return text

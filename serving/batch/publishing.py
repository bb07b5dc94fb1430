"""Scores a book into the score history, and reads an account back from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from features.catalog import Language, load_catalog
from features.files import check_ending, write_table
from features.newest_facts import newest_facts
from features.params import Windows
from features.params_file import read_section
from features.time_windows import as_of_date
from serving.answers.survey_answers import kept_answers
from serving.api.request_fields import utc_text
from serving.batch.batch_scoring import ScoredBook, flat_table, score_book
from serving.changes.change_tables import read_settings
from serving.changes.kept_steps import earlier_of, keep_step, settings_of, step_to
from serving.closed_loop.alarm_holds import held_cases
from serving.closed_loop.book_people import people_of
from serving.closed_loop.case_params import CaseParams
from serving.closed_loop.case_triggers import Trigger
from serving.closed_loop.playbooks_read import read_playbooks
from serving.evidence.evidence_documents import evidence_documents
from serving.evidence.evidence_tables import Evidence, wants_evidence
from serving.evidence.role_answers import with_role_answers
from serving.gaming.gaming_params import GamingParams
from serving.history.history_answers import account_of
from serving.history.opened_store import opened_store
from serving.history.score_inputs import ScoreInputs
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.lineage.lineage_tables import has_lineage, keep_lineage
from serving.lineage.made_from import parts_of
from serving.params import ServingParams
from serving.path_to_green.planned_paths import planned_paths
from serving.plays.plays_params import PlaysParams
from serving.retraining.shadow_scores import shadow_scored
from serving.scores.champion import find_version
from serving.scores.past_features import features_before
from serving.themes.theme_documents import theme_documents
from serving.themes.theme_tables import ThemeMentions, has_themes, keep_themes
from serving.weights.in_force import rule_in_force, scorer_in_force, version_in_force
from serving.wording.account_words import several_in_words
from serving.wording.explained_words import Setting, explained_in_words
from training.all_params import AllParams

Progress = Callable[[str], None]
BANDS = ("green", "yellow", "red")
WHY_NOT = "not known yet, no subscription running, or left"


@dataclass(frozen=True)
class Published:
    """A scored book, the snapshot it was published as, and how many alarms the alert budget holds back.

    `weights`: the number of the adopted version that the rule was weighed by; None: those of params.yaml.
    """

    scored: ScoredBook
    snapshot: Snapshot
    file: Path | None
    held_back: int = 0
    weights: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The snapshot, the numbers of accounts by band and not scored, and the file if one was written."""
        counts = {"bands": {band: self._count(band) for band in BANDS}, "not_scored": self.scored.not_scored}
        counts |= {"held_back": self.held_back, "weights": self.weights, "rejected": {**self.scored.rejected}}
        return {**self.snapshot.as_dict(), **counts, "file": self.file and str(self.file)}

    def as_text(self, worst: int = 3) -> str:
        """What was published, and the accounts that most need a person."""
        counts = ", ".join(f"{self._count(band)} {band}" for band in BANDS)
        model = self.scored.model
        by = "the rule" if model["kind"] == "rule" else f"version {model['version']}"
        first = f"{len(self.scored.accounts)} accounts as of {self.snapshot.as_of}, scored by {by}: {counts}"
        if self.scored.not_scored:
            first += f"\n{self.scored.not_scored} more of the book are no customers on that date: {WHY_NOT}"
        if self.weights is not None:
            first += f"\nthe rule weighs by version {self.weights} of the workshop, which was adopted"
        if self.held_back:
            first += (
                f"\n{self.held_back} alarms wait for room in the alert budget (GET /v1/cases?held_back=true)"
            )
        return f"{first}\n\n{several_in_words(self.scored.most_in_need(worst))}"

    def _count(self, band: str) -> int:
        return sum(account.payload["band"] == band for account in self.scored.accounts)


@dataclass(frozen=True)
class PublishedAccount:
    """One account as it was published."""

    account: ScoredAccount
    setting: Setting

    @property
    def payload(self) -> dict[str, Any]:
        """Its health payload."""
        return self.account.payload

    def words(self, language: Language) -> str:
        """All that is known of its health, in words."""
        return explained_in_words(self.account, self.setting, language)


def score_and_publish(
    book: Path,
    as_of: str | None,
    params_file: Path,
    overrides: tuple[str, ...],
    registry: Path,
    store_url: str | None,
    out: Path | None,
    now: dt.datetime,
    progress: Progress,
) -> Published:
    """Scores the book with the champion (or the rule) and publishes the snapshot; also to `out`.

    What was published already (same date, model, rows and settings) is not published twice; where its
    evidence, its themes, or the step from the snapshot before, were not kept, they are now.
    """
    params = AllParams.read(params_file, overrides)
    limits = read_section(params_file, "serving", ServingParams, overrides)
    cases = read_section(params_file, "cases", CaseParams, overrides)
    gaming = read_section(params_file, "gaming", GamingParams, overrides)
    plays = read_section(params_file, "plays", PlaysParams, overrides)
    moment = None if as_of is None else as_of_date(as_of)
    if out is not None:
        check_ending(out)
    with opened_store(store_url) as store:
        version = version_in_force(store, overrides)
        params = replace(params, rule=rule_in_force(params.rule, version))
        scorer = scorer_in_force(store, registry, params_file, overrides)
        with store.begin() as connection:
            answers = kept_answers(connection)
        past = partial(features_before, store)
        scored = score_book(book, scorer, params, limits, moment, progress, answers, past, gaming)
        snapshot = _published_before(store, scored)
        evidence = _evidence(store, scored, snapshot, params, limits, progress)
        earlier = earlier_of(store, utc_text(scored.as_of.to_pydatetime()), snapshot)
        step = None if earlier is None else step_to(scored, earlier, params.features, registry, progress)
        themes = _themes(store, scored, snapshot, params, limits)
        progress("publishing")
        if snapshot is None:
            most = cases.paths_in_plans
            paths = planned_paths(store, scorer, scored.accounts, scored.rows, most, progress)
            snapshot = store.publish_snapshot(
                scored.accounts,
                as_of=scored.as_of.to_pydatetime(),
                published_at=now,
                model=scored.model,
                data_fingerprint=scored.fingerprint,
                inputs=ScoreInputs.of(scored.rows, params.rule),
                evidence=evidence,
                evidence_snapshots=limits.evidence_snapshots,
                follow=_trigger(scored, params, cases, now, paths, plays),
            )
        elif evidence is not None:
            store.keep_evidence(snapshot, evidence, limits.evidence_snapshots)
        keep_step(store, snapshot, settings_of(params.features), step)
        _keep_lineage(store, snapshot, scored, (params, limits, gaming), registry)
        shadow_scored(store, scored, snapshot, params, registry)
        if themes is not None:
            with store.writing() as connection:
                keep_themes(connection, snapshot.id, themes, limits.evidence_snapshots)
        with store.begin() as connection:
            held_back = len(held_cases(connection))
    if out is not None:
        write_table(flat_table(scored), out)
    return Published(scored, snapshot, out, held_back, None if version is None else version.number)


def _keep_lineage(
    store: ScoreStore,
    snapshot: Snapshot,
    scored: ScoredBook,
    read: tuple[AllParams, ServingParams, GamingParams],
    registry: Path,
) -> None:
    """What the snapshot was made from, where that is not kept yet."""
    with store.begin() as connection:
        if has_lineage(connection, snapshot.id):
            return
    version = scored.model["version"]
    champion = None if version is None else find_version(registry, str(version))
    parts = parts_of(scored, *read, champion)
    with store.writing() as connection:
        keep_lineage(connection, snapshot.id, parts)


def _trigger(
    scored: ScoredBook,
    params: AllParams,
    cases: CaseParams,
    now: dt.datetime,
    paths: Mapping[str, dict[str, Any]],
    plays: PlaysParams,
) -> Trigger:
    """What opens the cases that follow from the scores, in the snapshot's transaction."""
    source = scored.source
    contacts = source["contacts"].to_pandas() if source.has("contacts") else None
    numbers = scored.rows.set_index("account_id").select_dtypes("number")
    return Trigger(
        cases,
        params.rule.bands,
        read_playbooks(),
        now,
        people_of(source["accounts"].to_pandas(), contacts, scored.as_of),
        newest_facts(source, scored.as_of),
        {str(account): dict(row) for account, row in numbers.to_dict("index").items()},
        paths,
        plays,
    )


def _published_before(store: ScoreStore, scored: ScoredBook) -> Snapshot | None:
    newest = store.newest_snapshot(utc_text(scored.as_of.to_pydatetime()))
    if newest is None:
        return None
    same = (newest.model, newest.data_fingerprint) == (scored.model, scored.fingerprint)
    return newest if same else None


def _evidence(
    store: ScoreStore,
    scored: ScoredBook,
    snapshot: Snapshot | None,
    params: AllParams,
    limits: ServingParams,
    progress: Progress,
) -> Evidence | None:
    """The records behind every driver; None where they would not be kept, or are."""
    when = utc_text(scored.as_of.to_pydatetime())
    if not store.wants_evidence(when, snapshot, limits.evidence_snapshots):
        return None
    progress("evidence")
    accounts = scored.rows["account_id"].tolist()
    segments = dict(zip(accounts, (account.details["segment"] for account in scored.accounts), strict=True))
    keep = limits.evidence_records
    found = evidence_documents(scored.source, accounts, scored.as_of, params.features, keep)
    return with_role_answers(found, segments)


def _themes(
    store: ScoreStore, scored: ScoredBook, snapshot: Snapshot | None, params: AllParams, limits: ServingParams
) -> ThemeMentions | None:
    """The mentions of themes; None where they would not be kept, or are."""
    with store.begin() as connection:
        if snapshot is not None and has_themes(connection, snapshot.id):
            return None
        when = utc_text(scored.as_of.to_pydatetime())
        if not wants_evidence(connection, when, limits.evidence_snapshots):
            return None
    accounts = scored.rows["account_id"].tolist()
    return theme_documents(scored.source, accounts, scored.as_of, params.features, limits.evidence_records)


def published_account(
    account_id: str, as_of: str | None, store_url: str | None, now: dt.datetime | None = None
) -> PublishedAccount:
    """An account of the newest snapshot, or of the one of an as-of date."""
    moment = None if as_of is None else utc_text(as_of_date(as_of).to_pydatetime())
    with opened_store(store_url) as store:
        found = account_of(store, account_id, moment, now)
        setting = _setting(store, found["snapshot"]["id"])
    return PublishedAccount(ScoredAccount(found["account"], found["health"]), setting)


def _setting(store: ScoreStore, snapshot_id: int) -> Setting:
    """What a snapshot was scored with: its features may have had other windows than today's."""
    snapshot = store.snapshot(snapshot_id)
    inputs = None if snapshot is None else store.inputs_of(snapshot, "")
    with store.begin() as connection:
        kept = read_settings(connection, [snapshot_id]).get(snapshot_id)
    windows = Windows() if kept is None else Windows.model_validate(kept["features"]["windows"])
    catalog = {feature.name: feature for feature in load_catalog(windows)}
    return Setting(catalog, None if inputs is None else inputs.rule.bands.green)

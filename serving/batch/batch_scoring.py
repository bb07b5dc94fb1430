"""A whole book, scored and published: the snapshot that the API and the pages answer from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.account_facts import account_facts
from features.added_answers import with_answers
from features.book import Book, open_book
from features.extent import known_extent, newest_fact
from features.snapshot import build_snapshot
from features.warehouse import Warehouse
from serving.gaming.discount import LeftOut, discounted
from serving.gaming.gaming_params import GamingParams
from serving.history.score_inputs import KEYS
from serving.history.snapshots import ScoredAccount
from serving.params import ServingParams
from serving.scores.column_flags import column_flags
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.revenue_at_risk import revenue_at_risk
from serving.scores.rule_scorer import RuleScorer
from serving.scores.since_when import PastFeatures, since_when
from training.all_params import AllParams
from training.dataset import fingerprint_of
from training.labels import read_churns, read_starts, still_customers
from training.outcome_tables import ALL_TABLES, CHURNS

Progress = Callable[[str], None]
SHAPE = "4"  # of the payloads: another one is published anew


@dataclass(frozen=True)
class ScoredBook:
    """Every customer of the book at `as_of`, with the book's facts about the account.

    `not_scored` counts the book's other accounts: not known yet, no subscription running, or left; `rejected`
    the faulty rows by table, of which nothing is known.
    """

    as_of: pd.Timestamp
    accounts: tuple[ScoredAccount, ...]
    model: dict[str, Any]
    fingerprint: str
    rows: pd.DataFrame
    not_scored: int
    source: Warehouse
    left_out: LeftOut = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)

    def most_in_need(self, count: int = 10) -> list[ScoredAccount]:
        """Red accounts first, then yellow; in a band the most yearly revenue at risk first.

        Revenue at risk is churn probability × 12 × MRR. Where the rule answers there is no
        probability, and what is missing to a full health stands for it.
        """
        return sorted(self.accounts, key=_need, reverse=True)[:count]


def score_book(
    folder: Path,
    scorer: LearnedScorer | RuleScorer,
    params: AllParams,
    limits: ServingParams,
    as_of: pd.Timestamp | None = None,
    progress: Progress = lambda _: None,
    answers: Sequence[dict[str, Any]] = (),
    past: Callable[[str], Iterable[PastFeatures]] = lambda _: (),
    gaming: GamingParams = GamingParams(),  # noqa: B008 - frozen
) -> ScoredBook:
    """Scores every account of the book that is a customer at `as_of` (None: the end of the book).

    `answers` came through the API since the book was exported: they are read with its `surveys`. `past`
    gives the features published before an as-of date, newest first: what drivers say since when by.

    Payloads carry `as_of`, `known_until` (the newest fact that was known by then) and `stale` (the
    tables whose newest fact is older than `serving.stale_after` allows), `vanished` and `constant` (what is
    wrong with whole columns of the book). Where `gaming` has records left out of which somebody is suspected,
    the payload says which (`left_out`).
    """
    progress("reading and checking the book")
    book = open_book(folder, params.checks, ALL_TABLES)
    moment = as_of if as_of is not None else known_extent(book.source)[1]
    book = with_answers(book, answers)
    counted = discounted(book.source, moment, gaming)
    book = replace(book, source=counted.source)
    rows = customers(book, build_snapshot(book.source, [moment], params.features, progress))
    if isinstance(scorer, LearnedScorer):
        rows = scorer.told_by_book(rows, book.source)
    details = details_of(book, rows)
    rows = rows.assign(segment=details["segment"].to_numpy())
    progress("scoring")
    known_until, stale = _freshness(book, moment, limits)
    when = {"as_of": _text(moment), "known_until": known_until, "stale": stale}
    before, left_out = past(_text(moment)), counted.left_out
    scored = published_payloads(rows, scorer, when, limits.default_top, before, left_out)
    facts = details.to_dict("records")
    accounts = tuple(
        ScoredAccount({str(k): v for k, v in d.items()}, p) for d, p in zip(facts, scored, strict=True)
    )
    others = int(book.source["accounts"].count().to_pyarrow().as_py()) - len(accounts)
    made = _fingerprint(rows, params, limits, counted.left_out)
    rejected = book.checked.report.rejected
    return ScoredBook(moment, accounts, scorer.model, made, rows, others, book.source, left_out, rejected)


def published_payloads(
    rows: pd.DataFrame,
    scorer: LearnedScorer | RuleScorer,
    when: Mapping[str, Any],
    top: int,
    past: Iterable[PastFeatures],
    left_out: LeftOut,
) -> list[dict[str, Any]]:
    """The payloads of a whole book's rows (account_id, segment, features), in order, as they are published.

    `when`: `as_of`, `known_until` and `stale`. `past`: what was published before, newest date first.
    `left_out`: by account what it was scored without; of another the payload says nothing. The same of all
    six gives the same bits.
    """
    flags = column_flags(rows, scorer.usual)
    if isinstance(scorer, RuleScorer):
        scorer = scorer.told_by(rows)
    names = [str(name) for name in rows.columns if name not in KEYS]
    since = since_when(rows, names, scorer.typical, str(when["as_of"]), past)
    told = {account: {"left_out": lines} for account, lines in left_out.items()}
    scored = scorer.score(rows, top, True, since)
    return [payload | dict(when) | flags | told.get(payload["account_id"], {}) for payload in scored]


def _fingerprint(rows: pd.DataFrame, params: AllParams, limits: ServingParams, left_out: LeftOut) -> str:
    """SHA-256 of everything but the model that the payloads depend on."""
    beside = {"evidence_snapshots", "evidence_records"}
    settings = SHAPE + params.rule.model_dump_json() + limits.model_dump_json(exclude=beside)
    without = json.dumps(left_out, sort_keys=True) if left_out else ""
    return hashlib.sha256((fingerprint_of(rows) + settings + without).encode()).hexdigest()


def customers(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows whose account was not known, at its as-of date, to have left."""
    if CHURNS.name not in book.tables:
        return rows
    here = still_customers(rows, read_churns(book.tables), read_starts(book.tables))
    return rows[here].reset_index(drop=True)


def flat_table(scored: ScoredBook) -> pd.DataFrame:
    """One flat row per account for files: health, interval, band, rule, and the drivers in words."""
    return pd.DataFrame(list(flat_rows(scored.accounts)))


def flat_rows(accounts: Iterable[ScoredAccount]) -> Iterator[dict[str, Any]]:
    """The rows of the flat table, one by one."""
    for account in accounts:
        p = account.payload
        row = {"account_id": p["account_id"], **account.details}
        row |= {key: p[key] for key in ("as_of", "health", "band", "churn_probability", "base_health")}
        row |= {"low": p["interval"][0], "high": p["interval"][1], "coverage": p["coverage"]}
        row |= {"rule_score": p["rule"]["score"], "rule_band": p["rule"]["band"]}
        row |= {f"{pillar}_points": points for pillar, points in p["pillar_points"].items()}
        for place, driver in enumerate(p["drivers"], start=1):
            row |= {f"driver_{place}": driver["text"]["en"], f"driver_{place}_points": driver["points"]}
        yield row


def details_of(book: Book, rows: pd.DataFrame) -> pd.DataFrame:
    """The book's facts about each row's account, with its revenue; None where unknown."""
    found = account_facts(book.source, rows["account_id"]).assign(mrr=rows["mrr"]).astype(object)
    return found.where(found.notna(), None)


def _freshness(book: Book, as_of: pd.Timestamp, limits: ServingParams) -> tuple[str | None, list[str]]:
    """The newest fact known before the as-of date, and the tables that are late."""
    newest = {name: newest_fact(book.source, name, as_of) for name in book.source.tables}
    known = {name: moment for name, moment in newest.items() if moment is not None}
    allowed = {name: pd.Timedelta(days=days) for name, days in limits.stale_after.items()}
    late = sorted(name for name in allowed if name in known and as_of - known[name] > allowed[name])
    return (_text(max(known.values())) if known else None), late


def _text(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _need(account: ScoredAccount) -> tuple[int, float]:
    return ("green", "yellow", "red").index(account.payload["band"]), revenue_at_risk(account)

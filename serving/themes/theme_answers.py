"""Answers about themes from what was kept beside a snapshot: the ranking, and the sentences behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.faults import Fault
from features.text.themes import FRIENDLY, THEMES
from serving.api.page_cursors import Place
from serving.api.problems import THEMES_NOT_KEPT, Problem
from serving.history.history_answers import account_of_snapshot, snapshot_for, snapshot_of_page
from serving.history.snapshots import ScoredAccount, Snapshot
from serving.history.store import ScoreStore
from serving.scores.revenue_at_risk import churn_risk, revenue_at_risk, yearly_revenue
from serving.themes.theme_queries import SentencesAsked, ThemesAsked
from serving.themes.theme_ranking import LEVEL, NAMES, Mentioned, Ranked, order_of, ranked
from serving.themes.theme_tables import Mention
from serving.themes.themed_book import PLACE, seen_accounts, themed_book

FEWEST_OF_SEGMENT = 20
Said = list[tuple[int, Mention]]


@dataclass(frozen=True)
class Period:
    """The days asked about, `since` to `until` (not included), and those `before`, of the same length."""

    before: str
    since: str
    until: str

    @classmethod
    def of(cls, as_of: str, days: int) -> Period:
        """The `days` before an as-of date.

        >>> Period.of("2026-10-31T00:00:00Z", 30)
        Period(before='2026-09-01', since='2026-10-01', until='2026-10-31')
        """
        end = datetime.fromisoformat(as_of).date()
        since, before = end - timedelta(days=days), end - timedelta(days=2 * days)
        return cls(*(date.isoformat(day) for day in (before, since, end)))

    def is_now(self, mention: Mention) -> bool:
        """Whether it is about a day of the period."""
        return self.since <= mention.day < self.until

    def is_before(self, mention: Mention) -> bool:
        """Whether it is about a day of the period before, and was known by its end: what was written down
        late is in neither period's count of its time, so that it cannot look like a trend."""
        return self.before <= mention.day < self.since and mention.known < self.since


def themes_answer(store: ScoreStore, asked: ThemesAsked) -> dict[str, Any]:
    """The answer of `GET /v1/themes`, not to be written to. Raises Problem where no mentions are kept for the
    snapshot."""
    snapshot = snapshot_for(store, asked.as_of)
    key = (snapshot.id, asked)
    answer: dict[str, Any] = store.remember_seen("ranking", key, lambda: _ranking(store, snapshot, asked), 60)
    return answer


def _ranking(store: ScoreStore, snapshot: Snapshot, asked: ThemesAsked) -> dict[str, Any]:
    accounts, said = _read(store, snapshot, asked)
    period = Period.of(snapshot.as_of, asked.days)
    counted = [(place, mention) for place, mention in said if mention.left_out is None]
    group, names = _groups(accounts)
    book = Mentioned(
        np.array([churn_risk(account.payload) for account in accounts]),
        np.array([yearly_revenue(account) for account in accounts]),
        _mask(len(accounts), counted, period.is_now),
        _mask(len(accounts), counted, period.is_before),
        group,
    )
    found = ranked(book)
    totals = book.now.sum(axis=0)
    lines = [
        _line(rank, theme, accounts, said, period, book, found)
        for rank, theme in enumerate(order_of(found, totals), start=1)
    ]
    return {
        "themes": lines,
        "period": {"since": period.since, "until": period.until, "before_since": period.before},
        "accounts": len(accounts),
        "accounts_without_revenue": int((book.revenue == 0).sum()),
        "bases": [
            {"segment": name, "accounts": int((group == code).sum()), "probability": round(float(base), 4)}
            for code, (name, base) in enumerate(zip(names, found.base, strict=False))
        ],
        "level": LEVEL,
        "snapshot": snapshot.as_dict(),
    }


def sentences_answer(store: ScoreStore, asked: SentencesAsked) -> dict[str, Any]:
    """The answer of `GET /v1/themes/sentences`: most revenue at risk first, an account's newest first."""
    snapshot = snapshot_of_page(store, asked.themes.as_of, asked.place)
    if asked.account_id is not None:
        account_of_snapshot(store, snapshot, asked.account_id)
    accounts, said = _read(store, snapshot, asked.themes)
    period = Period.of(snapshot.as_of, asked.themes.days)
    wanted = [
        (accounts[place], mention)
        for place, mention in said
        if period.is_now(mention)
        and mention.left_out is None
        and asked.theme in (None, mention.theme)
        and asked.account_id in (None, accounts[place].payload["account_id"])
    ]
    wanted.sort(key=lambda each: (-revenue_at_risk(each[0]), each[0].payload["account_id"]))
    after = asked.start + asked.limit
    return {
        "sentences": [_sentence(account, mention) for account, mention in wanted[asked.start : after]],
        "total": len(wanted),
        "next_cursor": Place(snapshot.id, after, asked.filters).encode() if after < len(wanted) else None,
        "period": {"since": period.since, "until": period.until, "before_since": period.before},
        "snapshot": snapshot.as_dict(),
    }


def _read(store: ScoreStore, snapshot: Snapshot, asked: ThemesAsked) -> tuple[list[ScoredAccount], Said]:
    """Every account that the caller may see, and the mentions that the filters let through.

    The filters choose whose words are counted, not with whom those who said them are compared.
    """
    kept = themed_book(store, snapshot)
    if kept is None:
        told = "Mentions of themes are kept for the newest snapshots only, and are not kept for this one."
        step = "score the book anew: vitals score data/book"
        fault = Fault("as_of", snapshot.as_of, "a snapshot whose themes are kept", step)
        raise Problem(THEMES_NOT_KEPT, [fault], detail=told)
    accounts = seen_accounts(store, snapshot, kept)
    said = [
        (place, mention)
        for place, account in enumerate(accounts)
        if _is_asked(account, asked)
        for mention in kept.mentions.get(account.payload["account_id"], ())
        if asked.role in (None, mention.role)
    ]
    return accounts, said


def _groups(accounts: list[ScoredAccount]) -> tuple[NDArray[np.int64], list[str | None]]:
    """With whom each account is compared: a segment of enough accounts, else all that are left (None)."""
    segments = [account.details.get("segment") for account in accounts]
    large = {name for name, count in Counter(segments).items() if name and count >= FEWEST_OF_SEGMENT}
    compared = [name if name in large else None for name in segments]
    names = sorted(set(compared), key=lambda name: (name is None, name or ""))
    return np.array([names.index(name) for name in compared], dtype=np.int64), names


def _is_asked(account: ScoredAccount, asked: ThemesAsked) -> bool:
    details = account.details
    return asked.segment in (None, details.get("segment")) and asked.owner in (None, details.get("owner"))


def _mask(accounts: int, said: Said, counts: Callable[[Mention], bool]) -> NDArray[np.bool_]:
    found = np.zeros((accounts, len(NAMES)), dtype=bool)
    for place, mention in said:
        if counts(mention):
            found[place, PLACE[mention.theme]] = True
    return found


def _line(
    rank: int,
    theme: int,
    accounts: list[ScoredAccount],
    said: Said,
    period: Period,
    book: Mentioned,
    found: Ranked,
) -> dict[str, Any]:
    mine = [
        (place, mention)
        for place, mention in said
        if PLACE[mention.theme] == theme and period.is_now(mention)
    ]
    here, name = book.now[:, theme], NAMES[theme]
    counted = [(place, mention) for place, mention in mine if mention.left_out is None]
    return {
        "rank": rank,
        "theme": name,
        "title": THEMES[name],  # type: ignore[index]
        "friendly": name in FRIENDLY,
        "accounts": int(here.sum()),
        "mentions": len(counted),
        "revenue": _money(book.revenue[here].sum()),
        "expected_loss": _money((book.risk * book.revenue)[here].sum()),
        "revenue_at_risk": _money(found.value[theme]),
        "interval": [_money(end) for end in found.interval[theme]],
        "above_others": round(float(found.above[theme]), 4),
        "before": {
            "accounts": int(book.before[:, theme].sum()),
            "revenue_at_risk": _money(found.value_before[theme]),
        },
        "change": {
            "value": _money(found.change[theme]),
            "interval": [_money(end) for end in found.change_interval[theme]],
        },
        "segments": list(_segments(accounts, here, found.parts[:, theme])),
        "roles": list(_roles(counted)),
        "left_out": dict(sorted(Counter(m.left_out for _, m in mine if m.left_out).items())),
    }


def _segments(
    accounts: list[ScoredAccount], here: NDArray[np.bool_], parts: NDArray[np.float64]
) -> Iterator[dict[str, Any]]:
    """By segment, most revenue at risk first; the parts of a theme's segments sum to its own."""
    names = [account.details.get("segment") for account in accounts]
    places: dict[str | None, list[int]] = {}
    for place in np.flatnonzero(here):
        places.setdefault(names[place], []).append(int(place))
    found = [(segment, len(own), float(parts[own].sum())) for segment, own in places.items()]
    for segment, count, value in sorted(found, key=lambda each: (-each[2], str(each[0]))):
        yield {"segment": segment, "accounts": count, "revenue_at_risk": _money(value)}


def _roles(said: Said) -> Iterator[dict[str, Any]]:
    """By role, in how many accounts it mentioned the theme; null where nobody knew who spoke."""
    spoke = {(mention.role, place) for place, mention in said}
    counts = Counter(role for role, _ in spoke)
    for role, count in sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, each[0])):
        yield {"role": role, "accounts": count}


def _sentence(account: ScoredAccount, mention: Mention) -> dict[str, Any]:
    details, payload = account.details, account.payload
    return {
        "account_id": payload["account_id"],
        **{name: details.get(name) for name in ("name", "owner", "segment")},
        "health": payload["health"],
        "band": payload["band"],
        "expected_loss": _money(revenue_at_risk(account)),
        **{name: getattr(mention, name) for name in ("theme", "table")},
        "record_id": mention.row_key,
        **{name: getattr(mention, name) for name in ("role", "day", "sentence", "start", "end")},
        "words": mention.sentence[mention.start : mention.end],
    }


def _money(value: float) -> float:
    return round(float(value), 2) + 0.0  # never −0.0

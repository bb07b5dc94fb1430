"""What is asked of the portfolio's table: filters, order, page; and the lines that answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from starlette.datastructures import QueryParams

from features.faults import nearest
from serving.api.problems import Faults, clip
from serving.api.request_fields import TEXT_ALLOWED, is_short_text
from serving.api.request_queries import closed_query
from serving.pages.book_lines import BANDS, Line

KEYS = ("band", "owner", "segment", "q", "conflict", "unsure", "sort", "page")
PER_PAGE = 50
Moves = Mapping[str, float]
Key = Callable[[Line, Moves], Any]
Held = Mapping[str, Mapping[str, Any]]  # the bands that people set and that hold, by account


def band_of(line: Line, held: Held) -> str:
    """The band in force: that which a person set, else the score's own."""
    return str(held[line.account_id]["band"]) if line.account_id in held else line.band


def _need(line: Line, _: Moves) -> Any:
    return -line.revenue_at_risk  # within the bands in force


# Ties go by account id, so that a page never repeats or skips an account.
SORTS: dict[str, Key] = {
    "need": _need,
    "health": lambda line, _: line.health,
    "-health": lambda line, _: -line.health,
    "change": lambda line, moves: moves.get(line.account_id, 0.0),
    "-change": lambda line, moves: -moves.get(line.account_id, 0.0),
    "rule": lambda line, _: line.rule_score,
    "gap": lambda line, _: -abs(line.health - line.rule_score),
    "name": lambda line, _: line.name.casefold(),
    "mrr": lambda line, _: -(line.mrr or 0.0),
    "risk": lambda line, _: -line.revenue_at_risk,
    "coverage": lambda line, _: line.coverage,
}


@dataclass(frozen=True)
class TableQuery:
    """One page of the table. None: all; `conflict` and `unsure` keep the accounts of which that is so."""

    band: str | None = None
    owner: str | None = None
    segment: str | None = None
    q: str | None = None
    conflict: bool = False
    unsure: bool = False
    sort: str = "need"
    page: int = 1

    def asked(self, **other: Any) -> dict[str, Any]:
        """The query as parameters of an address, with some of them changed and the usual ones left out."""
        given = asdict(self) | other
        marks = {name: "1" if given[name] else None for name in ("conflict", "unsure")}
        usual = {"sort": None if given["sort"] == "need" else given["sort"]}
        return given | marks | usual | {"page": given["page"] if given["page"] != 1 else None}


def read_table_query(query: QueryParams) -> TableQuery:
    """The query of the portfolio's page. A field of its form left empty asks for all.

    Raises Problem with every fault in it.

    >>> read_table_query(QueryParams("band=red&owner=&unsure=1")).unsure
    True
    """
    faults = Faults()
    given = {name: value for name, value in closed_query(query, KEYS, faults).items() if value}
    for key, choices in (("band", BANDS), ("sort", tuple(SORTS)), ("conflict", ("1",)), ("unsure", ("1",))):
        if key in given and given[key] not in choices:
            faults.add(key, given[key], f"one of {', '.join(choices)}", nearest(clip(given[key]), choices))
    for key in ("owner", "segment", "q"):
        if key in given and not is_short_text(given[key]):
            faults.add(key, given[key], TEXT_ALLOWED, f"leave {key} out for all")
    page = given.get("page", "1")
    if not (page.isascii() and page.isdecimal() and len(page) < 7 and int(page) > 0):
        faults.add("page", page, "a page's number, from 1 on", "leave it out for the first page")
        page = "1"
    faults.raise_any()
    texts = {key: given.get(key) for key in ("band", "owner", "segment", "q")}
    flags = {key: key in given for key in ("conflict", "unsure")}
    return TableQuery(**texts, **flags, sort=given.get("sort", "need"), page=int(page))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TablePage:
    """The lines of one page, of `total` that the query asks for; `page` is of `pages`, from 1."""

    lines: Sequence[Line]
    total: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        """The place of the first line shown, from 1."""
        return (self.page - 1) * PER_PAGE + 1


def table_page(lines: Sequence[Line], query: TableQuery, moves: Moves, held: Held) -> TablePage:
    """The page asked for; the last one where there are fewer."""
    wanted = [line for line in lines if _is_wanted(line, query, held)]
    key, first = SORTS[query.sort], _first_by(query.sort, held)
    wanted.sort(key=lambda line: (first(line), key(line, moves), line.account_id))
    pages = max(1, -(-len(wanted) // PER_PAGE))
    page = min(query.page, pages)
    return TablePage(wanted[(page - 1) * PER_PAGE : page * PER_PAGE], len(wanted), page, pages)


def _first_by(sort: str, held: Held) -> Callable[[Line], int]:
    """Whoever most needs a person is looked for in the worst band first."""
    if sort != "need":
        return lambda _: 0
    return lambda line: BANDS.index(band_of(line, held))


def _is_wanted(line: Line, query: TableQuery, held: Held) -> bool:
    if query.band not in (None, band_of(line, held)) or query.owner not in (None, line.owner):
        return False
    if query.segment not in (None, line.segment) or (query.conflict and not line.conflict):
        return False
    if query.unsure and not line.unsure:
        return False
    text = query.q.casefold() if query.q else ""
    return not text or text in line.name.casefold() or text in line.account_id.casefold()

"""The card of a version as a page in Markdown, in which customers' words can do no harm."""

from __future__ import annotations

import html
import re
import string
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from training.evaluation import MEASURES
from training.gate_verdict import MARKS

Document = dict[str, Any]
PUNCTUATION = frozenset(string.punctuation)  # Markdown lets a backslash stand before any of it
ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
IN_A_CELL = re.compile(r"([\\`*_\[\]|~])")
LONGEST = 80


def card_page(card: Document) -> str:
    """The card for people: what was asked, of whom, how it went, and what to beware of."""
    sections = [
        f"# Vitals, version {card['version']}",
        _summary(card),
        "## Population\n\n" + _population(card),
        "## Compared on the same accounts and dates\n\n" + _comparison(card),
        "## By segment\n\n" + _segments(card),
        "## What the data believe the pillars should weigh\n\n" + _weights(card),
        "## Limits\n\n" + _bullets(card["limits"]),
        "## Leakage checks\n\n" + _leakage(card),
        "## The gate\n\n" + _gate(card),
        "## Stale when\n\n" + _bullets(card["stale_when"]),
    ]
    return "\n\n".join(sections) + "\n"


def harmless(words: object) -> str:
    """Customers' words as Markdown shows them, and nothing more: no markup, link, HTML or second line.

    >>> print(harmless("a|b <script>"))
    a\\|b &lt;script&gt;
    """
    kept = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in str(words))
    short = kept if len(kept) <= LONGEST else kept[: LONGEST - 1] + "…"
    return "".join(ENTITIES.get(c, f"\\{c}" if c in PUNCTUATION else c) for c in short)


def _ours(words: str) -> str:
    """Our own words, which may name a feature, in a cell of a table."""
    return IN_A_CELL.sub(r"\\\1", html.escape(words, quote=False))


def _summary(card: Document) -> str:
    bands = card["bands"]
    return (
        f"Health is 100 times the probability that an account is still a customer after {card['horizon']}."
        f" Answering member: `{card['answers']}`. Trained on dates up to {card['trained_until']}, from a book"
        f" known until {card['known_until']}; data `{card['data_fingerprint'][:12]}`."
        f" Green from {bands['green']:g}, yellow from {bands['yellow']:g}."
    )


def _population(card: Document) -> str:
    tested = card["population"]
    lines = [
        f"Judged on {tested['rows']} rows of {tested['accounts']} accounts, of which"
        f" {tested['churned_accounts']} churned ({tested['churn_rate']:.1%} of the rows),"
        f" on {', '.join(tested['dates'])}.",
        "",
        *_table(
            ("tested from", "to", "learned from dates", "rows", "accounts", "churned accounts"),
            (
                (
                    origin["test"][0],
                    origin["test"][-1],
                    f"{origin['train'][0]} to {origin['train'][-1]}",
                    origin["rows"],
                    origin["accounts"],
                    origin["learned_churns"],
                )
                for origin in card["origins"]
            ),
        ),
    ]
    return "\n".join(lines)


def _comparison(card: Document) -> str:
    """A row per model, a column per measure, each with its interval."""
    found = card["comparison"]
    values = {(e["model"], e["measure"]): e for e in found["estimates"]}
    models, measures = (list(dict.fromkeys(key[i] for key in values)) for i in (0, 1))
    shown = [m for m in measures if m in MEASURES]
    title = f"{found['level']:.0%} intervals from {found['resamples']} resamples of accounts.\n\n"
    rows = ([model, *(_span(values[model, m]) for m in shown)] for model in models)
    better = [f"{MEASURES[m].title} ({MEASURES[m].better})" for m in shown]
    return title + "\n".join(_table(("model", *better), rows))


def _segments(card: Document) -> str:
    rows = (
        (
            harmless(s["segment"]),
            s["accounts"],
            s["churned_accounts"],
            f"{s['foretold']:.1%}",
            _span(s["happened"], ".1%"),
            _span(s["auc"]) if s["auc"] else "too few churns",
        )
        for s in card["segments"]
    )
    return "\n".join(_table(("segment", "accounts", "churned", "foretold", "happened", "AUC"), rows))


def _weights(card: Document) -> str:
    if not card["weights"]:
        return "Nothing: there was no rule to weigh, or too few churns to weigh it by."
    rows = (
        (w["pillar"], f"{w['expert']:.0f}", f"{w['believed']:.0f} ± {w['error']:.0f}")
        for w in card["weights"]
    )
    return "\n".join(_table(("pillar", "the expert", "the data (± one standard error)"), rows))


def _leakage(card: Document) -> str:
    if not card["leakage"]:
        return "It was trained before runs were checked. Train it again."
    rows = ((f["code"], f["result"], f["title"], _ours(f["found"])) for f in card["leakage"])
    return "\n".join(_table(("code", "result", "what must hold", "found"), rows))


def _gate(card: Document) -> str:
    if card["gate"] is None:
        return "It was never put to the gate."
    rows = (
        (MARKS[v["answer"]], v["question"], _ours(v["found"]), v["allowed"]) for v in card["gate"]["verdicts"]
    )
    forced = card["gate"]["forced_because"]
    said = f"\n\n**Forced**, because: {harmless(forced)}" if forced else ""
    return "\n".join(_table(("answer", "question", "found", "allowed"), rows)) + said


def _span(found: Document, form: str = ".3f") -> str:
    if found["value"] is None or found["low"] is None:
        return "-"
    return f"{found['value']:{form}} [{found['low']:{form}}, {found['high']:{form}}]"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    titles = [str(cell) for cell in head]
    yield f"| {' | '.join(titles)} |"
    yield f"|{'---|' * len(titles)}"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"

"""The records behind a driver for a terminal. Texts are customers' own words, and hostile: no control or
direction mark of theirs reaches the terminal."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len, set_cell_size

from features.catalog import Language
from features.text.shown_words import visible

WIDEST = 28  # cells of one column; a text has a line of its own
AROUND = 60  # characters shown on each side of what was read
WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "of": "{title} ({driver}) of {account} as of {date}: what was known before then",
        "table": "{table}: {total} records",
        "some": "{table}: the newest {shown} of {total} records",
        "left_out": "left out elsewhere: {mentions} (they count for no theme)",
    },
    "zh": {
        "of": "{account}截至{date}的{title}({driver}):此前已知的记录",
        "table": "{table}:{total}条记录",
        "some": "{table}:{total}条记录中最新的{shown}条",
        "left_out": "另有未计入的提及:{mentions}(不计为主题)",
    },
}


def in_words(answer: dict[str, Any], language: Language = "en") -> str:
    """The answer of `evidence_answers`, table by table; the words that were read stand in [[ ]]."""
    words, driver = WORDS[language], answer["driver"]
    head = words["of"].format(
        title=driver["title"][language],
        driver=driver["feature"],
        account=visible(answer["account_id"]),
        date=answer["as_of"][:10],
    )
    parts = [head]
    for table in answer["tables"]:
        name = "some" if table["shown"] < table["total"] else "table"
        parts.append(_table(table, words[name].format(**table), language))
    parts += [each["text"][language] for each in answer["absent"]]
    if answer["left_out"]:
        mentions = ", ".join(f"{n} {why}" for why, n in sorted(answer["left_out"].items()))
        parts.append(words["left_out"].format(mentions=mentions))
    return "\n\n".join(parts)


def _table(table: dict[str, Any], title: str, language: Language) -> str:
    if not table["records"]:
        return str(visible(table["says"][language]))
    text, records = table["text_column"], table["records"]
    columns = [c for c in records[0] if c not in (text, "spans") and any(r[c] is not None for r in records)]
    cells = [columns, *([_cell(record[column]) for column in columns] for record in records)]
    widths = [min(WIDEST, max(cell_len(row[n]) for row in cells)) for n in range(len(columns))]
    lines = [title]
    for number, row in enumerate(cells):
        lines.append("  " + "  ".join(map(_fitted, row, widths)).rstrip())
        said = records[number - 1].get(text) if number and text else None
        if said is not None:
            lines.append(f"      {_marked(said, records[number - 1].get('spans', []))}")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.10g}"
    return visible(str(value))


def _fitted(text: str, width: int) -> str:
    """The text in just so many cells, of which a Chinese character takes two."""
    return text if cell_len(text) == width else set_cell_size(text, width)


def _marked(text: str, spans: list[dict[str, Any]]) -> str:
    """The text, or what stands around the words that were read: [[words]], or [[words|why left out]]."""
    if not spans:
        return visible(text[: 2 * AROUND]) + ("…" if len(text) > 2 * AROUND else "")
    shown, place = [], max(0, spans[0]["start"] - AROUND)
    if place:
        shown.append("…")
    for span in sorted(spans, key=lambda span: (span["start"], span["end"])):
        start, end = max(place, span["start"]), span["end"]
        if start >= end:
            continue
        shown.append(_between(text[place:start]))
        note = "" if span["counts"] else f"|{span['left_out']}"
        shown.append(f"[[{visible(text[start:end])}{note}]]")
        place = end
    shown.append(visible(text[place : place + AROUND]) + ("…" if len(text) > place + AROUND else ""))
    return "".join(shown)


def _between(text: str) -> str:
    return visible(text if len(text) <= 2 * AROUND else f"{text[:AROUND]}…{text[-AROUND:]}")

"""The themes for a roadmap: a CSV for a spreadsheet, a Markdown page for everybody, a text for a terminal.

Customers' words are hostile: no cell becomes a formula, no text marks up the page or the terminal.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from features.catalog import Language
from features.faults import Fault, WrongUse
from features.text.shown_words import visible
from serving.history.portfolio_csv import BYTE_ORDER_MARK, safe_cell

Document = Mapping[str, Any]
ENDINGS = (".csv", ".md")
THEME_COLUMNS = (
    *(
        "rank",
        "theme",
        "title_en",
        "title_zh",
        "friendly",
        "accounts",
        "mentions",
        "revenue",
        "expected_loss",
    ),
    *("revenue_at_risk", "low", "high", "above_others", "accounts_before", "revenue_at_risk_before"),
    *("change", "change_low", "change_high", "since", "until", "as_of"),
)
SENTENCE_COLUMNS = (
    *("theme", "account_id", "name", "owner", "segment", "health", "band", "expected_loss", "role", "day"),
    *("table", "record_id", "words", "sentence"),
)
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&=:@$^\"'])")


def check_export(path: Path) -> None:
    """Raises WrongUse where the file's ending is neither .csv nor .md."""
    if path.suffix not in ENDINGS:
        fault = Fault("--out", str(path), "a file ending in .csv or .md", "name it so")
        raise WrongUse("the themes cannot be written", [fault])


def as_csv(answer: Document) -> str:
    """A line per theme, or per sentence where the answer has sentences."""
    if "sentences" in answer:
        rows = [[each[name] for name in SENTENCE_COLUMNS] for each in answer["sentences"]]
        return _written(SENTENCE_COLUMNS, rows)
    return _written(THEME_COLUMNS, [_cells(each, answer) for each in answer["themes"]])


def as_markdown(answer: Document, sentences: Mapping[str, Sequence[Document]], lang: Language) -> str:
    """A page: the ranking as a table, then under each theme some of its sentences, the words in bold."""
    period, snapshot = answer["period"], answer["snapshot"]
    lines = [
        f"# Themes by revenue at risk, {period['since']} to {period['until']}",
        "",
        f"{answer['accounts']} accounts as of {snapshot['as_of'][:10]}. Revenue at risk is what goes with a "
        "theme, per year, beyond the risk of the accounts' own segments; an account counts once. It does not "
        "say that the theme is the cause.",
        "",
        "| | theme | accounts | revenue at risk | 90% interval | before | change |",
        "|--:|:--|--:|--:|--:|--:|--:|",
    ]
    lines += [_table_line(each, lang) for each in answer["themes"] if each["accounts"]]
    for each in answer["themes"]:
        if said := sentences.get(each["theme"]):
            lines += ["", f"## {_plain(each['title'][lang])}", ""]
            lines += [_quoted(sentence) for sentence in said]
    return "\n".join(lines) + "\n"


def in_words(answer: Document, lang: Language = "en") -> str:
    """The ranking for a terminal."""
    period = answer["period"]
    said = [each for each in answer["themes"] if each["accounts"]]
    head = f"themes of {period['since']} to {period['until']}, by yearly revenue at risk beyond the segment's"
    if not said:
        return f"{head}\nnobody mentions a theme in this period"
    return "\n".join([head, *(_line(each, lang) for each in said)])


def sentences_in_words(answer: Document) -> str:
    """The sentences for a terminal, the words that were read in [[ ]]."""
    if not answer["sentences"]:
        return "no sentence in this period"
    lines = [f"{len(answer['sentences'])} of {answer['total']} sentences"]
    for each in answer["sentences"]:
        before, words, after = (visible(part) for part in _parts(each))
        who = f"{visible(each['account_id'])} {visible(each['name'] or '')}".strip()
        where = (
            f"{each['day']} {each['role'] or 'role unknown'}, {each['table']} {visible(each['record_id'])}"
        )
        lines += [f"{each['theme']}: {who}, {where}", f"    {before}[[{words}]]{after}"]
    return "\n".join(lines)


def _line(each: Document, lang: Language) -> str:
    low, high = each["interval"]
    change, (least, most) = each["change"]["value"], each["change"]["interval"]
    trend = "" if least <= 0 <= most else f"; {change:+,.0f} against the period before"
    unsure = " (may be nothing)" if low <= 0 <= high else ""
    return (
        f"{each['rank']:>2}  {each['title'][lang]}: {each['revenue_at_risk']:,.0f} "
        f"({low:,.0f} to {high:,.0f}){unsure}, {each['accounts']} accounts, {each['mentions']} mentions"
        f"{trend}"
    )


def _cells(each: Document, answer: Document) -> list[Any]:
    flat = {**each, "title_en": each["title"]["en"], "title_zh": each["title"]["zh"]}
    flat |= {"low": each["interval"][0], "high": each["interval"][1]}
    flat |= {f"{name}_before": each["before"][name] for name in ("accounts", "revenue_at_risk")}
    low, high = each["change"]["interval"]
    flat |= {"change": each["change"]["value"], "change_low": low, "change_high": high}
    flat |= {**answer["period"], "as_of": answer["snapshot"]["as_of"]}
    return [flat[name] for name in THEME_COLUMNS]


def _table_line(each: Document, lang: Language) -> str:
    low, high = each["interval"]
    cells = [
        str(each["rank"]),
        _plain(each["title"][lang]),
        str(each["accounts"]),
        f"{each['revenue_at_risk']:,.0f}",
        f"{low:,.0f} to {high:,.0f}",
        f"{each['before']['revenue_at_risk']:,.0f}",
        f"{each['change']['value']:+,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _quoted(each: Document) -> str:
    before, words, after = (_plain(part) for part in _parts(each))
    who = " ".join(_plain(str(part)) for part in (each["account_id"], each["name"]) if part)
    marked = f"**{words.strip()}**" if words.strip() else ""
    return f"- {before}{marked}{after} ({who}, {each['role'] or 'role unknown'}, {each['day']})"


def _parts(each: Document) -> tuple[str, str, str]:
    sentence, start, end = each["sentence"], each["start"], each["end"]
    return sentence[:start], sentence[start:end], sentence[end:]


def _plain(text: str) -> str:
    """A text of a customer's as Markdown shows it to the letter, on one line.

    >>> _plain("<img src=x> [a](b)\\n# |")
    '\\\\<img src\\\\=x\\\\> \\\\[a\\\\]\\\\(b\\\\) \\\\# \\\\|'
    """
    return _MARKUP.sub(r"\\\1", visible(text))


def _written(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *([safe_cell(value) for value in row] for row in rows)])
    return BYTE_ORDER_MARK + text.getvalue()

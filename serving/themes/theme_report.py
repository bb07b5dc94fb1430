"""The themes as a command tells and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.catalog import Language
from serving.api.page_cursors import Place
from serving.api.problems import Faults
from serving.history.opened_store import opened_store
from serving.history.store import ScoreStore
from serving.themes.theme_answers import sentences_answer, themes_answer
from serving.themes.theme_exports import as_csv, as_markdown, check_export, in_words, sentences_in_words
from serving.themes.theme_queries import SentencesAsked, ThemesAsked, check_theme, themes_asked


@dataclass(frozen=True)
class ReportAsked:
    """`given`: period, filters and date as in the query of `GET /v1/themes`, None where left out; with a
    `theme`, its first `limit` sentences instead of the ranking."""

    given: Mapping[str, str | None]
    theme: str | None
    limit: int
    lang: Language = "en"


@dataclass(frozen=True)
class ThemesReport:
    """The answer that the API would give, and what is said of it on a terminal."""

    answer: dict[str, Any]
    words: str


def themes_report(asked: ReportAsked, out: Path | None, store_url: str | None) -> ThemesReport:
    """The ranking, or the sentences of a theme; also written to `out` (.csv or .md).

    Raises WrongUse for a value that is none, and where nothing is kept.
    """
    faults = Faults()
    themes = themes_asked({name: value for name, value in asked.given.items() if value is not None}, faults)
    check_theme(asked.theme, faults)
    faults.raise_any()
    if out is not None:
        check_export(out)
    with opened_store(store_url) as store:
        answer = themes_answer(store, themes)
        wanted = [asked.theme] if asked.theme else [each["theme"] for each in answer["themes"]]
        if asked.theme is not None:
            found = _sentences(store, answer, themes, asked.theme, asked.limit)
            report = ThemesReport(found, sentences_in_words(found))
        else:
            report = ThemesReport(answer, in_words(answer, asked.lang))
        if out is None:
            return report
        if out.suffix == ".csv":
            _write(out, as_csv(report.answer))
        else:
            said = {
                name: _sentences(store, answer, themes, name, asked.limit)["sentences"] for name in wanted
            }
            _write(out, as_markdown(answer, said, asked.lang))
    return ThemesReport(report.answer, f"{report.words}\nwritten to {out}")


def _sentences(
    store: ScoreStore, answer: dict[str, Any], themes: ThemesAsked, theme: str, limit: int
) -> dict[str, Any]:
    """Those of the snapshot that was ranked, though another be published meanwhile."""
    asked = SentencesAsked(themes, theme, limit=limit, place=Place(answer["snapshot"]["id"], 0))
    return sentences_answer(store, asked)


def _write(out: Path, text: str) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8", newline="")

"""What was written down (T1–T3): dated themes and tone of notes, QBR minutes, tickets and comments.

A text counts with weight 2^(−age / half-life): recent outweighs old. Its age runs from the day it
is about; it is used only once it was known. Mentions that are denied, only supposed or of somebody
else count for no theme. The decision maker's words are also read apart: few of them answer surveys.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.cohort import KEYS
from features.exact import exact_sum, share
from features.params import FeatureParams
from features.row_readers import read_rows
from features.text.readers import readers
from features.text.themes import FRIENDLY, THEMES, read_mentions
from features.text.tone import read_tone
from features.warehouse import Warehouse
from features.written_texts import WRITTEN, known_texts, with_speakers, written

MILLIONTHS = 1_000_000
TEXTS_OF = ("account_id", "table", "row_key", "contact_id", "role", "kind")
READ = dict.fromkeys(TEXTS_OF, "string") | {"known_day": "int64", "day": "int64"}
READ |= dict.fromkeys(THEMES, "boolean") | {"tone": "float64"}
TICKET_THEMES = ("missing_capability", "quality", "service")
UNFRIENDLY = tuple(theme for theme in THEMES if theme not in FRIENDLY)
DECISION_MAKER = "decision_maker"


def note_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Themes of CSM notes and QBR minutes (decayed count), their tone (decayed mean, −1 … 1) and its change.

    The change is the notes' tone of the last quarter minus that of the quarter before, −2 … 2; null
    where either has none.
    """
    texts, windows = _read(written(source, "notes"), params), params.windows
    aged = _aged(known_texts(texts, cohort, windows.half_year), params)
    is_qbr = aged.kind == "qbr"
    w = windows.labels()["half_year"]
    columns = {f"note_{theme}_{w}": _theme(aged, theme) for theme in THEMES}
    columns[f"note_tone_{w}"] = _tone(aged, ~is_qbr)
    columns[f"qbr_tone_{w}"] = _tone(aged, is_qbr)
    level = _per_account(cohort, aged, columns)
    change = {f"note_tone_change_{windows.labels()['quarter']}": lambda t: t.now - t.before}
    quarters = _tone_of_quarters(
        _aged(known_texts(texts, cohort, 2 * windows.quarter), params), windows.quarter
    )
    changed = quarters.mutate(**change).drop("now", "before")
    return level.left_join(changed, KEYS).select(*KEYS, *columns, *change)


def ticket_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Themes of ticket texts (decayed count) and their tone (decayed mean, −1 … 1)."""
    texts = _read(written(source, "tickets"), params)
    aged = _aged(known_texts(texts, cohort, params.windows.half_year), params)
    w = params.windows.labels()["half_year"]
    columns = {f"ticket_{theme}_{w}": _theme(aged, theme) for theme in TICKET_THEMES}
    columns[f"ticket_tone_{w}"] = _tone(aged, ibis.literal(True))
    return _per_account(cohort, aged, columns)


def comment_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Tone of survey comments (decayed mean, −1 … 1); null where nobody commented."""
    texts = _read(written(source, "surveys"), params)
    aged = _aged(known_texts(texts, cohort, params.windows.year), params)
    w = params.windows.labels()["year"]
    return _per_account(cohort, aged, {f"comment_tone_{w}": _tone(aged, ibis.literal(True))})


def decision_maker_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """The decision makers' tone (decayed mean, −1 … 1) and the unfriendly themes they raised (decayed count).

    Their words are the notes of talks with them, and their own tickets and comments. A text that raises
    two unfriendly themes counts twice. Both are null where the book has nothing that says who spoke.
    """
    w = params.windows.labels()["half_year"]
    tone, themes = f"decision_maker_tone_{w}", f"decision_maker_negative_themes_{w}"
    parts = [
        with_speakers(source, known_texts(_read(texts, params), cohort, params.windows.half_year))
        for table in WRITTEN
        if (texts := _of_decision_makers(source, table)) is not None
    ]
    if not parts:
        return cohort.mutate(**dict.fromkeys((tone, themes), ibis.null("float64")))
    spoken = reduce(ir.Table.union, parts)
    aged = _aged(spoken.filter(spoken.role == DECISION_MAKER), params)
    raised = sum((aged[theme].cast("int64") for theme in UNFRIENDLY), ibis.literal(0))
    columns = {
        tone: _tone(aged, ibis.literal(True)),
        themes: exact_sum(aged.weight * raised, MILLIONTHS).fill_null(0.0),
    }
    return _per_account(cohort, aged, columns)


def _of_decision_makers(source: Warehouse, table: str) -> ir.Table | None:
    """The texts that may be a decision maker's; None where the book cannot tell."""
    if not source.has(table) or (table != "notes" and not source.has("contacts")):
        return None
    texts = written(source, table)
    if table == "notes":
        return texts.filter(texts.role == DECISION_MAKER)
    contacts = source["contacts"]
    who = contacts.filter(contacts.role == DECISION_MAKER).select("contact_id", "account_id").distinct()
    return texts.semi_join(who, ["contact_id", "account_id"])


def _read(texts: ir.Table, params: FeatureParams) -> ir.Table:
    """The texts with their tone and, per theme, whether it is affirmed; read in Python."""
    return read_rows(texts, partial(_with_words, lexicons=params.lexicons), READ)


def _with_words(frame: pd.DataFrame, lexicons: Any) -> pd.DataFrame:
    """Some of the texts, each distinct one read once."""
    reading = readers(lexicons)
    mentions = read_mentions(frame["text"], reading.themes)
    affirmed = mentions[mentions["polarity"] == 1]
    for theme in THEMES:
        frame[theme] = frame.index.isin(affirmed.loc[affirmed["theme"] == theme, "row"])
    tone = read_tone(frame["text"], reading.tone).astype("float64")
    # Arrow tells null from NaN only when asked to: a text without tone has no tone, not NaN.
    return frame.assign(tone=tone.astype(pd.Float64Dtype()))[list(READ)]


def _aged(texts: ir.Table, params: FeatureParams) -> ir.Table:
    return texts.mutate(weight=ibis.literal(2.0) ** (-texts.age / float(params.text_half_life)))


def _theme(aged: ir.Table, theme: str) -> ir.Value:
    return exact_sum(aged.weight, MILLIONTHS, aged[theme]).fill_null(0.0)


def _tone(aged: ir.Table, where: ir.Value) -> ir.Value:
    heard = where & aged.tone.notnull()
    return share(
        exact_sum(aged.weight * aged.tone, MILLIONTHS, heard), exact_sum(aged.weight, MILLIONTHS, heard)
    )


def _tone_of_quarters(aged: ir.Table, quarter: int) -> ir.Table:
    """The tone of notes but QBR minutes in the last quarter (`now`) and in the one `before`."""
    is_note, late = aged.kind != "qbr", aged.age <= quarter
    return aged.group_by(*KEYS).agg(now=_tone(aged, is_note & late), before=_tone(aged, is_note & ~late))


def _per_account(cohort: ir.Table, aged: ir.Table, columns: dict[str, ir.Value]) -> ir.Table:
    """One row per account of the cohort: no theme is 0, no tone is null."""
    found = aged.group_by(*KEYS).agg(**columns)
    t = cohort.left_join(found, KEYS)
    themes = {name: 0.0 for name in columns if not name.rpartition("_")[0].endswith("_tone")}
    return (t.fill_null(themes) if themes else t).select(*KEYS, *columns)

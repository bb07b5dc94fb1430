"""What was written down (T1–T3): dated themes and tone of notes, QBR minutes, tickets and comments.

A text counts with weight 2^(−age / half-life): recent outweighs old. Its age runs from the day it
is about; it is used only once it was known. Negated and hypothetical mentions count for no theme.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.cohort import KEYS
from features.exact import exact_sum, share
from features.params import FeatureParams
from features.row_readers import read_rows
from features.text.themes import THEMES, read_mentions
from features.text.tone import read_tone
from features.warehouse import Warehouse

MILLIONTHS = 1_000_000
READ = {"account_id": "string", "known_day": "int64", "kind": "string", "day": "int64"}
READ |= dict.fromkeys(THEMES, "boolean") | {"tone": "float64"}
TICKET_THEMES = ("missing_capability", "quality", "service")


def note_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Themes of CSM notes and QBR minutes (decayed count) and their tone (decayed mean, −1 … 1)."""
    notes = source["notes"]
    texts = _read(notes.select("account_id", "text", "known_day", "kind", day=notes.happened_day))
    aged = _aged(texts, cohort, params.windows.half_year, params.text_half_life)
    is_qbr = aged.kind == "qbr"
    w = params.windows.labels()["half_year"]
    columns = {f"note_{theme}_{w}": _theme(aged, theme) for theme in THEMES}
    columns[f"note_tone_{w}"] = _tone(aged, ~is_qbr)
    columns[f"qbr_tone_{w}"] = _tone(aged, is_qbr)
    return _per_account(cohort, aged, columns)


def ticket_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Themes of ticket texts (decayed count) and their tone (decayed mean, −1 … 1)."""
    tickets = source["tickets"]
    texts = _read(tickets.select("account_id", "text", "known_day", "kind", day=tickets.opened_day))
    aged = _aged(texts, cohort, params.windows.half_year, params.text_half_life)
    w = params.windows.labels()["half_year"]
    columns = {f"ticket_{theme}_{w}": _theme(aged, theme) for theme in TICKET_THEMES}
    columns[f"ticket_tone_{w}"] = _tone(aged, ibis.literal(True))
    return _per_account(cohort, aged, columns)


def comment_words(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> ir.Table:
    """Tone of survey comments (decayed mean, −1 … 1); null where nobody commented."""
    surveys = source["surveys"].filter(source["surveys"].responded_day.notnull())
    known = ibis.greatest(surveys.known_day, surveys.responded_day)
    texts = _read(
        surveys.select("account_id", "kind", text=surveys.comment, known_day=known, day=surveys.responded_day)
    )
    aged = _aged(texts, cohort, params.windows.year, params.text_half_life)
    w = params.windows.labels()["year"]
    return _per_account(cohort, aged, {f"comment_tone_{w}": _tone(aged, ibis.literal(True))})


def _read(texts: ir.Table) -> ir.Table:
    """The texts with their tone and, per theme, whether it is affirmed; read in Python."""
    return read_rows(texts.filter(texts.text.notnull()), _with_words, READ)


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Some of the texts, each distinct one read once."""
    mentions = read_mentions(frame["text"])
    affirmed = mentions[mentions["polarity"] == 1]
    for theme in THEMES:
        frame[theme] = frame.index.isin(affirmed.loc[affirmed["theme"] == theme, "row"])
    tone = read_tone(frame["text"]).astype("float64")
    # Arrow tells null from NaN only when asked to: a text without tone has no tone, not NaN.
    return frame.assign(tone=tone.astype(pd.Float64Dtype()))[list(READ)]


def _aged(texts: ir.Table, cohort: ir.Table, longest: int, half_life: int) -> ir.Table:
    t = texts.inner_join(cohort, "account_id")
    t = t.filter(t.known_day < t.as_of_day, t.day < t.as_of_day, t.as_of_day - t.day <= longest)
    return t.mutate(weight=ibis.literal(2.0) ** (-(t.as_of_day - t.day) / float(half_life)))


def _theme(aged: ir.Table, theme: str) -> ir.Value:
    return exact_sum(aged.weight, MILLIONTHS, aged[theme]).fill_null(0.0)


def _tone(aged: ir.Table, where: ir.Value) -> ir.Value:
    heard = where & aged.tone.notnull()
    return share(
        exact_sum(aged.weight * aged.tone, MILLIONTHS, heard), exact_sum(aged.weight, MILLIONTHS, heard)
    )


def _per_account(cohort: ir.Table, aged: ir.Table, columns: dict[str, ir.Value]) -> ir.Table:
    """One row per account of the cohort: no theme is 0, no tone is null."""
    found = aged.group_by(*KEYS).agg(**columns)
    t = cohort.left_join(found, KEYS)
    themes = {name: 0.0 for name in columns if not name.rpartition("_")[0].endswith("_tone")}
    return (t.fill_null(themes) if themes else t).select(*KEYS, *columns)

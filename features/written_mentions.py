"""The very words behind an account's themes: for evidence beside a driver, and for who wants to check."""

from __future__ import annotations

import ibis
import pandas as pd

from features.params import FeatureParams
from features.text.readers import readers
from features.text.themes import read_mentions
from features.time_windows import EPOCH, as_of_date, day_number
from features.warehouse import Warehouse
from features.written_texts import WRITTEN, known_texts, with_speakers, written

WHERE = ["account_id", "table", "row_key", "role", "day"]
WHAT = ["theme", "polarity", "negated", "hypothetical", "elsewhere", "start", "end"]


def mentions_of(source: Warehouse, account: str, as_of: pd.Timestamp, params: FeatureParams) -> pd.DataFrame:
    """Every mention of a theme that the features of this account read at this as-of date, newest first.

    One row per mention, counted or not:

    - `account_id`, `table` (notes, tickets, surveys), `row_key` (the row's note_id, ticket_id, response_id)
    - `role` the one spoken with, None where nobody knew then; `day` (UTC midnight) the text is about
    - `theme`; `polarity` 1 where it counts, else 0, with `negated`, `hypothetical`, `elsewhere` saying why
    - `start`, `end` in characters of the text, end exclusive, and `span`, the words themselves

    Only texts known before `as_of` and within the features' windows (notes and tickets half a year,
    comments a year). Empty for an account without any. WrongUse where `as_of` is no UTC midnight.
    """
    day = day_number(as_of_date(as_of))
    cohort = ibis.memtable(pd.DataFrame({"account_id": [account], "as_of_day": [day]}))
    found = [_mentions(source, table, cohort, params) for table in WRITTEN if source.has(table)]
    rows = pd.concat(found or [pd.DataFrame(columns=[*WHERE, *WHAT, "span"])], ignore_index=True)
    order = ["day", "table", "row_key", "start", "theme"]
    return rows.sort_values(order, ascending=[False, True, True, True, True], ignore_index=True)


def _mentions(
    source: Warehouse, table: str, cohort: ibis.expr.types.Table, params: FeatureParams
) -> pd.DataFrame:
    windows = params.windows
    longest = windows.year if table == "surveys" else windows.half_year
    texts = with_speakers(source, known_texts(written(source, table), cohort, longest)).to_pandas()
    mentions = read_mentions(texts["text"], readers(params.lexicons).themes)
    rows = texts.loc[mentions["row"]].reset_index(drop=True)
    spans = [
        text[start:end]
        for text, start, end in zip(rows["text"], mentions["start"], mentions["end"], strict=True)
    ]
    days = EPOCH + pd.to_timedelta(rows["day"], unit="D").astype("timedelta64[us]")
    role = rows["role"].astype(object).where(rows["role"].notna(), None)
    where = rows.assign(day=days, role=role)[WHERE]
    found: pd.DataFrame = pd.concat(
        [where, mentions[WHAT], pd.Series(spans, name="span", dtype="str")], axis=1
    )
    return found

"""Every mention of a theme in a whole book, each with its sentence: what the macro loop counts."""

from __future__ import annotations

from collections.abc import Collection

import ibis
import pandas as pd

from features.params import FeatureParams
from features.text.readers import readers
from features.text.sentences import sentence_around
from features.text.themes import read_mentions
from features.time_windows import EPOCH, day_number
from features.warehouse import Warehouse
from features.written_texts import WRITTEN, known_texts, with_speakers, written

COLUMNS = (
    "account_id",
    "theme",
    "table",
    "row_key",
    "role",
    "day",
    "known",
    "sentence",
    "start",
    "end",
    "left_out",
)
LEFT_OUT = ("negated", "hypothetical", "elsewhere")
_ORDER = ["account_id", "day", "table", "row_key", "theme", "start"]


def theme_mentions(
    source: Warehouse, accounts: Collection[str], as_of: pd.Timestamp, params: FeatureParams, days: int
) -> pd.DataFrame:
    """Mentions in the texts of these accounts that were known before `as_of` and are of the last `days`.

    One row per mention, by account and the newest first:

    - `account_id`, `theme`; `table` (notes, tickets, surveys) and `row_key`, the record it stands in
    - `role` the one spoken with, None where nobody knew; `day` the text is about and `known`, the day on
      which it became known, as ISO dates
    - `sentence`, and `start`, `end` of the very words in it, in characters, end exclusive
    - `left_out` why it counts for no theme (negated, hypothetical, elsewhere), None where it counts
    """
    cohort = ibis.memtable(
        {"account_id": list(accounts), "as_of_day": [day_number(as_of)] * len(accounts)},
        schema={"account_id": "string", "as_of_day": "int64"},
    )
    found = [_of_table(source, table, cohort, params, days) for table in WRITTEN if source.has(table)]
    rows = pd.concat(found or [pd.DataFrame(columns=list(COLUMNS))], ignore_index=True)
    ascending = [True, False, True, True, True, True]
    return rows.sort_values(_ORDER, ascending=ascending, ignore_index=True)


def _of_table(
    source: Warehouse, table: str, cohort: ibis.expr.types.Table, params: FeatureParams, days: int
) -> pd.DataFrame:
    texts = with_speakers(source, known_texts(written(source, table), cohort, days)).to_pandas()
    mentions = read_mentions(texts["text"], readers(params.lexicons).themes)
    rows = texts.loc[mentions["row"]].reset_index(drop=True)
    spoken = zip(rows["text"], mentions["start"], mentions["end"], strict=True)
    cut = [sentence_around(str(text), int(start), int(end)) for text, start, end in spoken]
    frame = rows[["account_id", "table", "row_key"]].assign(
        theme=mentions["theme"].to_numpy(),
        role=rows["role"].astype(object).where(rows["role"].notna(), None),
        day=_dates(rows["day"]),
        known=_dates(rows["known_day"]),
        sentence=[sentence for sentence, _, _ in cut],
        start=[start for _, start, _ in cut],
        end=[end for _, _, end in cut],
        left_out=_why(mentions),
    )
    found: pd.DataFrame = frame[list(COLUMNS)].astype(object)
    return found


def _dates(days: pd.Series) -> pd.Series:
    found: pd.Series = (EPOCH + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d")
    return found


def _why(mentions: pd.DataFrame) -> list[str | None]:
    flags = mentions[list(LEFT_OUT)].to_numpy(dtype=bool)
    return [next((why for why, is_so in zip(LEFT_OUT, row, strict=True) if is_so), None) for row in flags]

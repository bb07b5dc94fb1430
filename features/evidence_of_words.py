"""Which texts count for which feature, and the very words that were read in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.evidence_rows import AsOf, LeftOut, Marks, Records, Span
from features.text.readers import readers
from features.text.themes import THEMES, Mention
from features.warehouse import Warehouse
from features.written_words import TICKET_THEMES, UNFRIENDLY

TEXT_OF = {"notes": "text", "tickets": "text", "surveys": "comment"}
TONE = "tone"
LEFT_OUT = ("negated", "hypothetical", "elsewhere")


def behind_notes(source: Warehouse, t: ir.Table, at: AsOf) -> tuple[ir.Table, Marks]:
    """The notes with a text; that something was read in it is found by `with_words`."""
    windows, (month, quarter, half, _) = at.params.windows, at.labels
    told = t.text.notnull() & at.within(t.happened_day, windows.half_year)
    lately = t.text.notnull() & at.within(t.happened_day, windows.quarter, 2)
    minutes, decides = t.kind == "qbr", t.role == "decision_maker"
    return t, {f"note_{theme}_{half}": told for theme in THEMES} | {
        f"learned_text_signal_{half}": told,
        f"note_tone_{half}": told & ~minutes,
        f"friendly_notes_while_use_falls_{month}": told & ~minutes,
        f"qbr_tone_{half}": told & minutes,
        f"note_tone_change_{quarter}": lately & ~minutes,
        f"decision_maker_tone_{half}": told & decides,
        f"decision_maker_negative_themes_{half}": told & decides,
    }


def words_read(at: AsOf) -> dict[str, tuple[str, ...]]:
    """What is read in texts, by feature: themes, or `("tone",)`."""
    month, quarter, half, year = at.labels
    themes: dict[str, tuple[str, ...]] = {f"note_{theme}_{half}": (theme,) for theme in THEMES}
    themes |= {f"ticket_{theme}_{half}": (theme,) for theme in TICKET_THEMES}
    themes[f"decision_maker_negative_themes_{half}"] = tuple(UNFRIENDLY)
    tones = [f"{name}_tone_{half}" for name in ("note", "qbr", "ticket", "decision_maker")]
    tones += [f"note_tone_change_{quarter}", f"comment_tone_{year}"]
    tones += [f"friendly_notes_while_use_falls_{month}"]
    return themes | dict.fromkeys(tones, (TONE,))


def with_words(records: Records, at: AsOf) -> Records:
    """The records, of which a text counts for a feature only where what the feature reads was read in it.

    Each distinct text is read once, and only where it may count.
    """
    read = {name: what for name, what in words_read(at).items() if name in records.behind}
    texts = records.rows[TEXT_OF[records.table]]
    may_count = records.behind[list(read)].any(axis=1).to_numpy(dtype=bool)
    codes, distinct = pd.factorize(texts.where(pd.Series(may_count, index=texts.index)))
    found = [_spans(text, at) for text in distinct] + [()]  # a text that was not read has the code −1
    behind, left_out = records.behind.copy(), LeftOut()
    owners = records.rows["account_id"].tolist()
    for name, what in read.items():
        counts = np.array([any(_counts(span, what) for span in spans) for spans in found], dtype=bool)[codes]
        candidate = behind[name].to_numpy(dtype=bool)
        behind[name] = candidate & counts
        if what != (TONE,):
            named = np.array([any(s.theme in what for s in spans) for spans in found], dtype=bool)[codes]
            spared = np.flatnonzero(candidate & named & ~counts)
            left_out += _left_out(
                [owners[place] for place in spared], [found[codes[place]] for place in spared], name, what
            )
    spans = [found[code] for code in codes]
    return Records(records.table, records.rows, behind, spans, left_out).behind_one_of(
        [str(name) for name in behind]
    )


def _counts(span: Span, what: Sequence[str]) -> bool:
    return span.left_out is None and (span.theme in what if span.theme else what == (TONE,))


def _spans(text: str, at: AsOf) -> tuple[Span, ...]:
    reading = readers(at.params.lexicons)
    themes = [Span(m.start, m.end, m.theme, None, _why(m)) for m in reading.themes.read(text)]
    tones = [Span(word.start, word.end, None, word.value, None) for word in reading.tone.read(text)]
    return tuple(themes + tones)


def _why(mention: Mention) -> str | None:
    return next((why for why in LEFT_OUT if getattr(mention, why)), None)


def _left_out(
    accounts: Sequence[str], spans: Sequence[Sequence[Span]], name: str, what: Sequence[str]
) -> LeftOut:
    """How many mentions of the feature's themes these texts hold, by account and why none of them counts."""
    return Counter(
        (account, name, span.left_out)
        for account, of_text in zip(accounts, spans, strict=True)
        for span in of_text
        if span.theme in what and span.left_out
    )

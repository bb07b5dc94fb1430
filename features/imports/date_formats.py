"""How an export writes its dates: ISO 8601 needs no word, every other way is named in the mapping.

`01/02/2026` is the first of February in Lyon and the second of January in Boston: nothing in the text says
which, so it is never guessed at import. A format is written with the letters of FORMAT_PARTS, and stands
for the whole date; a time of day may follow it (`31.10.2026 7:05`, `10/31/2026 7:05 PM`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from features.imports.iso_times import zone_advice
from features.imports.number_formats import Decimal

ISO = "ISO"
FORMAT_PARTS = {  # letters: what strptime calls it, and what may stand there
    "YYYY": ("%Y", r"\d{4}"),
    "YY": ("%y", r"\d{2}"),
    "MMM": ("%b", r"[A-Za-z]{3}"),
    "MM": ("%m", r"\d{1,2}"),
    "DD": ("%d", r"\d{1,2}"),
}
USUAL = (  # what a draft tries
    *(f"DD{sign}MM{sign}YYYY" for sign in "./-"),
    *(f"MM{sign}DD{sign}YYYY" for sign in "/-."),
    *("YYYY.MM.DD", "YYYY/MM/DD", "YYYYMMDD", "YYYY年MM月DD日", "DD MMM YYYY", "MMM DD, YYYY", "DD-MMM-YYYY"),
    *("DD.MM.YY", "DD/MM/YY", "MM/DD/YY"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
CLOCK = r"( \d{1,2}:\d{2}(:\d{2})?( [AaPp][Mm])?)?"
ISO_DATE = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d\d.*)?$")


@dataclass(frozen=True)
class Spelling:
    """How a source, or a column of it, writes times and numbers.

    The zone of times without one, the format of dates, the decimal mark.
    """

    zone: str
    dates: str | None = None
    decimal: Decimal = "."

    def as_said(self) -> str:
        """A time as it is expected, for a message."""
        if self.dates in (None, ISO):
            return "a time such as 2026-10-31 or 2026-10-31T07:00:00+08:00"
        return f"a time that begins with a date as {self.dates}"


def format_fault(text: str) -> str | None:
    """Why a text is no format of dates; None where it is one.

    >>> format_fault("DD.MM.YYYY"), format_fault("DD.MM")
    (None, 'a day, a month and a year, each once')
    """
    if text == ISO:
        return None
    parts = _parts(text)
    kinds = sorted(part[0] for part in parts if part in FORMAT_PARTS)
    if kinds != ["D", "M", "Y"]:
        return "a day, a month and a year, each once"
    between = "".join(part for part in parts if part not in FORMAT_PARTS)
    return (
        None if re.fullmatch(r"[-./, 年月日]*", between) else "DD, MM or MMM, YYYY or YY, and signs between"
    )


def advice_for(values: Iterable[str | None]) -> str | None:
    """What to write so that these texts are times, in the export or the mapping; None where nothing is known.

    >>> advice_for(["01/02/2026"])
    'say how dates are written, date_format: DD/MM/YYYY or date_format: MM/DD/YYYY, whichever it is'
    """
    texts = [value for value in values if value is not None]
    if zones := zone_advice(texts):
        return zones
    fit = [each for each in fitting(texts) if each != ISO]
    named = " or ".join(f"date_format: {each}" for each in fit[:2])
    which = ", whichever it is" if len(fit) > 1 else ""
    return f"say how dates are written, {named}{which}" if fit else None


def read_dates(text: ir.StringValue, written: str) -> ir.Value:
    """The local times that texts name in a format, null where they do not (DuckDB's own function)."""
    shape = f"^{_pattern(written)}{CLOCK}$"
    # Between digits only: the T of 05-OCT-2024 is a letter of its month.
    tidy = text.strip().re_replace(r"(\d)T(\d)", r"\1 \2").re_replace(" +", " ")
    formats = ibis.array([_strptime(written) + clock for clock in CLOCKS])
    return ibis.cases((tidy.re_search(shape), _try_strptime(tidy, formats)), else_=None)


def fitting(values: Iterable[str]) -> list[str]:
    """The usual formats in which every one of the values is a date, ISO alone where it is among them.

    >>> fitting(["31.10.2026", "01.02.2026 08:00"]), fitting(["01/02/2026"]), fitting(["2026-10-31"])
    (['DD.MM.YYYY'], ['DD/MM/YYYY', 'MM/DD/YYYY'], ['ISO'])
    """
    texts = {" ".join(re.sub(r"(?<=\d)T(?=\d)", " ", value).split()) for value in values}
    if not texts:
        return []
    if all(ISO_DATE.match(text) for text in texts):
        return [ISO]
    return [written for written in USUAL if _all_fit(texts, written)]


def _all_fit(texts: Collection[str], written: str) -> bool:
    pattern = re.compile("^" + "".join(_named(part) for part in _parts(written)) + CLOCK + "$")
    for text in texts:
        found = pattern.match(text)
        if not found or not 1 <= int(found["day"]) <= 31:
            return False
        if found["month"].isdigit() and not 1 <= int(found["month"]) <= 12:
            return False
    return True


def _named(part: str) -> str:
    names = {"D": "day", "M": "month", "Y": "year"}
    return f"(?P<{names[part[0]]}>{FORMAT_PARTS[part][1]})" if part in FORMAT_PARTS else re.escape(part)


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"(YYYY|YY|MMM|MM|DD)", text) if part]


def _pattern(text: str) -> str:
    return "".join(
        FORMAT_PARTS[part][1] if part in FORMAT_PARTS else re.escape(part) for part in _parts(text)
    )


def _strptime(text: str) -> str:
    return "".join(FORMAT_PARTS[part][0] if part in FORMAT_PARTS else part for part in _parts(text))


@ibis.udf.scalar.builtin(name="try_strptime", signature=(("string", "array<string>"), "timestamp"))  # type: ignore[untyped-decorator]
def _try_strptime(text: str, formats: object) -> object:
    """The local time that a text names in the first of the formats that fits; null where none does."""

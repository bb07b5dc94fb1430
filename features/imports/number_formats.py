"""How an export writes its numbers: with a point, or, where the mapping says so, with a decimal comma.

`1.234` is a thousand and more in Berlin and little more than one in Boston: nothing in the text says which,
so it is never guessed at import. Where the comma is the decimal mark, points, blanks or ' may set thousands
apart; where the point is, nothing may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

Decimal = Literal[".", ","]
APART = "[.'\u2019 \u00a0\u202f]"
COMMA = rf"^[+-]?(\d+|\d{{1,3}}({APART}\d{{3}})+)(,\d+)?([eE][+-]?\d+)?$"
# Three digits behind a lone comma may be thousands of an English hand.
SURELY_COMMA = re.compile(rf",(\d{{1,2}}|\d{{4,}})$|{APART}\d{{3}},\d+$")


def with_point(text: ir.StringValue, decimal: Decimal) -> ir.Value:
    """Texts of numbers as DuckDB reads them, null where they are not written so.

    >>> import ibis
    >>> texts = ("1.234,50", "-0,5", "12", "1.5", "1,234.5", "1_000")
    >>> [with_point(ibis.literal(text), ",").to_pyarrow().as_py() for text in texts]
    ['1234.50', '-0.5', '12', None, None, None]
    """
    if decimal == ".":
        # DuckDB would read 1_000 as a thousand; that is a programmer's number, not an export's.
        return ibis.cases((~text.contains("_"), text), else_=None)
    bare = text.strip()
    plain = bare.re_replace(APART, "").replace(",", ".")
    return ibis.cases((bare.re_search(COMMA), plain), else_=None)


def numbers_of(cells: pd.Series) -> pd.Series:
    """The numbers that texts are under either decimal mark, NaN where they are none.

    >>> numbers_of(pd.Series(["1.5", "1.234,50", "9,5", "soon"])).tolist()
    [1.5, 1234.5, 9.5, nan]
    """
    texts = cells.astype(str).str.strip()
    comma = texts.str.contains(",") & texts.str.match(COMMA)
    plain = texts.str.replace(APART, "", regex=True).str.replace(",", ".")
    return pd.to_numeric(texts.where(~comma, plain), errors="coerce").astype(float)


def fits_comma_alone(values: Iterable[str]) -> bool:
    """Whether texts are numbers with a decimal comma, all of them, and one of them can be nothing else.

    >>> fits_comma_alone(["1.234,50", "12"]), fits_comma_alone(["1,234"]), fits_comma_alone(["9,5", "9.5"])
    (True, False, False)
    """
    texts = [value.strip() for value in values]
    return all(re.match(COMMA, text) for text in texts) and any(map(SURELY_COMMA.search, texts))


def decimal_advice(values: Iterable[str | None]) -> str | None:
    """What to write in the mapping so that these texts are numbers; None where a decimal comma does not help.

    >>> decimal_advice(["1.234,50", None]), decimal_advice(["soon"])
    ('say that the comma is the decimal mark, decimal: ","', None)
    """
    texts = [value for value in values if value is not None]
    return 'say that the comma is the decimal mark, decimal: ","' if fits_comma_alone(texts) else None

"""Times in the order of ISO 8601, year first: what is read as one, and which zones may stand behind it.

DuckDB's own cast reads more than any export means: `01/02/26` is the year 1 to it, `(BC)` an era, and `09:00
BST` is in Bangladesh. So a text must look like a time before it is cast, and a zone must have one meaning:
`CST` is Chicago's to one system and Shanghai's to another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from features.warehouse import IBIS_TYPES, local_instant

LOCAL = r"^\d{4}[-/ ]\d{1,2}[-/ ]\d{1,2}([ T]+\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?"
ZONE = r"\s*((?i:Z|UTC|GMT)|[+-]\d{2}(:?\d{2})?|[A-Za-z_]+(/[A-Za-z0-9_+-]+)+)"
ZONED_ISO, ZONELESS_ISO = f"{LOCAL}{ZONE}$", f"{LOCAL}$"
ABBREVIATION = re.compile(r":\d\d[\d:.]*\s*([A-Za-z]{2,5})$")
NO_ZONES = {"AM", "PM", "UTC", "GMT"}


def iso_instants(text: ir.StringValue, zone: str) -> ir.Value:
    """The instants that texts name, in `zone` where they name none; null where they are no such times."""
    # Given a text with a zone, DuckDB's cast to a local time drops the zone without a word.
    naive = local_instant(zone, text.try_cast("timestamp"))
    zoned = text.try_cast(IBIS_TYPES["time"])
    return ibis.cases((text.re_search(ZONED_ISO), zoned), (text.re_search(ZONELESS_ISO), naive), else_=None)


def zone_advice(values: Iterable[str]) -> str | None:
    """What to write in place of the abbreviations of zones that stand in these texts; None where none do.

    >>> zone_advice(["2026-10-31 09:00 BST", "2026-10-31 09:00 PM"])
    'BST is said in several zones: write its offset such as +08:00, or a place such as Asia/Shanghai'
    """
    found = sorted({seen[1] for value in values if (seen := ABBREVIATION.search(value.strip()))})
    words = [word for word in found if word.upper() not in NO_ZONES]
    verb = "is" if len(words) == 1 else "are"
    step = "write its offset such as +08:00, or a place such as Asia/Shanghai"
    return f"{', '.join(words)} {verb} said in several zones: {step}" if words else None

"""The cells of a drafted part: guessed columns, their values translated, and what is assumed for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from features.imports.column_guesses import TableGuess
from features.imports.date_formats import ISO, fitting
from features.imports.derivations.job_titles import TITLES
from features.imports.guess_words import meanings_of
from features.imports.number_formats import COMMA, Decimal, fits_comma_alone, numbers_of
from features.source_tables import SourceTable

ASSUMED: dict[str, dict[str, object]] = {
    "surveys": {"kind": {"constant": "nps"}, "touchpoint": {"constant": "relational"}},
    "usage": {"quantity": {"constant": 1}},
    "tickets": {"kind": {"constant": "question"}, "severity": {"constant": "medium"}},
    "notes": {"kind": {"constant": "crm_note"}},
    "churns": {"kind": {"constant": "full"}},
}
STANDS_FOR = {  # a column that is not there may be read from another that is
    ("surveys", "sent_at"): "responded_at",
    ("subscriptions", "changed_at"): "starts_at",
    ("invoices", "due_at"): "issued_at",
    ("notes", "recorded_at"): "happened_at",
    ("renewals", "changed_at"): "renewal_at",
}
MADE_OF = {  # an id that is not there may be put together
    ("usage", "user_id"): ("{account_id}-anybody", "no user is named: one stands for each account"),
    ("subscriptions", "subscription_id"): ("{account_id}-{product}", "made of account and product"),
    ("renewals", "contract_id"): ("{account_id}-contract", "one contract per account"),
    ("surveys", "response_id"): ("{account_id}-{contact_id}-{sent_at}", "made of account, contact and time"),
    ("notes", "note_id"): ("{account_id}-{happened_at}", "made of account and time"),
}
DEFAULTS = {
    "role": "user",
    "severity": "medium",
    "status": "open",
    "touchpoint": "relational",
}
NEVER = {("renewals", "changed_at")}  # a status is known when it was set, not on the renewal's date


@dataclass(frozen=True)
class DraftedCell:
    """A canonical column, the cell of the mapping that would fill it, and why."""

    column: str
    cell: object
    why: str


def cells_of(guess: TableGuess) -> tuple[list[DraftedCell], list[str]]:
    """The cells of the part that a guess would be, and the required columns that nothing could fill."""
    table = _schema(guess.table)
    cells: list[DraftedCell] = []
    lacking: list[str] = []
    for column in (c for c in table.columns if c.name not in ("scale_min", "scale_max")):
        found = next((each for each in guess.columns if each.column == column.name), None)
        if found is not None:
            cell = _cell(guess, table, column.name, found.found)
            why = f"{found.sure:.0%} sure, {found.why}"
            if column.kind == "time":
                cell, why = _dated(guess, found.found, why)
            if column.kind == "number":
                cell = _with_own_mark(guess, found.found, cell)
            cells.append(DraftedCell(column.name, cell, why))
        elif column.required:
            made = _assumed(guess, column.name)
            cells += [made] if made else []
            lacking += [] if made else [column.name]
    if table.name == "surveys" and guess.named("score") is None:
        lacking.append("score")
    return cells, lacking


def _schema(name: str) -> SourceTable:
    from features.source_tables import SOURCE_TABLES, maybe_text, maybe_time, text, time

    churns = (
        text("account_id"),
        time("churned_at"),
        maybe_time("recorded_at"),
        maybe_text("reason"),
        text("kind", "full", "contraction"),
    )
    return SOURCE_TABLES.get(name) or SourceTable(name, "losses", churns, key=("account_id",))


def _cell(guess: TableGuess, table: SourceTable, name: str, header: str) -> object:
    cells = guess.file.sample[header].dropna().astype(str)
    if name == "score":
        low, high = _scale(cells)
        return {"column": header, "scale": [low, high], "higher_is": "better"}
    column = table.column(name)
    if column.kind == "flag" and not set(cells.str.strip().str.lower()) <= {
        "true",
        "false",
        "t",
        "f",
        "1",
        "0",
    }:
        values = {value: _truth(value) for value in sorted(set(cells)) if _truth(value)}
        return {"column": header, "values": values, "otherwise": "false"}
    if not column.allowed:
        return header
    words = meanings_of(table.name, name)
    values = {value: known for value in sorted(set(cells)) if (known := _meaning(value, words, name))}
    default = DEFAULTS.get(name) or next(iter(_default_kind(table.name)), column.allowed[0])
    if not values:
        return {"constant": default}
    return {"column": header, "values": values, "otherwise": default, "if_empty": default}


def _dated(guess: TableGuess, header: str, why: str) -> tuple[object, str]:
    """A time's cell, with the format of its dates where they are not ISO: the ones that fit all values.

    Where several fit, the other dates of the file decide, since a file is mostly of one hand; if they do
    not, all that fit are written down, and an import refuses that until a person has chosen.
    """
    fit = _formats(guess, header)
    if not fit or fit == [ISO]:
        return header, why
    if len(fit) > 1:
        others = [set(_formats(guess, each.found)) for each in guess.columns]
        fit = [each for each in fit if all(each in other for other in others if other & set(fit))] or fit
    said = "dates fit it alone" if len(fit) == 1 else "CHOOSE ONE: the dates fit both"
    return {"column": header, "date_format": " or ".join(fit[:2])}, f"{why}; {said}"


def decimal_of(guess: TableGuess) -> Decimal:
    """The decimal mark of a file: a comma where one of its columns of numbers can be read by nothing else."""
    numbers = {column.name for column in _schema(guess.table).columns if column.kind == "number"}
    headers = [each.found for each in guess.columns if each.column in numbers]
    return "," if any(fits_comma_alone(_texts(guess, header)) for header in headers) else "."


def _with_own_mark(guess: TableGuess, header: str, cell: object) -> object:
    """The cell of a number; with a mark of its own where its file has a comma, and it has points."""
    if decimal_of(guess) == "." or all(re.match(COMMA, text) for text in _texts(guess, header)):
        return cell
    return {**(cell if isinstance(cell, dict) else {"column": header}), "decimal": "."}


def _texts(guess: TableGuess, header: str) -> pd.Series:
    cells = guess.file.sample[header].dropna().astype(str).str.strip()
    return cells[cells != ""]


def _formats(guess: TableGuess, header: str) -> list[str]:
    return fitting(_texts(guess, header))


def _truth(value: str) -> str | None:
    said = value.strip().lower()
    if said in ("yes", "y", "true", "t", "1", "是", "ja", "si", "sí", "oui"):
        return "true"
    return "false" if said in ("no", "n", "false", "f", "0", "否", "nein", "non") else None


def _default_kind(table: str) -> list[str]:
    assumed = ASSUMED.get(table, {}).get("kind")
    return [str(assumed["constant"])] if isinstance(assumed, dict) else []


def _meaning(value: str, words: dict[str, list[str]], name: str) -> str | None:
    said = " ".join(re.sub(r"[_\-/]+", " ", value.strip().lower()).split())
    for known, spoken in words.items():
        if said in spoken or said == known.replace("_", " "):
            return known
    if name == "role":
        return next((role for role, pattern in TITLES if re.search(pattern, said)), None)
    return None


def _scale(cells: pd.Series) -> tuple[int, int]:
    numbers = numbers_of(cells)
    highest, lowest = numbers.max(), numbers.min()
    for top in (5, 7, 10, 100):
        if highest <= top:
            return (0 if lowest < 1 or top >= 10 else 1), top
    return 0, 100


def _assumed(guess: TableGuess, name: str) -> DraftedCell | None:
    assumed = ASSUMED.get(guess.table, {}).get(name)
    if assumed is not None:
        return DraftedCell(name, assumed, "nothing in the file says it: the same on every row")
    other = STANDS_FOR.get((guess.table, name))
    if other and (guess.table, name) not in NEVER and (column := guess.named(other)):
        return DraftedCell(name, *_dated(guess, column, f"not in the file: {other} stands for it"))
    if (guess.table, name) in MADE_OF:
        pattern, why = MADE_OF[guess.table, name]
        wanted = re.findall(r"\{(\w+)\}", pattern)
        columns = {each: guess.named(each) for each in wanted}
        if all(columns.values()):
            text = re.sub(r"\{(\w+)\}", lambda m: "{" + str(columns[m[1]]) + "}", pattern)
            return DraftedCell(name, {"text": text}, why)
    return None

"""The lines of a drafted mapping: what was guessed of each file, marked as such, for a person to confirm."""

from __future__ import annotations

import json

from features.imports.column_guesses import TableGuess
from features.imports.drafted_cells import cells_of, decimal_of


def mapping_lines(guesses: list[TableGuess]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines of the mapping that guesses come to, each marked as one, and the tables that they fill."""
    sources, tables, told = ["sources:"], ["tables:"], []
    for guess in guesses:
        file = guess.file
        entry: dict[str, object] = {"file": file.name}
        if file.encoding not in ("utf-8-sig", "utf-16"):
            entry["encoding"] = file.encoding
        if file.delimiter != ",":
            entry["delimiter"] = file.delimiter
        if (mark := decimal_of(guess)) != ".":
            entry["decimal"] = mark
        sources.append(f"  {guess.table}: {flow(entry)}")
        sources += [f"  # unmapped columns: {flow(guess.left_over)}"] if guess.left_over else []
        cells, lacking = cells_of(guess)
        if lacking:
            tables.append(
                f"  # {guess.table}: {flow(file.name)} has nothing that reads like {', '.join(lacking)}"
            )
            continue
        told.append(guess.table)
        tables += [f"  {guess.table}:", f"    - source: {guess.table}", "      columns:"]
        tables += [f"        {cell.column}: {flow(cell.cell)}  # guess: {cell.why}" for cell in cells]
    head = [
        'about: "drafted: check what is marked as a guess"',
        "time_zone: UTC  # guess: none is written",
    ]
    return (*head, *sources, *tables, *_identity_lines(guesses)), tuple(told)


def _identity_lines(guesses: list[TableGuess]) -> list[str]:
    """Columns of the accounts by which other systems may know them."""
    for guess in (guess for guess in guesses if guess.table == "accounts"):
        key = guess.named("account_id")
        domain = _matching(guess, ("domain", "website", "web", "url", "homepage", "网址", "域名", "官网"))
        other = _matching(guess, ("external", "crm_id", "crm id", "ext_id", "外部"))
        if key and (domain or other):
            entry = {"source": "accounts", "key": key, "domain": domain, "external_id": other}
            named = {name: column for name, column in entry.items() if column}
            return ["identities:", f"  - {flow(named)}  # guess: by name"]
    return [] if any(guess.table == "accounts" for guess in guesses) else _keyed_alike(guesses)


def _keyed_alike(guesses: list[TableGuess]) -> list[str]:
    """Without accounts of their own, files name those of another system: by its ids, as far as is known."""
    keys = {guess.table: key for guess in guesses if (key := guess.named("account_id")) is not None}
    entries = [{"source": table, "key": key, "external_id": key} for table, key in keys.items()]
    told = [f"  - {flow(entry)}  # guess: the ids of the leading system" for entry in entries]
    return ["identities:", *told] if told else []


def _matching(guess: TableGuess, words: tuple[str, ...]) -> str | None:
    return next((h for h in guess.left_over if any(word in h.lower() for word in words)), None)


def flow(value: object) -> str:
    """A value as YAML on one line: JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)

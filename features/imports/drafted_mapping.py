"""Drafts the mapping of a folder of exports, and says what was understood, guessed and left over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from features.faults import Fault
from features.imports.column_guesses import TableGuess, guess_table
from features.imports.drafted_cells import cells_of, decimal_of
from features.imports.folder_survey import Surveyed, surveys_of
from features.imports.layout_recognition import recognised
from features.imports.left_over_files import beside, known_accounts
from features.source_tables import SourceTable

LEADS = ("salesforce", "hubspot")  # a CRM knows the accounts best
LAST = ("stripe", "pendo", "zendesk", "qualtrics", "mixpanel")


@dataclass(frozen=True)
class DraftedSystem:
    """One system of the draft: a mapping that ships, or guesses file by file."""

    name: str
    folder: str
    mapping: str | None
    tables: tuple[str, ...]
    files: tuple[str, ...]
    guesses: tuple[TableGuess, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftReport:
    """What was understood of a folder. `text` is the mapping file."""

    folder: str
    systems: tuple[DraftedSystem, ...]
    unread: tuple[str, ...]
    faults: tuple[Fault, ...]
    missing: Mapping[str, str]
    text: str = field(repr=False)

    def as_dict(self) -> dict[str, object]:
        """The report for machines: every guess with how sure it is, every column left over."""
        systems = [
            {
                "name": system.name,
                "folder": system.folder,
                "mapping": system.mapping,
                "tables": system.tables,
                "files": system.files,
                "guesses": [
                    {
                        "file": guess.file.name,
                        "table": guess.table,
                        "sure": guess.sure,
                        "columns": [asdict(column) for column in guess.columns],
                        "unmapped": guess.left_over,
                    }
                    for guess in system.guesses
                ],
            }
            for system in self.systems
        ]
        return {
            "folder": self.folder,
            "systems": systems,
            "unread_files": self.unread,
            "faults": [fault.as_dict() for fault in self.faults],
            "missing_tables": dict(self.missing),
        }

    def as_text(self) -> str:
        """The report for people."""
        lines = [f"{self.folder}: {len(self.systems)} systems understood"]
        for system in self.systems:
            if system.mapping:
                lines.append(
                    f"  {system.folder}: the layout of {system.mapping} ({', '.join(system.tables)}), "
                    f"{len(system.files)} files"
                )
            for guess in system.guesses:
                lines.append(
                    f"  {system.folder}/{guess.file.name}: a guess, {guess.table} ({guess.sure:.0%})"
                )
                lines += [
                    f"    {each.column:<20} guess: {each.found} ({each.sure:.0%}: {each.why})"
                    for each in guess.columns
                ]
                lines.append(f"    unmapped columns: {', '.join(guess.left_over) or 'none'}")
        if self.unread:
            lines.append(f"  files of no use here: {', '.join(self.unread)}")
        lines += [f"  cannot be read: {fault}" for fault in self.faults]
        lines += [f"  {table} is not there; it would add {adds}" for table, adds in self.missing.items()]
        return "\n".join(lines)


def draft_mapping(folder: Path, tables: Mapping[str, SourceTable], adds: Mapping[str, str]) -> DraftReport:
    """The draft for `folder` (and the folders in it) and what is to be said of it.

    `adds` says for each table what it would add. Raises DataFault where there is nothing to read.
    """
    surveys = surveys_of(folder)
    systems: list[DraftedSystem] = []
    unread: list[str] = []
    for survey in surveys:
        place = "." if survey.folder == folder else survey.folder.name
        fits = recognised(survey)
        for fit in fits:
            fills = tuple(fit.spec.tables)
            systems.append(DraftedSystem(fit.mapping, place, fit.mapping, fills, fit.files))
        taken = {name for fit in fits for name in fit.files}
        rest = [file for file in survey.files if file.name not in taken]
        known = known_accounts(survey, fits)
        guesses = _guesses(rest, tables, known)
        guesses = beside(guesses, fits, known) if fits else guesses
        if guesses:
            systems.append(_guessed(place, guesses, {s.name for s in systems}))
        used = {guess.file.name for guess in guesses}
        unread += [f"{place}/{file.name}" for file in rest if file.name not in used]
    ordered = tuple(sorted(systems, key=_leads))
    there = {table for system in ordered for table in system.tables}
    missing = {table: text for table, text in adds.items() if table not in there}
    faults = tuple(fault for survey in surveys for fault in survey.faults)
    return DraftReport(str(folder), ordered, tuple(unread), faults, missing, _text(folder, ordered))


def _leads(system: DraftedSystem) -> tuple[int, str]:
    """The order of the systems: the one that leads holds the accounts."""
    name = system.mapping or ""
    if "accounts" not in system.tables:
        return 9, system.name
    if name in LEADS:
        return LEADS.index(name), system.name
    return (3 + LAST.index(name) if name in LAST else 2), system.name


def _guesses(
    files: list[Surveyed], tables: Mapping[str, SourceTable], accounts: set[str]
) -> list[TableGuess]:
    """A guess per file, the best file of each table only; files of ids first: others refer to them.

    `accounts` are ids that are known already: of the layouts that were recognised beside these files.
    """
    ids: dict[str, set[str]] = {"account_id": accounts, "contact_id": set()}
    for name, key in (("accounts", "account_id"), ("contacts", "contact_id")):
        own = [guess for file in files if (guess := guess_table(file, tables, ids)) and guess.table == name]
        for guess in sorted(own, key=lambda guess: -guess.sure)[:1]:
            if not ids[key] and (column := guess.named(key)) is not None:
                ids[key] = set(guess.file.sample[column].dropna().astype(str).str.strip())
    found = [guess for file in files if (guess := guess_table(file, tables, ids))]
    best: dict[str, TableGuess] = {}
    for guess in sorted(found, key=lambda guess: (-guess.sure, guess.file.name)):
        best.setdefault(guess.table, guess)
    return [best[name] for name in tables if name in best]


def _guessed(place: str, guesses: list[TableGuess], names: set[str]) -> DraftedSystem:
    name = "exports" if place == "." else place
    name = name if name not in names else f"{name}_own"
    lines, told = _mapping_lines(guesses)
    return DraftedSystem(
        name, place, None, told, tuple(guess.file.name for guess in guesses), tuple(guesses), lines
    )


def _mapping_lines(guesses: list[TableGuess]) -> tuple[tuple[str, ...], tuple[str, ...]]:
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
        sources.append(f"  {guess.table}: {_flow(entry)}")
        sources += [f"  # unmapped columns: {_flow(guess.left_over)}"] if guess.left_over else []
        cells, lacking = cells_of(guess)
        if lacking:
            tables.append(
                f"  # {guess.table}: {_flow(file.name)} has nothing that reads like {', '.join(lacking)}"
            )
            continue
        told.append(guess.table)
        tables += [f"  {guess.table}:", f"    - source: {guess.table}", "      columns:"]
        tables += [f"        {cell.column}: {_flow(cell.cell)}  # guess: {cell.why}" for cell in cells]
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
            return ["identities:", f"  - {_flow(named)}  # guess: by name"]
    return [] if any(guess.table == "accounts" for guess in guesses) else _keyed_alike(guesses)


def _keyed_alike(guesses: list[TableGuess]) -> list[str]:
    """Without accounts of their own, files name those of another system: by its ids, as far as is known."""
    keys = {guess.table: key for guess in guesses if (key := guess.named("account_id")) is not None}
    entries = [{"source": table, "key": key, "external_id": key} for table, key in keys.items()]
    told = [f"  - {_flow(entry)}  # guess: the ids of the leading system" for entry in entries]
    return ["identities:", *told] if told else []


def _matching(guess: TableGuess, words: tuple[str, ...]) -> str | None:
    return next((h for h in guess.left_over if any(word in h.lower() for word in words)), None)


def _text(folder: Path, systems: tuple[DraftedSystem, ...]) -> str:
    lines = [
        "# Drafted by vitals init. Every line marked as a guess is one: confirm it or correct it.",
        f"about: {_flow(f'The exports of {folder.name}')}",
        "systems:  # the first leads: the book's accounts are its accounts",
    ]
    for system in systems:
        if system.mapping:
            entry = {"mapping": system.mapping, "folder": system.folder}
            lines.append(f"  {_flow(system.name)}: {_flow(entry)}")
        else:
            lines += [f"  {_flow(system.name)}:", f"    folder: {_flow(system.folder)}", "    mapping:"]
            lines += [f"      {line}" for line in system.lines]
    return "\n".join([*lines, ""])


def _flow(value: object) -> str:
    """A value as YAML on one line: JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)

"""Drafts the mapping of a folder of exports, and says what was understood, guessed and left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from features.faults import Fault
from features.imports.column_guesses import TableGuess, guess_table
from features.imports.drafted_lines import flow, mapping_lines
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
    lines, told = mapping_lines(guesses)
    return DraftedSystem(
        name, place, None, told, tuple(guess.file.name for guess in guesses), tuple(guesses), lines
    )


def _text(folder: Path, systems: tuple[DraftedSystem, ...]) -> str:
    lines = [
        "# Drafted by vitals init. Every line marked as a guess is one: confirm it or correct it.",
        f"about: {flow(f'The exports of {folder.name}')}",
        "systems:  # the first leads: the book's accounts are its accounts",
    ]
    for system in systems:
        if system.mapping:
            entry = {"mapping": system.mapping, "folder": system.folder}
            lines.append(f"  {flow(system.name)}: {flow(entry)}")
        else:
            lines += [f"  {flow(system.name)}:", f"    folder: {flow(system.folder)}", "    mapping:"]
            lines += [f"      {line}" for line in system.lines]
    return "\n".join([*lines, ""])

"""Several systems into one book: each by its mapping, their accounts united, the rest listed.

The records of the systems beside the leading one get its name before their ids (`zendesk:1595`), whether
or not ids clash today: adding a system never renames what is there. Their accounts are those of the
leading system; accounts that are not found there are no accounts of the book. Nothing of them is lost:
`OUT/identity` lists every match, every account without one, and keeps their rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.faults import DataFault, Fault, VitalsFault, WrongUse
from features.imports.account_matches import RULES, SystemMatches
from features.imports.identity_file import read_identity
from features.imports.import_report import ImportReport, TableImport
from features.imports.mapping import ImportMapping
from features.imports.mapping_checks import mapping_faults
from features.imports.run import Told, book_faults, placed, placed_faults, translated, write_tables
from features.imports.united_accounts import United, leading, people_of, rows_by_key, signs_of, united
from features.imports.warehouse_sources import check_place, place_of, without_place
from features.source_tables import SourceTable

FOLDER = "identity"
EXAMPLES = 5
ONE_TELLER = ("churns: where several systems tell the loss of an account, the first that is named counts",)


@dataclass(frozen=True)
class System:
    """One of the systems: its name, its mapping, the folder of its export."""

    name: str
    mapping: ImportMapping
    folder: Path


def import_systems(
    systems: Sequence[System], identity: Path | None, out: Path, tables: Mapping[str, SourceTable]
) -> ImportReport:
    """Writes one book from several systems; the first leads and must fill `accounts`.

    `identity` is a CSV (account_id, system, key) for what neither external ids nor domains tell. Raises
    WrongUse for faults of the mappings, DataFault for those of the exports, all systems at once. Nothing
    is written where there is any fault.
    """
    _checked(systems, identity, out, tables)
    places = [place for system in systems if (place := place_of(system.mapping)) is not None]
    for place in places:
        check_place(place)
    systems = [replace(system, mapping=without_place(system.mapping)) for system in systems]
    systems = [system for system in systems if system.mapping.tables]
    connection = ibis.duckdb.connect()
    told = _translated(connection, systems, tables)
    lead, lead_told = systems[0], told[0]
    accounts = rows_by_key([draft.canonical for draft in lead_told.drafts["accounts"]]).index
    written = read_identity(identity, [each.name for each in systems], set(accounts))
    lead_signs = signs_of(lead_told, lead_told.opened.spec.identities, accounts)
    lead_people = people_of(lead_told)
    made = {lead.name: leading(lead_told, set(accounts))}
    for system, each in zip(systems[1:], told[1:], strict=True):
        made[system.name] = united(system.name, each, lead_signs, lead_people, written[system.name])
    parts: dict[str, list[ir.Table]] = {}
    for rows in made.values():
        for name, more in rows.parts.items():
            earlier = parts.setdefault(name, [])
            parts[name] = [*earlier, *(_new_losses(more, earlier) if name == "churns" else more)]
    counts = write_tables(parts, tables, out)
    listed = _write_identity(made, out / FOLDER)
    done = tuple(_table(name, told, counts[name]) for name in parts)
    matches = tuple(_summed(name, each, listed) for name, each in made.items())
    said = tuple(placed(place, out) for place in places)
    return ImportReport(
        " + ".join(system.name for system in systems),
        str(out),
        done,
        tuple(notice for each in told for notice in each.notices),
        tuple(remark for each in told for remark in each.opened.remarks),
        (*(f"{s.name}: {text}" for s in systems for text in s.mapping.remarks), *ONE_TELLER, *said),
        matches,
    )


def _checked(
    systems: Sequence[System], identity: Path | None, out: Path, tables: Mapping[str, SourceTable]
) -> None:
    faults = [
        Fault(f"{system.name}: {fault.field}", fault.value, fault.allowed, fault.next)
        for system in systems
        for fault in mapping_faults(system.mapping, tables)
    ]
    names = [system.name for system in systems]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [Fault("MAPPING", name, "each system once", "leave one out") for name in twice]
    if "accounts" not in systems[0].mapping.tables:
        step = "put the system that holds your accounts first"
        faults.append(Fault("MAPPING", systems[0].name, "a leading system that fills accounts", step))
    if identity is not None and identity.resolve().is_relative_to((out / FOLDER).resolve()):
        step = "copy it to another folder: this one is written anew"
        faults.append(Fault("--identity", str(identity), f"a file outside {out / FOLDER}", step))
    faults += placed_faults([system.mapping for system in systems], out)
    if len([1 for system in systems if place_of(system.mapping) is not None]) > 1:
        faults.append(
            Fault("MAPPING", "use in place", "one system whose use is read in place", "copy others")
        )
    faults += book_faults({name for system in systems for name in system.mapping.tables}, out)
    if faults:
        raise WrongUse("these mappings cannot be used", faults)


def _translated(connection: Any, systems: Sequence[System], tables: Mapping[str, SourceTable]) -> list[Told]:
    """Every system's export as canonical tables; the faults of all systems together."""
    told, faults = [], []
    for system in systems:
        try:
            told.append(translated(connection, system.mapping, system.folder, tables))
        except VitalsFault as fault:
            named = (Fault(f"{system.name}: {f.field}", f.value, f.allowed, f.next) for f in fault.faults)
            faults += [*named]
    if not faults and "accounts" not in told[0].drafts:
        step = "name the folder of its export"
        faults.append(Fault(systems[0].name, str(systems[0].folder), "the file of its accounts", step))
    if not faults:
        faults = [*told[0].without_accounts()]
    if faults:
        raise DataFault("the exports cannot be imported", faults)
    return told


def _new_losses(more: list[ir.Table], earlier: list[ir.Table]) -> list[ir.Table]:
    """The losses of accounts whose loss no earlier system tells: a CRM and billing date the same loss
    differently, and it would count twice."""
    for told in earlier:
        more = [part.anti_join(told, "account_id") for part in more]
    return more


def _write_identity(made: Mapping[str, United], folder: Path) -> Path:
    """`matched.csv`, `unmatched.csv` and the rows of what was not matched; those of an earlier import go."""
    (folder / "rows").mkdir(parents=True, exist_ok=True)
    for old in (folder / "rows").glob("*.parquet"):
        old.unlink()
    frames = [each.matches.assign(system=name) for name, each in made.items()]
    columns = ["account_id", "system", "key", "rule", "why", "rows"]
    whole = pd.concat(frames)[columns] if frames else pd.DataFrame(columns=columns)
    found = whole["account_id"].notna()
    whole[found].drop(columns="why").to_csv(folder / "matched.csv", index=False)
    whole[~found].drop(columns="rule").to_csv(folder / "unmatched.csv", index=False)
    for name, each in made.items():
        for table, parts in each.lost.items():
            rows = ibis.union(*parts) if len(parts) > 1 else parts[0]
            if int(rows.count().to_pyarrow().as_py()):
                rows.order_by(rows.columns).to_parquet(folder / "rows" / f"{name}.{table}.parquet")
    return folder / "unmatched.csv"


def _summed(name: str, each: United, listed: Path) -> SystemMatches:
    found = each.matches["account_id"].notna()
    by_rule = {rule: int((each.matches["rule"] == rule).sum()) for rule in RULES}
    missing = each.matches[~found].sort_values(["rows", "key"], ascending=[False, True])
    examples, rows = tuple(missing["key"].head(EXAMPLES)), int(missing["rows"].sum())
    leads = bool((each.matches["rule"] == "leads").any())
    return SystemMatches(name, leads, len(found), by_rule, len(missing), rows, examples, str(listed))


def _table(name: str, told: Sequence[Told], written: int) -> TableImport:
    files = tuple(dict.fromkeys(file for each in told if name in each.drafts for file in each.files(name)))
    return TableImport(name, files, sum(each.read.get(name, 0) for each in told), written)

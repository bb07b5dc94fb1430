"""The rows of one more system with the book's own accounts and contacts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.imports.account_matches import match_accounts
from features.imports.cells import text_of
from features.imports.mapping import Identity, Person
from features.imports.run import Told

RECORD_IDS = {
    "contacts": "contact_id",
    "surveys": "response_id",
    "subscriptions": "subscription_id",
    "invoices": "invoice_id",
    "tickets": "ticket_id",
    "notes": "note_id",
    "renewals": "contract_id",
}
SIGNS = ("key", "external_id", "domain")


@dataclass(frozen=True)
class United:
    """A system beside the leading one: its rows with the book's accounts and contacts, and the matches."""

    parts: dict[str, list[ir.Table]]
    lost: dict[str, list[ir.Table]]
    matches: pd.DataFrame


def signs_of(told: Told, identities: Sequence[Identity], keys: Any) -> pd.DataFrame:
    """By what the accounts of a system are known: key, external_id, domain, each row one sign of each."""
    frames = [pd.DataFrame({"key": list(keys)}, dtype=object)]
    for each in identities:
        table = told.opened.exports[each.source]
        named = {"key": each.key, "external_id": each.external_id, "domain": each.domain}
        frames.append(values(table.select(**{sign: text_of(table[n]) for sign, n in named.items() if n})))
    return pd.concat(frames).reindex(columns=list(SIGNS)).dropna(subset=["key"]).drop_duplicates()


def people_of(told: Told) -> pd.DataFrame:
    """The contacts of a system with their e-mails, in lower case: key, email."""
    frames = [pd.DataFrame(columns=["key", "email"], dtype=object)]
    for each in told.opened.spec.people:
        frames.append(_emails(told, each))
    return pd.concat(frames).dropna().drop_duplicates()


def _emails(told: Told, person: Person) -> pd.DataFrame:
    table = told.opened.exports[person.source]
    email = text_of(table[person.email]).strip().lower()
    return values(table.select(key=text_of(table[person.key]), email=email))


def united(
    system: str, told: Told, lead: pd.DataFrame, lead_people: pd.DataFrame, written: Mapping[str, str]
) -> United:
    """The rows of a system beside the leading one, with that one's accounts and contacts."""
    whole = [draft.canonical for drafts in told.drafts.values() for draft in drafts]
    counts = rows_by_key(whole)
    signs = signs_of(told, told.opened.spec.identities, counts.index)
    matches = match_accounts(counts.index, signs, lead, written)
    matches["rows"] = matches["key"].map(counts).astype("int64")
    same = _same_people(people_of(told), lead_people)
    links = _links(matches)
    people = ibis.memtable(same, schema={"contact_key": "string", "contact": "string"})
    parts: dict[str, list[ir.Table]] = {}
    lost: dict[str, list[ir.Table]] = {}
    for name, drafts in told.drafts.items():
        for draft in drafts:
            found = draft.canonical.rename(key="account_id").inner_join(links, "key").drop("key")
            lost.setdefault(name, []).append(_without_account(draft.canonical, links))
            if name != "accounts":
                renamed = _renamed(found, name, system, people)
                parts.setdefault(name, []).append(renamed.select(*draft.canonical.columns))
    return United(parts, lost, matches)


def leading(told: Told, accounts: Collection[str]) -> United:
    """The rows of the leading system as they are; those of accounts that it does not list are lost too."""
    parts = {name: [draft.canonical for draft in drafts] for name, drafts in told.drafts.items()}
    counts = rows_by_key([part for each in parts.values() for part in each])
    matches = pd.DataFrame({"key": counts.index, "rows": counts.to_numpy()})
    known = matches["key"].isin(set(accounts))
    matches["account_id"] = matches["key"].where(known, None)
    matches["rule"] = known.map({True: "leads", False: None})
    matches["why"] = known.map({True: None, False: "not among the accounts of the leading system"})
    links = _links(matches)
    kept = {name: [_with_account(part, links) for part in each] for name, each in parts.items()}
    lost = {name: [_without_account(part, links) for part in each] for name, each in parts.items()}
    return United(kept, lost, matches)


def _links(matches: pd.DataFrame) -> ir.Table:
    found = matches.dropna(subset=["account_id"])[["key", "account_id"]]
    return ibis.memtable(found, schema={"key": "string", "account_id": "string"})


def _with_account(rows: ir.Table, links: ir.Table) -> ir.Table:
    return rows.semi_join(links, rows.account_id == links.key)


def _without_account(rows: ir.Table, links: ir.Table) -> ir.Table:
    return rows.anti_join(links, rows.account_id == links.key)


def rows_by_key(parts: Sequence[ir.Table]) -> pd.Series:
    """The accounts that a system speaks of, in the order of their keys, each with the number of its rows."""
    counted = [t.group_by(key=t.account_id).aggregate(n=t.count()) for t in parts]
    frames = [values(each) for each in counted]
    whole = pd.concat(frames) if frames else pd.DataFrame({"key": [], "n": []})
    return whole.dropna(subset=["key"]).groupby("key")["n"].sum().astype("int64")


def _same_people(people: pd.DataFrame, lead: pd.DataFrame) -> pd.DataFrame:
    """The contacts that one contact of the leading system shares an e-mail with: contact_key, contact."""
    unique = lead[~lead["email"].duplicated(keep=False)]
    same = people.merge(unique, on="email", suffixes=("", "_lead"))
    same = same[~same["key"].duplicated(keep=False)]
    return pd.DataFrame({"contact_key": same["key"], "contact": same["key_lead"]}).astype(object)


def _renamed(rows: ir.Table, name: str, system: str, people: ir.Table) -> ir.Table:
    """The rows with the book's contacts, and with the system's name before what it calls its records.

    A contact whom the leading system has as well is told by that one, and left out here.
    """
    prefix = ibis.literal(f"{system}:")
    if "contact_id" in rows.columns:
        rows = rows.left_join(people, rows.contact_id == people.contact_key).drop("contact_key")
        if name == "contacts":
            rows = rows.filter(rows.contact.isnull())
        rows = rows.mutate(contact_id=ibis.coalesce(rows.contact, prefix + rows.contact_id)).drop("contact")
    own = RECORD_IDS.get(name)
    return rows.mutate(**{own: prefix + rows[own]}) if own and name != "contacts" else rows


def values(table: ir.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame.astype(object).where(frame.notna(), None)

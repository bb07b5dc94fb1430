"""Which accounts of the systems are one: by a map that a person wrote, by external ids, by domains.

One system leads: the book's accounts are its accounts. An account of another system is found among
them by the first of these that finds exactly one:

1. the identity map, a CSV with the columns `account_id`, `system`, `key`;
2. its external id, which is the leading system's account_id or external id;
3. its domain, unless many people share it (a mail provider's).

Where two accounts could be meant, neither is taken. Nothing is matched by name: names are alike too often.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

PUBLIC_DOMAINS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com"),
        *("yahoo.co.uk", "yahoo.co.jp", "icloud.com", "me.com", "aol.com", "proton.me", "protonmail.com"),
        *("gmx.de", "gmx.net", "web.de", "mail.ru", "yandex.ru", "qq.com", "163.com", "126.com", "sina.com"),
        *("foxmail.com", "139.com", "naver.com", "example.com"),
    )
)
EXAMPLES = 5
RULES = ("map", "external_id", "domain")


@dataclass(frozen=True)
class SystemMatches:
    """How many accounts of a system were found in the leading one, by which rule, and which were not."""

    system: str
    leading: bool
    accounts: int
    by_rule: Mapping[str, int]
    unmatched: int
    unmatched_rows: int
    examples: tuple[str, ...]
    listed_in: str

    def __str__(self) -> str:
        number = self.accounts - self.unmatched
        rules = ", ".join(f"{n:,} by {rule}" for rule, n in self.by_rule.items() if n) or "none"
        found = f"accounts: {number:,} of {self.accounts:,} of {self.system} found ({rules})"
        if self.leading:
            found = f"accounts: {number:,} of {self.system}, which leads"
        if not self.unmatched:
            return found
        more = ", …" if self.unmatched > len(self.examples) else ""
        names = ", ".join(self.examples)
        rows = f"{self.unmatched:,} not found, with {self.unmatched_rows:,} rows: {names}{more}"
        return f"{found}; {rows} (all in {self.listed_in}: fill in account_id, pass a copy as --identity)"


def domain_of(text: str | None) -> str | None:
    """The domain of a web address, an e-mail or a domain; None for a mail provider's and for nothing.

    >>> domain_of("https://www.Acme.com/about"), domain_of("jo@acme.com"), domain_of("jo@gmail.com")
    ('acme.com', 'acme.com', None)
    """
    if not text or text != text:
        return None
    host = re.sub(r"^[a-z+.-]+://", "", text.strip().lower())
    host = host.rsplit("@", 1)[-1].split("/")[0].split(":")[0].removeprefix("www.").rstrip(".")
    return host if "." in host and host not in PUBLIC_DOMAINS else None


def match_accounts(
    keys: Iterable[str], signs: pd.DataFrame, lead: pd.DataFrame, written: Mapping[str, str]
) -> pd.DataFrame:
    """For each key of a system its account in the leading one, or why there is none.

    `signs` (key, external_id, domain) are the system's; `lead` (key, external_id, domain) the leading
    system's; `written` maps keys to accounts by hand. Returns key, account_id (None where none was
    found), rule, and why (of what was not found).
    """
    known = set(lead["key"])
    by_id = _places(zip(lead["key"], lead["key"], strict=True))
    by_external = _places(_pairs(lead, "external_id"))
    by_domain = _places((domain_of(text), key) for text, key in _pairs(lead, "domain"))
    own = {rule: signs.dropna(subset=[rule]).groupby("key")[rule].agg(set).to_dict() for rule in RULES[1:]}
    rows: list[tuple[str, str | None, str | None, str | None]] = []
    for key in sorted(set(keys)):
        if written.get(key) in known:
            rows.append((key, written[key], "map", None))
            continue
        ids = own["external_id"].get(key, set())
        domains = {domain_of(text) for text in own["domain"].get(key, set())} - {None}
        found = {
            "external_id": _all(by_id, ids) or _all(by_external, ids),
            "domain": _all(by_domain, domains),
        }
        rows.append((key, *_decided(found, bool(ids or domains))))
    return pd.DataFrame(rows, columns=["key", "account_id", "rule", "why"], dtype=object)


def _decided(found: Mapping[str, set[str]], has_signs: bool) -> tuple[str | None, str | None, str | None]:
    for rule in RULES[1:]:
        if len(found[rule]) == 1:
            return next(iter(found[rule])), rule, None
        if found[rule]:
            candidates = ", ".join(sorted(found[rule])[:EXAMPLES])
            return None, None, f"{len(found[rule])} accounts have its {rule}: {candidates}"
    return (
        None,
        None,
        "no account has its external id or domain" if has_signs else "no external id, no domain",
    )


def _pairs(frame: pd.DataFrame, sign: str) -> Iterable[tuple[str, str]]:
    kept = frame.dropna(subset=[sign])
    return zip(kept[sign], kept["key"], strict=True)


def _places(pairs: Iterable[tuple[str | None, str]]) -> dict[str, set[str]]:
    places: dict[str, set[str]] = {}
    for sign, key in pairs:
        if sign is not None:
            places.setdefault(sign, set()).add(key)
    return places


def _all(places: Mapping[str, set[str]], signs: Iterable[str | None]) -> set[str]:
    return {key for sign in signs if sign is not None for key in places.get(sign, ())}

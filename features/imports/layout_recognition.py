"""Which of the shipped mappings a folder's files are the export of.

A name such as `accounts.csv` and an `id` in it are anybody's. A layout is recognised by columns that only its
product has, since whatever it does not read would be lost, and what it reads it reads in its own way: amounts
of Stripe are in cents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from features.imports.export_columns import columns_read, missing_columns
from features.imports.folder_survey import Survey
from features.imports.mapping import ImportMapping
from features.imports.mapping_file import read_mapping, shipped_mappings
from features.imports.opened_sources import with_found_files

LEAST_TYPICAL = 2
TYPICAL: dict[str, frozenset[str]] = {  # of layouts that need little more than an id of their files
    "salesforce": frozenset(
        (
            *("billing_country", "owner_id", "is_deleted", "created_date", "stage_name", "forecast_category"),
            *("last_modified_date", "system_modstamp", "task_subtype", "event_subtype", "_fivetran_start"),
        )
    ),
    "hubspot": frozenset(
        (
            *("property_name", "property_createdate", "property_domain", "property_hubspot_owner_id"),
            *("property_associatedcompanyid", "property_jobtitle", "property_closedate", "engagement_id"),
            *("deal_pipeline_id", "deal_pipeline_stage_id", "is_deleted"),
        )
    ),
    "stripe": frozenset(
        (
            *(
                "metadata",
                "is_deleted",
                "address_country",
                "current_period_start",
                "cancel_at",
                "canceled_at",
            ),
            *("plan_id", "interval_count", "recurring_interval", "unit_amount", "_fivetran_start"),
            *("_fivetran_synced", "status_transitions_paid_at", "status_transitions_finalized_at"),
        )
    ),
    "zendesk": frozenset(("organization_id", "requester_id", "field_name", "domain_name", "external_id")),
    "qualtrics": frozenset(("survey_id", "selector", "recipient_email", "recorded_date", "question_text")),
    "pendo": frozenset(("visitor_id", "num_events", "feature_id", "page_id", "agent_name", "first_visit")),
    "mixpanel": frozenset(("distinct_id", "insert_id", "properties")),
}


@dataclass(frozen=True)
class Recognised:
    """A shipped mapping whose files lie in a folder, with the number of its columns that were found.

    `spec` is the mapping less what no file is there for; `account_keys` are (file, column) of its accounts.
    """

    mapping: str
    spec: ImportMapping
    files: tuple[str, ...]
    columns: int

    @property
    def account_keys(self) -> tuple[tuple[str, str], ...]:
        """Where the keys of the book's accounts stand, if this layout fills them."""
        known = self.spec.identities if "accounts" in self.spec.tables else ()
        return tuple((self.spec.file_of(each.source), each.key) for each in known)


def recognised(survey: Survey) -> list[Recognised]:
    """The shipped mappings that fit, best first; of two that want the same file the better one only."""
    columns = {file.name: tuple(file.sample.columns) for file in survey.files}
    fits = [fit for name in shipped_mappings() if (fit := _fit(name, columns))]
    kept: list[Recognised] = []
    for fit in sorted(fits, key=lambda fit: (-fit.columns, fit.mapping)):
        if not any(set(fit.files) & set(other.files) for other in kept):
            kept.append(fit)
    return kept


@lru_cache
def _shipped(name: str) -> ImportMapping:
    return read_mapping(name)


def _fit(name: str, columns: dict[str, tuple[str, ...]]) -> Recognised | None:
    spec = _shipped(name)
    there = {
        source: next((file for file in entry.files if file in columns), None)
        for source, entry in spec.sources.items()
    }
    if any(file is None and not spec.sources[source].optional for source, file in there.items()):
        return None
    found = {source: file for source, file in there.items() if file is not None}
    if any(missing_columns(spec, source, columns[file]) for source, file in found.items()):
        return None
    read = {source: columns_read(spec, source) for source in found}
    present = {source: names & set(columns[found[source]]) for source, names in read.items()}
    if not _told_apart(name, read, present):
        return None
    number = sum(len(names) for names in present.values())
    return Recognised(name, with_found_files(spec, there)[0], tuple(found.values()), number)


def _told_apart(name: str, read: Mapping[str, set[str]], present: Mapping[str, set[str]]) -> bool:
    """Whether the columns are this product's: two that are typical, or one among half of what is read.

    A layout without typical columns needs every column that it reads, which is evidence enough.
    """
    if name not in TYPICAL:
        return True
    typical = len(set().union(*present.values()) & TYPICAL[name])
    half = 2 * sum(map(len, present.values())) >= sum(map(len, read.values()))
    return typical >= LEAST_TYPICAL or (typical > 0 and half)

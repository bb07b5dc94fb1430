"""The canonical tables: what one row is, who writes it, when it becomes known, what it may hold.

A *book* is a folder with one file per table (`accounts.parquet` or `accounts.csv`, and so on).
All times are UTC instants with their time zone written out. A fact counts as *known* at
`recorded_at` where that column is given, else at the table's `happens` column. A row may also
carry attributes that come to be later than the row itself (an invoice is paid, a ticket is
resolved): the column in `later` tells when each of them happened, and it is known only then.

The table of outcomes (`churns`) is deliberately absent: it is declared in `training`, so that
nothing in this package can name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "time", "number", "integer", "flag"]

ROLES = ("decision_maker", "manager", "user", "it_manager", "finance")
SURVEY_KINDS = ("nps", "ces", "csat")
TOUCHPOINTS = (
    "relational",
    "ticket_resolved",
    "onboarding_completed",
    "renewal_completed",
    "qbr",
    "training",
)
TICKET_KINDS = ("bug", "question", "suggestion", "incident")
SEVERITIES = ("critical", "high", "medium", "low")
NOTE_KINDS = ("crm_note", "qbr", "call", "email")
RENEWAL_STATUSES = ("open", "committed", "at_risk", "renewed", "churned")


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it may be empty, its allowed set or its bounds."""

    name: str
    kind: Kind = "text"
    required: bool = True
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class SourceTable:
    """One canonical table.

    `key` identifies a row. `happens` is the column whose time is the row's event time (None: the
    row has no time of its own). `later` lists columns that are known only when they come to pass;
    each must not lie before `happens`; `told_with` lists the other columns that come with one of them
    (the score comes with the answer). `extent` names a column pair (start, end) of a period.

    What comes later may be entered later still: a leaving that the CSM notes weeks afterwards, a
    payment that is booked with its bank's date. Where the table has a column of that name
    (`recorded_later`), such a value is known from then on, and not from its own date.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    happens: str | None = None
    later: tuple[str, ...] = ()
    extent: tuple[str, str] | None = None
    told_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    column_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "column_names", tuple(c.name for c in self.columns))

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return {c.name: c for c in self.columns}[name]

    def recorded_later(self, later: str) -> str | None:
        """The column that says when the value of `later` was entered; None where the table has none.

        >>> INVOICES.recorded_later("paid_at"), TICKETS.recorded_later("resolved_at")
        ('paid_recorded_at', None)
        """
        name = later.removesuffix("_at") + "_recorded_at"
        return name if name in self.column_names else None

    def told_by(self, later: str) -> tuple[str, ...]:
        """Every column whose value is known only when `later` is, itself first.

        >>> TICKETS.told_by("resolved_at"), CONTACTS.told_by("valid_to")
        (('resolved_at', 'contacts_to_resolve', 'reopened'), ('valid_to', 'valid_to_recorded_at'))
        """
        entered = self.recorded_later(later)
        return (later, *((entered,) if entered else ()), *self.told_with.get(later, ()))


def text(name: str, *allowed: str) -> Column:
    """A text that must be there, from the allowed set where one is given."""
    return Column(name, "text", True, allowed)


def maybe_text(name: str, *allowed: str) -> Column:
    """A text that may be empty."""
    return Column(name, "text", False, allowed)


def time(name: str) -> Column:
    """An instant with its time zone that must be there."""
    return Column(name, "time")


def maybe_time(name: str) -> Column:
    """An instant with its time zone that may be empty."""
    return Column(name, "time", False)


def number(name: str, minimum: float | None = None, maximum: float | None = None) -> Column:
    """A finite number that must be there."""
    return Column(name, "number", True, (), minimum, maximum)


def maybe_number(name: str, minimum: float | None = None) -> Column:
    """A finite number that may be empty."""
    return Column(name, "number", False, (), minimum)


def flag(name: str, required: bool = True) -> Column:
    """true or false."""
    return Column(name, "flag", required)


RECORDED = maybe_time("recorded_at")
MOST_USED = 1e12  # of one record: thousandths of nine thousand such records of a day still fit into 64 bits

ACCOUNTS = SourceTable(
    "accounts",
    "One row per customer company, as the CRM holds it. Written by sales at the first contract.",
    (
        text("account_id"),
        maybe_text("name"),
        maybe_text("segment"),
        maybe_text("industry"),
        maybe_text("region"),
        maybe_text("language"),
        maybe_text("owner"),
        maybe_text("director"),
        maybe_text("vp"),
        flag("is_key", required=False),
        time("created_at"),
        maybe_text("parent_account_id"),
        RECORDED,
    ),
    key=("account_id",),
    happens="created_at",
)

CONTACTS = SourceTable(
    "contacts",
    "One row per person and role at a customer. Kept by the CSM; leavers get `valid_to`, often late: "
    "`valid_to_recorded_at` says when. Without it a leaving counts as known on its own date.",
    (
        text("contact_id"),
        text("account_id"),
        text("role", *ROLES),
        flag("is_key", required=False),
        time("valid_from"),
        maybe_time("valid_to"),
        maybe_time("valid_to_recorded_at"),
        RECORDED,
    ),
    key=("contact_id", "role", "valid_from"),
    happens="valid_from",
    later=("valid_to",),
    extent=("valid_from", "valid_to"),
)

SURVEYS = SourceTable(
    "surveys",
    "One row per question sent to one person. It exists from `sent_at`; the answer is known from "
    "`responded_at`. No `responded_at` means asked and silent. A CES is stored so that higher is easier.",
    (
        text("response_id"),
        text("account_id"),
        maybe_text("contact_id"),
        text("kind", *SURVEY_KINDS),
        text("touchpoint", *TOUCHPOINTS),
        maybe_number("score"),
        number("scale_min"),
        number("scale_max"),
        maybe_text("comment"),
        time("sent_at"),
        maybe_time("responded_at"),
        RECORDED,
    ),
    key=("response_id",),
    happens="sent_at",
    later=("responded_at",),
    told_with={"responded_at": ("score", "comment")},
)

USAGE = SourceTable(
    "usage",
    "One row per event, or per user, day and feature where product analytics has rolled them up "
    "(`quantity` is the count). Lag is usually under a day.",
    (
        text("account_id"),
        text("user_id"),
        time("occurred_at"),
        maybe_text("module"),
        maybe_text("feature"),
        number("quantity", 0, MOST_USED),
        RECORDED,
    ),
    key=(),
    happens="occurred_at",
)

SUBSCRIPTIONS = SourceTable(
    "subscriptions",
    "One row per change of a subscription: a new row each time seats, price or end change. "
    "`modules` lists the licensed modules, separated by `|`.",
    (
        text("subscription_id"),
        text("account_id"),
        maybe_text("product"),
        maybe_text("modules"),
        maybe_number("seats", 0),
        maybe_number("mrr", 0),
        maybe_text("currency"),
        time("starts_at"),
        maybe_time("ends_at"),
        time("changed_at"),
        RECORDED,
    ),
    key=("subscription_id", "changed_at"),
    happens="changed_at",
    extent=("starts_at", "ends_at"),
)

INVOICES = SourceTable(
    "invoices",
    "One row per invoice, written by billing at `issued_at`; the payment is known from `paid_at`, "
    "or from `paid_recorded_at` where it was booked later.",
    (
        text("invoice_id"),
        text("account_id"),
        number("amount", 0),
        maybe_text("currency"),
        time("issued_at"),
        time("due_at"),
        maybe_time("paid_at"),
        maybe_time("paid_recorded_at"),
        RECORDED,
    ),
    key=("invoice_id",),
    happens="issued_at",
    later=("paid_at",),
    extent=("issued_at", "due_at"),
)

TICKETS = SourceTable(
    "tickets",
    "One row per ticket of the help desk. It exists from `opened_at`; first response and resolution "
    "are known when they happen, and so are `contacts_to_resolve` and `reopened` (at the resolution).",
    (
        text("ticket_id"),
        text("account_id"),
        maybe_text("contact_id"),
        text("kind", *TICKET_KINDS),
        text("severity", *SEVERITIES),
        time("opened_at"),
        maybe_time("first_response_at"),
        maybe_time("resolved_at"),
        maybe_number("contacts_to_resolve", 0),
        flag("reopened", required=False),
        maybe_text("text"),
        RECORDED,
    ),
    key=("ticket_id",),
    happens="opened_at",
    later=("first_response_at", "resolved_at"),
    told_with={"resolved_at": ("contacts_to_resolve", "reopened")},
)

NOTES = SourceTable(
    "notes",
    "One row per note, call, e-mail or QBR minute. Written by the CSM after the event, often days later.",
    (
        text("note_id"),
        text("account_id"),
        maybe_text("author"),
        text("kind", *NOTE_KINDS),
        maybe_text("role", *ROLES),
        time("happened_at"),
        time("recorded_at"),
        maybe_text("text"),
    ),
    key=("note_id",),
    happens="happened_at",
)

RENEWALS = SourceTable(
    "renewals",
    "One row per change of a contract's renewal status. `renewal_at` is the date agreed in the contract.",
    (
        text("account_id"),
        text("contract_id"),
        time("renewal_at"),
        text("status", *RENEWAL_STATUSES),
        time("changed_at"),
        RECORDED,
    ),
    key=("account_id", "contract_id", "changed_at"),
    happens="changed_at",
)

SOURCE_TABLES: dict[str, SourceTable] = {
    t.name: t
    for t in (
        ACCOUNTS,
        CONTACTS,
        SURVEYS,
        USAGE,
        SUBSCRIPTIONS,
        INVOICES,
        TICKETS,
        NOTES,
        RENEWALS,
    )
}

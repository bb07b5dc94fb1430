"""Who is who in the book, kept beside the scores: an answer between two scorings is read with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, delete, select

from serving.closed_loop.case_tables import book_accounts, book_contacts

DECISION_MAKER = "decision_maker"


@dataclass(frozen=True)
class BookPeople:
    """All accounts of a book with the people responsible, and the contacts in place at the as-of date."""

    accounts: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


def people_of(accounts: pd.DataFrame, contacts: pd.DataFrame | None, as_of: pd.Timestamp) -> BookPeople:
    """The people of a book's accepted tables; who has left by `as_of` is left out.

    Of a contact with several rows in one role the last one counts.
    """
    columns = [column.name for column in book_accounts.columns]
    if contacts is None:
        return BookPeople(_rows(accounts[columns]), [])
    here = contacts[contacts["valid_to"].isna() | (contacts["valid_to"] > as_of)].sort_values("valid_from")
    keys = ["contact_id", "account_id", "role"]
    return BookPeople(
        _rows(accounts[columns]), _rows(here.drop_duplicates(keys, keep="last")[[*keys, "is_key"]])
    )


def keep_people(connection: Connection, people: BookPeople) -> None:
    """Replaces who is who by what the newest book says."""
    for table, rows in ((book_accounts, people.accounts), (book_contacts, people.contacts)):
        connection.execute(delete(table))
        if rows:
            connection.execute(table.insert(), rows)


def account_known(connection: Connection, account_id: str) -> Row[Any] | None:
    """The account of an id, or None where the newest book has none."""
    return connection.execute(select(book_accounts).where(book_accounts.c.account_id == account_id)).first()


def roles_of(connection: Connection, account_id: str, contact_id: str) -> Sequence[Row[Any]]:
    """The roles in which a contact is in place at an account."""
    mine = (book_contacts.c.account_id == account_id) & (book_contacts.c.contact_id == contact_id)
    return connection.execute(select(book_contacts).where(mine).order_by(book_contacts.c.role)).all()


def is_key_decision_maker(role: str, is_key: bool | None) -> bool:
    """Whether a detractor's answer in this role opens a case. Where nobody said who is key, everyone is.

    >>> is_key_decision_maker("decision_maker", None), is_key_decision_maker("user", True)
    (True, False)
    """
    return role == DECISION_MAKER and is_key is not False


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.astype(object)
    return [
        {str(k): v for k, v in row.items()} for row in plain.where(plain.notna(), None).to_dict("records")
    ]

"""The score history as commands open it: a store that cannot be used is a fault in clear words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from features.faults import Fault, WrongUse
from serving.history.store import DEFAULT_URL, ScoreStore


@contextmanager
def opened_store(url: str | None) -> Iterator[ScoreStore]:
    """The store at `url` (None: the default), its tables made where they are missing; closed at the end.

    Raises WrongUse for a URL that names no database, and where the database does not answer, now or
    while the store is in use.

    >>> with opened_store("sqlite://") as store:
    ...     print(store.newest_snapshot())
    None
    """
    store = ScoreStore(url or DEFAULT_URL)
    try:
        store.prepare()
        yield store
    except SQLAlchemyError as error:
        raise _unusable(url or DEFAULT_URL, error) from None
    finally:
        store.close()


def _unusable(url: str, error: SQLAlchemyError) -> WrongUse:
    # Of a driver's error only its own text is said: SQLAlchemy's would add the statement and its values.
    said = error.orig if isinstance(error, DBAPIError) else error
    why = f"{type(said).__name__}: {said}".splitlines()[0]
    step = f"check the URL in --store or VITALS_STORE, and that it can be written ({why})"
    shown = make_url(url).render_as_string(hide_password=True)
    return WrongUse("the store does not answer", [Fault("--store", shown, "a database that answers", step)])

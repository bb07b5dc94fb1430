"""Drafts of the rule's weights, with author and reason; one of them is adopted by who has the right.

Nothing is ever changed or deleted: a draft stays as it was drafted, an adoption ends by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from features.faults import Fault
from features.rule_weights import RuleWeights
from serving.api.problems import INVALID, Problem
from serving.closed_loop.moments import moment_text
from serving.weights.weight_tables import weight_adoptions, weight_versions

MOST_SHOWN = 50


@dataclass(frozen=True)
class WeightVersion:
    """A draft as it was kept."""

    number: int
    weights: RuleWeights
    author: str
    reason: str
    drafted_at: str


@dataclass(frozen=True)
class Adoption:
    """What holds since `adopted_at`; `version` None: the weights of params.yaml, by decision."""

    version: WeightVersion | None
    who: str
    reason: str
    adopted_at: str


def draft_weights(
    connection: Connection, weights: RuleWeights, author: str, reason: str, now: datetime
) -> int:
    """Keeps a draft; its number."""
    row = {"weights": weights.model_dump(mode="json"), "author": author, "reason": reason}
    made = connection.execute(insert(weight_versions).values(row | {"drafted_at": moment_text(now)}))
    return int(made.inserted_primary_key[0])  # type: ignore[index]


def adopt_weights(connection: Connection, number: int | None, who: str, reason: str, now: datetime) -> None:
    """Lets a version hold from the next scoring on; None: params.yaml's own. Raises Problem where there is
    no such version, or it holds already."""
    if number is not None and version_of(connection, number) is None:
        fault = Fault("version", number, "the number of a draft", "see the versions on the page")
        raise Problem(INVALID, [fault])
    held = adopted(connection)
    if (None if held is None or held.version is None else held.version.number) == number:
        fault = Fault(
            "version", number, "a version that does not hold yet", "it holds already: nothing to do"
        )
        raise Problem(INVALID, [fault])
    row = {"version_id": number, "who": who, "reason": reason, "adopted_at": moment_text(now)}
    connection.execute(insert(weight_adoptions).values(row))


def adopted(connection: Connection) -> Adoption | None:
    """The last adoption; None where there was none."""
    newest = select(weight_adoptions).order_by(weight_adoptions.c.id.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return None if row is None else _adoption(connection, row)


def weights_in_force(connection: Connection) -> WeightVersion | None:
    """The version that the next scoring is weighed by; None: params.yaml's own weights."""
    held = adopted(connection)
    return None if held is None else held.version


def version_of(connection: Connection, number: int) -> WeightVersion | None:
    """A draft by its number."""
    wanted = select(weight_versions).where(weight_versions.c.id == number)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _version(row)


def versions(connection: Connection) -> list[WeightVersion]:
    """The newest drafts, the last one first."""
    wanted = select(weight_versions).order_by(weight_versions.c.id.desc()).limit(MOST_SHOWN)
    return [_version(row) for row in connection.execute(wanted)]


def adoptions(connection: Connection) -> list[Adoption]:
    """The newest adoptions, the last one first."""
    wanted = select(weight_adoptions).order_by(weight_adoptions.c.id.desc()).limit(MOST_SHOWN)
    return [_adoption(connection, row) for row in connection.execute(wanted).all()]


def _adoption(connection: Connection, row: Row[Any]) -> Adoption:
    version = None if row.version_id is None else version_of(connection, row.version_id)
    return Adoption(version, row.who, row.reason, row.adopted_at)


def _version(row: Row[Any]) -> WeightVersion:
    weights = RuleWeights.model_validate(row.weights)
    return WeightVersion(row.id, weights, row.author, row.reason, row.drafted_at)

"""What is to be done for an account: steps from the playbooks of its own drivers, with owner and dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from serving.closed_loop.playbooks_read import Playbook, playbook_for

MOST_CAUSES = 3
Document = dict[str, Any]


class Reason(NamedTuple):
    """A reason to offer more: the beginning of a feature's name, from which value on, and in words."""

    family: str
    feature: str
    at_least: float
    en: str
    zh: str


REASONS = (
    Reason(
        "seat_use",
        "seat_utilisation_",
        0.9,
        "{value:.0%} of the licensed seats are in use",
        "{value:.0%}的席位在使用",
    ),
    Reason("notes", "note_praise_", 1, "praise in {value:.0f} notes", "{value:.0f}条记录中有称赞"),
    Reason(
        "notes",
        "note_expansion_",
        1,
        "expansion is spoken of in {value:.0f} notes",
        "{value:.0f}条记录谈到扩展",
    ),
    Reason(
        "breadth",
        "modules_used_share_change_",
        0.05,
        "the share of modules used grew by {value:.0%}",
        "使用的模块占比上升{value:.0%}",
    ),
)


def improvement_plan(
    drivers: Sequence[Mapping[str, Any]],
    owner: str | None,
    playbooks: tuple[Playbook, ...],
    now: datetime,
    path: Mapping[str, Any] | None = None,
) -> Document:
    """A plan from the account's own drivers and its path to green, a playbook for each of their families.

    First comes the worst driver that the customer's team can act on, then what the path moves, in its order,
    then the other drivers. With no such driver the worst of all stand in; with none at all, and no path, the
    plan is to find out. `path`: see `path_to_green.planned_paths`; None where none was worked out.
    """
    worse = sorted((d for d in drivers if d["points"] < 0), key=lambda d: d["points"])
    causes = [d for d in worse if d["actionable"]] or worse
    steps = [] if path is None else list(path["steps"])
    chosen: dict[str, tuple[Playbook, Mapping[str, Any] | None]] = {}
    for cause in [*causes[:1], *steps, *causes[1:]]:
        if (book := playbook_for(cause["family"], "improve", playbooks)) is not None:
            chosen.setdefault(book.name, (book, cause))
    if not chosen and (book := playbook_for("any", "improve", playbooks)) is not None:
        chosen[book.name] = (book, None)
    parts = [
        _part(book, owner, now, None if cause is None else cause["feature"], cause and cause["text"])
        for book, cause in list(chosen.values())[:MOST_CAUSES]
    ]
    made = {"goal": "improve", "owner": owner, "made_on": now.date().isoformat(), "parts": parts}
    return made if path is None else {**made, "path": dict(path)}


def expansion_plan(
    features: Mapping[Any, Any], owner: str | None, playbooks: tuple[Playbook, ...], now: datetime
) -> Document | None:
    """Why more could be offered, and how; None where there is no reason beyond being healthy."""
    parts = []
    for reason, name, value in _reasons(features):
        words = {"en": reason.en.format(value=value), "zh": reason.zh.format(value=value)}
        if (book := playbook_for(reason.family, "expand", playbooks)) is not None:
            parts.append(_part(book, owner, now, name, words))
    plan = {"goal": "expand", "owner": owner, "made_on": now.date().isoformat(), "parts": parts}
    return plan if parts else None


def _reasons(features: Mapping[Any, Any]) -> Iterator[tuple[Reason, str, float]]:
    for reason in REASONS:
        for name, value in features.items():
            rest = name.removeprefix(reason.feature)
            if rest != name and rest.removesuffix("d").isdecimal() and value >= reason.at_least:
                yield reason, name, value


def _part(book: Playbook, owner: str | None, now: datetime, feature: str | None, because: Any) -> Document:
    steps = [
        {
            "what": step.what.model_dump(),
            "by": step.by,
            "owner": owner if step.by == "csm" else None,
            "due": (now + timedelta(days=step.after)).date().isoformat(),
        }
        for step in book.steps
    ]
    title = book.title.model_dump()
    return {"playbook": book.name, "title": title, "feature": feature, "because": because, "steps": steps}

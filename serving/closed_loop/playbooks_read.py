"""Playbooks: what to do about a family of drivers, as people write it in `playbooks/*.yaml`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from features.faults import Fault, WrongUse
from features.params_file import Section
from features.units import Days

FOLDER = Path(__file__).parent / "playbooks"


class Words(Section):
    """A sentence in both languages."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]


class PlayStep(Section):
    """A step: so many days after the plan was made, who does it, and what."""

    after: Days
    by: Literal["csm", "director", "support", "finance", "product"] = "csm"
    what: Words


class Playbook(Section):
    """What is done about some families of drivers, or on a reason to expand."""

    name: str
    title: Words
    families: Annotated[tuple[str, ...], Field(min_length=1)]
    goal: Literal["improve", "expand"] = "improve"
    steps: Annotated[tuple[PlayStep, ...], Field(min_length=1)]


def read_playbooks(folder: Path = FOLDER) -> tuple[Playbook, ...]:
    """All playbooks of a folder, by file name. Raises WrongUse naming every fault of every file.

    >>> sorted({book.goal for book in read_playbooks()})
    ['expand', 'improve']
    """
    return _read(folder)


@lru_cache
def _read(folder: Path) -> tuple[Playbook, ...]:
    found, faults = [], []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            found.append(Playbook.model_validate({"name": path.stem, **document}))
        except ValidationError as error:
            for detail in error.errors():
                where = ".".join([path.name, *map(str, detail["loc"])])
                faults.append(Fault(where, detail.get("input"), detail["msg"], "correct it in the file"))
        except (yaml.YAMLError, TypeError, UnicodeDecodeError) as error:
            faults.append(
                Fault(path.name, str(error), "keys and values in YAML", "see the playbooks that ship")
            )
    if faults:
        raise WrongUse("a playbook cannot be used", faults)
    return tuple(found)


def playbook_for(family: str, goal: str, playbooks: tuple[Playbook, ...]) -> Playbook | None:
    """The playbook of a family; where none names it, the one for `any`.

    >>> playbook_for("payment", "improve", read_playbooks()).name
    'settle_payments'
    """
    fitting = [book for book in playbooks if book.goal == goal]
    named = [book for book in fitting if family in book.families]
    return next(iter([*named, *(book for book in fitting if "any" in book.families)]), None)

"""Finds a mapping by name or path, and reads it: every key and value that does not fit, at once."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from features.faults import Fault, WrongUse, nearest
from features.imports.mapping import (
    Cell,
    Condition,
    Derived,
    Identity,
    ImportMapping,
    Lookup,
    Part,
    Person,
    Source,
    Unpivot,
)
from features.yaml_files import read_yaml

SHIPPED = Path(__file__).parent / "mappings"
ENTRY_UNDER: dict[str, type[BaseModel]] = {
    "sources": Source,
    "tables": Part,
    "lookup": Lookup,
    "where": Condition,
    "unpivot": Unpivot,
    "columns": Cell,
    "derived": Derived,
    "identities": Identity,
    "people": Person,
}


def shipped_mappings() -> list[str]:
    """The names of the mappings that come with Vitals.

    >>> shipped_mappings()[:3]
    ['crm_churnsim', 'hubspot', 'mixpanel']
    """
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_mapping(mapping: Path | str) -> ImportMapping:
    """The mapping of that path, or the shipped one of that name.

    Raises WrongUse where there is none, where it is no YAML, and for all that does not fit in it.
    """
    path = _path(mapping)
    try:
        return ImportMapping.model_validate(read_yaml(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        fault = Fault("MAPPING", str(path), "YAML in UTF-8", " ".join(str(error).split()))
        raise WrongUse("the mapping cannot be read", [fault]) from None
    except ValidationError as error:
        raise WrongUse(f"the mapping {path} cannot be used", validation_faults(error)) from None


def _path(mapping: Path | str) -> Path:
    shipped = SHIPPED / f"{mapping}.yaml"
    path = shipped if str(mapping) in shipped_mappings() else Path(mapping)
    if not path.is_file():
        advice = nearest(str(mapping), shipped_mappings())
        fault = Fault("MAPPING", str(mapping), "a file that exists, or a shipped mapping", advice)
        raise WrongUse("there is no such mapping", [fault])
    return path


def validation_faults(error: ValidationError) -> list[Fault]:
    """All that does not fit in a mapping, in words."""
    return [_fault(detail) for detail in error.errors()]


def _fault(detail: ErrorDetails) -> Fault:
    loc = [str(part) for part in detail["loc"]]
    where = ".".join(loc) or "the mapping"
    if detail["type"] == "extra_forbidden":
        known = _entry_at(loc[:-1]).model_fields
        return Fault(where, detail["input"], f"the keys {', '.join(known)}", nearest(loc[-1], known))
    if detail["type"] == "missing":
        return Fault(where, None, "a value: the key is required", f"add {loc[-1]}")
    return Fault(where, detail["input"], detail["msg"].removeprefix("Value error, "), f"correct {where}")


def _entry_at(loc: list[str]) -> type[BaseModel]:
    """The kind of entry at a place in the file; `tables` and `columns` hold names of the user's."""
    return next((ENTRY_UNDER[part] for part in reversed(loc) if part in ENTRY_UNDER), ImportMapping)

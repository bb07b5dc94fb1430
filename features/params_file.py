"""Reads `params.yaml` into typed, frozen objects: one section per stage, unknown keys refused."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from features.faults import Fault, WrongUse, nearest
from features.yaml_files import read_yaml

DEFAULT_PARAMS = Path("params.yaml")
SECTIONS = (
    "checks",
    "features",
    "rule",
    "training",
    "serving",
    "monitoring",
    "cases",
    "delivery",
    "retraining",
    "gaming",
    "plays",
)


class Section(BaseModel):
    """A stage's parameters: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


S = TypeVar("S", bound=Section)


def read_section(path: Path, name: str, kind: type[S], overrides: Iterable[str] = ()) -> S:
    """Section `name` of the parameters file at `path`, as a `kind`.

    `overrides` are `section.key=value` texts from the command line; those of other sections are
    passed over. Raises WrongUse naming every unknown key and every value that does not fit.
    """
    document = _with_overrides(_document(path), overrides)
    unknown = [
        Fault(str(key), document[key], "a section of the parameters", nearest(str(key), SECTIONS))
        for key in document
        if key not in SECTIONS
    ]
    if unknown:
        raise WrongUse(f"{path} has sections that no stage reads", unknown)
    return parse_section(name, kind, document.get(name) or {})


def parse_section(name: str, kind: type[S], values: Mapping[str, Any], source: str = "params.yaml") -> S:
    """`values` as a `kind`; WrongUse with all faults at once where they do not fit.

    `source` is where a person would correct them.

    >>> class Demo(Section):
    ...     seed: int = 7
    >>> parse_section("demo", Demo, {"sead": 8})
    Traceback (most recent call last):
    ...
    features.faults.WrongUse: params.yaml, section 'demo', cannot be used
      - demo.sead is 8; allowed: a key of this section. Next: did you mean 'seed'?
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = [_fault(name, kind, detail, source) for detail in error.errors()]
        raise WrongUse(f"{source}, section {name!r}, cannot be used", faults) from None


def _fault(section: str, kind: type[BaseModel], detail: ErrorDetails, source: str) -> Fault:
    where = ".".join([section, *(str(part) for part in detail["loc"])])
    if detail["type"] == "extra_forbidden":
        known = _keys_at(kind, detail["loc"][:-1])
        return Fault(where, detail["input"], "a key of this section", nearest(str(detail["loc"][-1]), known))
    message = detail["msg"].removeprefix("Value error, ")
    return Fault(where, detail.get("input"), message, f"correct {where} in {source}")


def _keys_at(kind: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the section at `loc` knows; nested sections are followed by name."""
    for part in loc:
        field = kind.model_fields.get(str(part))
        kind = kind if field is None else next(_sections_in(field.annotation), kind)
    return list(kind.model_fields)


def _sections_in(annotation: object) -> Iterator[type[BaseModel]]:
    """The sections that a field may hold, however deep in lists and mappings."""
    is_class = isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias)
    if is_class and issubclass(annotation, BaseModel):  # type: ignore[arg-type]
        yield annotation  # type: ignore[misc]
    for part in get_args(annotation):
        yield from _sections_in(part)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = read_yaml(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        fault = Fault(
            "--params", str(path), "a file that exists", "run in the project's folder or name the file"
        )
        raise WrongUse("the parameters file is missing", [fault]) from None
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        fault = Fault("--params", str(path), "YAML in UTF-8", " ".join(str(error).split()))
        raise WrongUse("the parameters file cannot be read", [fault]) from None
    if not isinstance(document, dict):
        fault = Fault(
            "--params", str(path), "sections with keys", "start from the params.yaml of the project"
        )
        raise WrongUse("the parameters file has no sections", [fault])
    return document


def _with_overrides(document: dict[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    faults = [fault for text in overrides if (fault := _override(document, text))]
    if faults:
        raise WrongUse("a parameter on the command line cannot be read", faults)
    return document


def _override(document: dict[str, Any], text: str) -> Fault | None:
    """Sets what `text` says in `document`; the fault where it cannot."""
    key, equals, value = text.partition("=")
    *path, last = key.split(".")
    if not (equals and path and last and all(path)):
        return Fault("--set", text, "section.key=value", "for example --set training.horizon=60d")
    place = document
    for part in path:
        if place.get(part) is None:
            place[part] = {}
        place = place[part]
        if not isinstance(place, dict):
            return Fault("--set", text, f"a section before each point; {part!r} is none", "edit params.yaml")
    try:
        place[last] = read_yaml(value)
    except yaml.YAMLError:
        return Fault("--set", text, "a value in YAML after the =", "for example --set training.horizon=60d")
    return None

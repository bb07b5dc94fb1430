"""Which systems an import reads: named one by one, or in a file that `vitals init` has drafted.

about: The exports of the example
systems:                        # the first leads: the book's accounts are its accounts
  salesforce: {mapping: salesforce, folder: crm}
  surveys: {mapping: {about: …, time_zone: UTC, sources: …, tables: …}}
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import yaml
from pydantic import ConfigDict, Field, ValidationError

from features.faults import Fault, WrongUse
from features.imports.mapping import Entry, ImportMapping, Name
from features.imports.mapping_file import read_mapping, shipped_mappings, validation_faults
from features.imports.several_systems import System
from features.yaml_files import read_yaml


class SystemEntry(Entry):
    """One system of the file: a mapping that ships, or one written out, and its folder in the export."""

    mapping: Name | ImportMapping
    folder: Name = "."


class SystemsFile(Entry):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    about: Name
    systems: dict[Name, SystemEntry] = Field(min_length=1)


def systems_of(mappings: Sequence[str], source: Path) -> list[System]:
    """The systems that the words of a command name, with the folders of their exports in `source`.

    A word is a mapping that ships, a mapping file, a file of systems, or either of the first two with
    its folder (`zendesk=helpdesk`). A folder named like the mapping is taken without being named.
    """
    systems: list[System] = []
    for word in mappings:
        mapping, _, folder = word.partition("=")
        document = None if mapping in shipped_mappings() else _systems_document(Path(mapping))
        if document is not None:
            systems += _listed(document, Path(mapping), source)
            continue
        name = PurePath(mapping).stem
        inside = source / (folder or name)
        place = inside if folder or (name == mapping and inside.is_dir()) else source
        systems.append(System(name, read_mapping(mapping), place))
    return systems


def _systems_document(path: Path) -> object | None:
    """The content of a file of systems; None where it is something else, which others report on."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return document if isinstance(document, dict) and "systems" in document else None


def _listed(document: object, path: Path, source: Path) -> list[System]:
    try:
        listed = SystemsFile.model_validate(document)
    except ValidationError as error:
        raise WrongUse(f"the file {path} cannot be used", validation_faults(error)) from None
    outside = [
        Fault(f"systems.{name}.folder", each.folder, "a folder inside the export", "name it from there on")
        for name, each in listed.systems.items()
        if PurePath(each.folder).is_absolute() or ".." in PurePath(each.folder).parts
    ]
    if outside:
        raise WrongUse(f"the file {path} cannot be used", outside)
    return [
        System(
            name,
            each.mapping if isinstance(each.mapping, ImportMapping) else read_mapping(each.mapping),
            source / each.folder,
        )
        for name, each in listed.systems.items()
    ]

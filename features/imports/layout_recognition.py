"""Which of the shipped mappings a folder's files are the export of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from features.imports.export_columns import columns_read, missing_columns
from features.imports.folder_survey import Survey
from features.imports.mapping import ImportMapping
from features.imports.mapping_file import read_mapping, shipped_mappings


@dataclass(frozen=True)
class Recognised:
    """A shipped mapping whose files lie in a folder, with the number of its columns that were found."""

    mapping: str
    spec: ImportMapping
    files: tuple[str, ...]
    columns: int


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
    number = sum(len(columns_read(spec, source) & set(columns[file])) for source, file in found.items())
    return Recognised(name, spec, tuple(found.values()), number)

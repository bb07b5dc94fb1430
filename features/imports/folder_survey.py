"""What lies in a folder of exports: its files, how they are written, and a sample of their cells."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from features.faults import DataFault, Fault
from features.imports.export_files import SUFFIXES, csv_columns, encoding_of, reading
from features.source_files import check_header

SAMPLE = 2_000
ENCODINGS = ("utf-8-sig", "gb18030", "cp1252")
DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Surveyed:
    """One file: its name, how it is written, and the first rows as texts (nothing is null)."""

    name: str
    encoding: str
    delimiter: str
    sample: pd.DataFrame


@dataclass(frozen=True)
class Survey:
    """The files of one folder, and what keeps others from being read."""

    folder: Path
    files: tuple[Surveyed, ...]
    faults: tuple[Fault, ...]


def surveys_of(folder: Path) -> list[Survey]:
    """The folder and the folders in it, each that holds exports; DataFault where there is nothing to read."""
    if not folder.is_dir():
        fault = Fault("FOLDER", str(folder), "a folder of exports", "name the folder that holds them")
        raise DataFault("there is nothing to inspect", [fault])
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    found = [_survey(place) for place in places]
    found = [survey for survey in found if survey.files or survey.faults]
    if not any(survey.files for survey in found):
        faults = [fault for survey in found for fault in survey.faults]
        nothing = Fault("FOLDER", str(folder), "CSV or Parquet files", "export the tables as CSV or Parquet")
        raise DataFault("there is nothing to inspect", faults or [nothing])
    return found


def _survey(folder: Path) -> Survey:
    files: list[Surveyed] = []
    faults: list[Fault] = []
    for path in sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES and path.is_file()):
        try:
            files.append(_surveyed(path))
        except DataFault as fault:
            faults += fault.faults
    return Survey(folder, tuple(files), tuple(faults))


def _surveyed(path: Path) -> Surveyed:
    with reading(path):
        if path.suffix == ".parquet":
            return Surveyed(path.name, "utf-8-sig", ",", _parquet_sample(path))
        encoding = _encoding(path)
        delimiter = _delimiter(path, encoding)
        columns = csv_columns(path, encoding, delimiter)
        with path.open(encoding=encoding, newline="") as file:
            rows = list(itertools.islice(csv.reader(file, delimiter=delimiter), 1, SAMPLE + 1))
        ragged = [n for n, row in enumerate(rows, 2) if row and len(row) != len(columns)]
        if ragged:
            allowed, step = (
                f"{len(columns)} cells, as in the header",
                "put cells with a separator into quotes",
            )
            raise DataFault(
                path.name, [Fault(f"{path.name}, line {ragged[0]}", "another number of cells", allowed, step)]
            )
        sample = pd.DataFrame([row for row in rows if row], columns=columns, dtype=object)
        return Surveyed(path.name, encoding, delimiter, sample.replace("", None))


def _parquet_sample(path: Path) -> pd.DataFrame:
    check_header(path.name, pq.read_schema(path).names)
    batch = next(pq.ParquetFile(path).iter_batches(SAMPLE), None)
    frame = pd.DataFrame() if batch is None else batch.to_pandas(integer_object_nulls=True)
    for name in frame.select_dtypes("float"):  # as an import reads them: 7.0 is 7
        frame[name] = frame[name].map(lambda value: int(value) if value % 1 == 0 else value).astype(object)
    return frame.astype("string").astype(object).where(frame.notna(), None)


def _encoding(path: Path) -> str:
    """What the first bytes say, else the first encoding in which the whole file can be read."""
    marked = encoding_of(path, "")
    if marked != "utf-8-sig" and marked:
        return marked
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            start = ""
            for piece in _pieces(path):
                read = decoder.decode(piece)
                start = start or read
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or not _inside_words(start):
            return encoding
    return ENCODINGS[0]


def _inside_words(text: str) -> bool:
    """Whether Chinese characters stand mostly inside Latin words: Währung, read in the wrong encoding."""
    chinese = re.findall(r"[\u4e00-\u9fff]", text)
    inside = re.findall(r"(?<=[A-Za-z])[\u4e00-\u9fff](?![\u4e00-\u9fff])", text)
    return bool(chinese) and 2 * len(inside) > len(chinese)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            yield piece


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        header = file.readline()
    return max(DELIMITERS, key=lambda mark: (header.count(mark), -DELIMITERS.index(mark)))

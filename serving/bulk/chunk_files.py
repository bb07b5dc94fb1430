"""The chunks that are scored already, in a folder: what was interrupted goes on where it was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path


class ChunkFiles:
    """The `count` chunks of a run, each a file. The folder's name is a digest of all that they depend on."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count = count
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def missing(self) -> list[int]:
        """The numbers of the chunks that are to be scored yet."""
        return [number for number in range(self.count) if not self._file(number).exists()]

    def keep(self, number: int, content: bytes) -> None:
        """Keeps a chunk: whole, or not at all."""
        begun = self._file(number).with_suffix(f".{os.getpid()}")
        begun.write_bytes(content)
        begun.replace(self._file(number))

    def __iter__(self) -> Iterator[bytes]:
        """The chunks, in order."""
        return (self._file(number).read_bytes() for number in range(self.count))

    def remove(self) -> None:
        """Removes the folder, once its chunks are published."""
        shutil.rmtree(self._folder)

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:06}.parquet"

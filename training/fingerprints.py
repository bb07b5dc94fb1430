"""What a run depended on besides its data, as checksums: parameters and code.

The same data, parameters, seed and code give the same bundle to the byte; each of them stands in the bundle.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from training.all_params import AllParams
from training.bundle_files import canonical_json

PROJECT = Path(__file__).parents[1]
CODE = ("features", "training")


def fingerprint_of_params(params: AllParams) -> str:
    """SHA-256 of the sections that a training run reads, defaults filled in."""
    sections = {name: getattr(params, name).model_dump(mode="json") for name in params.__dataclass_fields__}
    return hashlib.sha256(canonical_json(sections)).hexdigest()


@lru_cache
def fingerprint_of_code() -> str:
    """SHA-256 of every source file that a training run may read: its path in the project, and its content."""
    digest = hashlib.sha256()
    for package in CODE:
        for path in sorted((PROJECT / package).rglob("*")):
            if path.suffix in (".py", ".yaml"):
                content = path.read_bytes().replace(b"\r\n", b"\n")
                digest.update(f"{path.relative_to(PROJECT).as_posix()} {len(content)} ".encode() + content)
    return digest.hexdigest()

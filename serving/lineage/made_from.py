"""The parts that a score is made from, as they are now: what is kept when a snapshot is published."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import lru_cache
from importlib.metadata import version

from features.catalog import load_catalog
from features.params import RuleParams, Windows
from features.table_digests import table_digests
from serving.batch.batch_scoring import ScoredBook
from serving.changes.kept_steps import settings_of
from serving.gaming.gaming_params import GamingParams
from serving.history.score_inputs import ScoreInputs
from serving.lineage.lineage_tables import Part
from serving.params import ServingParams
from serving.scores.champion import Champion
from training.all_params import AllParams
from training.dataset import fingerprint_of
from training.fingerprints import PROJECT

ROOMS = ("features", "training", "serving")
LIBRARIES = ("numpy", "pandas", "duckdb", "ibis-framework")  # between a cell of the book and a score
READ = ("default_top", "stale_after")  # of the section `serving:`, what scores depend on


def parts_of(
    scored: ScoredBook,
    params: AllParams,
    limits: ServingParams,
    gaming: GamingParams,
    champion: Champion | None,
) -> dict[str, Part]:
    """All parts of a book that was scored just now. `champion`: whose version the scores name, if any."""
    return {
        "data": data_part(scored, params.rule),
        "params": params_part(params, limits, gaming),
        "code": code_part(),
        "catalogue": catalogue_part(params.features.windows),
        "model": scored.model | {"bundle": None if champion is None else bundle_digest(champion)},
    }


def data_part(scored: ScoredBook, rule: RuleParams) -> Part:
    """What was known of each table, and the rows of features that were scored."""
    first = scored.accounts[0].payload
    return {
        "tables": table_digests(scored.source.tables, scored.as_of),
        "features": rows_digest(ScoreInputs.of(scored.rows, rule)),
        "known_until": first["known_until"],
        "stale": first["stale"],
        "left_out": dict(scored.left_out),
        "duckdb": version("duckdb"),
    }


def rows_digest(inputs: ScoreInputs) -> str:
    """SHA-256 of what accounts were scored from, read of the book or of the store."""
    return fingerprint_of(inputs.rows.astype({"account_id": "str"}))


def params_part(params: AllParams, limits: ServingParams, gaming: GamingParams) -> Part:
    """The sections of params.yaml that a score depends on, and of each lexicon what it holds (SHA-256)."""
    told = settings_of(params.features)
    return {
        "checks": params.checks.model_dump(mode="json"),
        "features": told["features"],
        "lexicons": told["lexicons"],
        "rule": params.rule.model_dump(mode="json"),
        "serving": limits.model_dump(mode="json", include=set(READ)),
        "gaming": gaming.model_dump(mode="json"),
    }


@lru_cache
def code_part() -> Part:
    """The version of Vitals, its commit where that is known, every source file, and the libraries."""
    return {
        "vitals": version("vitals"),
        "commit": _commit(),
        "files": {name: digest for room in ROOMS for name, digest in _files(room)},
        "libraries": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }


def catalogue_part(windows: Windows) -> Part:
    """Every feature of the catalogue by name, each as a short digest of what the catalogue says of it."""
    told = {feature.name: feature.model_dump_json() for feature in load_catalog(windows)}
    return {"features": {name: _short(text.encode()) for name, text in told.items()}}


def bundle_digest(champion: Champion) -> str | None:
    """SHA-256 of the bundle's manifest, which names every file with its own; None where there is none."""
    try:
        return hashlib.sha256((champion.bundle / "manifest.json").read_bytes()).hexdigest()
    except OSError:
        return None


def _files(room: str) -> list[tuple[str, str]]:
    found = sorted(path for path in (PROJECT / room).rglob("*") if path.suffix in (".py", ".yaml"))
    contents = {path: path.read_bytes().replace(b"\r\n", b"\n") for path in found}
    return [(path.relative_to(PROJECT).as_posix(), _short(content)) for path, content in contents.items()]


def _commit() -> str | None:
    """The commit of the folder that Vitals runs from; None where it is no checkout."""
    ask = ("git", "-C", str(PROJECT), "rev-parse", "HEAD")
    try:
        told = subprocess.run(ask, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    return told.stdout.strip() or None


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]

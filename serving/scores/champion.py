"""Which model answers: the registry's `champion`, or the rule where there is none to be trusted.

The alias in the MLflow registry is the only switch. It is read with SQL from `mlruns/mlflow.db`, so
that a service need not import MLflow (over a second, and hundreds of MB); a test holds this reading
equal to MLflow's own. A bundle is used only where its version is signed with the registry's key
(`training.bundle_signature`), its golden rows come out as in training, and it has scored them once through
the whole of serving.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import pandas as pd

from features.catalog import load_catalog
from features.faults import DataFault, Fault, VitalsFault
from features.params import FeatureParams, RuleParams, Windows
from features.params_file import DEFAULT_PARAMS, read_section
from features.rule_score import check_rule
from serving.scores.fallback import Code, Fallback
from serving.scores.learned_scorer import LearnedScorer
from serving.scores.rule_scorer import NO_CHAMPION, RuleScorer
from training.bundle_signature import vouched_by
from training.health_model import read_health_model

REGISTRY = Path("mlruns")
LOG = logging.getLogger(__name__)
CHAMPION_SQL = """
    SELECT v.version, v.storage_location
    FROM registered_model_aliases AS a
    JOIN model_versions AS v ON v.name = a.name AND v.version = a.version
    WHERE a.name = 'vitals' AND a.alias = 'champion'
"""
VERSION_SQL = "SELECT version, storage_location FROM model_versions WHERE name = 'vitals' AND version = ?"


@dataclass(frozen=True)
class Champion:
    """A version, the champion or another, and the folder of its bundle."""

    version: str
    bundle: Path


@dataclass(frozen=True)
class Settings:
    """What a scorer is made from beside the champion: the rule, and the windows that name features."""

    rule: RuleParams
    windows: Windows

    @classmethod
    def read(cls, params_file: Path, overrides: Sequence[str] = ()) -> Settings:
        """From the parameters file; WrongUse where it cannot be used, a rule on features that do not exist
        included."""
        rule = read_section(params_file, "rule", RuleParams, overrides)
        windows = read_section(params_file, "features", FeatureParams, overrides).windows
        check_rule(rule, {feature.name for feature in load_catalog(windows)})
        return cls(rule, windows)

    def by_rule(self, code: Code, reason: str) -> RuleScorer:
        """The rule's scorer, and why it answers."""
        return RuleScorer(self.rule, self.windows, Fallback(code, reason))


def find_champion(registry: Path = REGISTRY) -> Champion | None:
    """The champion that the registry names, or None: no registry, no model, or no such alias.

    Raises sqlite3.Error where the registry cannot be read.
    """
    return _found(registry, CHAMPION_SQL)


def find_version(registry: Path, version: str) -> Champion | None:
    """A version that is or once was champion, or None: no registry, or no such version in it.

    Raises sqlite3.Error where the registry cannot be read.
    """
    return _found(registry, VERSION_SQL, version) if version.isascii() and version.isdecimal() else None


def _found(registry: Path, query: str, *values: str) -> Champion | None:
    database = registry / "mlflow.db"
    if not database.exists():
        return None
    with closing(
        sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    ) as connection:
        row = connection.execute(query, values).fetchone()
    return None if row is None else Champion(str(row[0]), _bundle(str(row[1]), registry))


def load_scorer(
    registry: Path = REGISTRY, params_file: Path = DEFAULT_PARAMS, overrides: Sequence[str] = ()
) -> LearnedScorer | RuleScorer:
    """The champion, its bundle verified; the rule, and why, where there is none or it is broken.

    WrongUse where the parameters cannot be used, a rule on features that do not exist included.
    """
    settings = Settings.read(params_file, overrides)
    try:
        champion = find_champion(registry)
        if champion is None:
            return settings.by_rule("no_champion", NO_CHAMPION)
        return champion_scorer(champion, registry, settings)
    except (VitalsFault, sqlite3.Error, OSError) as error:
        LOG.error("the champion cannot be used, the rule answers: %s", error)
        return settings.by_rule("champion_unusable", f"the champion cannot be used: {error}")


def champion_scorer(champion: Champion, registry: Path, settings: Settings) -> LearnedScorer:
    """The champion, verified and tried. DataFault where it is not to be used."""
    vouched = vouched_by(champion.bundle, champion.version, registry)
    model = read_health_model(champion.bundle, vouched)
    scorer = LearnedScorer(model, settings.rule, settings.windows, champion.version)
    _ = scorer.features  # raises where the catalogue has lost one of the model's features
    try:
        _ = scorer.catalog, scorer.comparison, scorer.weights
        scorer.score(pd.DataFrame({"account_id": ["A", "B"], "segment": [None, "enterprise"]}))
    except Exception as error:
        fault = Fault("version", champion.version, "a model that scores", "make it again with `vitals train`")
        raise DataFault("the champion cannot score", [fault]) from error
    return scorer


def _bundle(location: str, registry: Path) -> Path:
    """The bundle's folder, in this registry wherever it was moved or copied to; else where MLflow put it."""
    folder = Path(unquote(urlparse(location).path))
    here = registry / "artifacts" / "models" / folder.parent.name / folder.name
    return (here if here.exists() else folder) / "artifacts" / "bundle"

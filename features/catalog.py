"""The catalogue: the single source of truth for a feature. What is not in it does not exist.

One YAML file per pillar under `catalog_entries/`. Monotone constraints, driver sentences, the API's
catalogue and the drift report are all read from here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from features.params import PILLARS, Pillar, Windows
from features.params_file import Section

ENTRIES = Path(__file__).parent / "catalog_entries"
Direction = Literal["better", "worse", "not_monotone"]
Language = Literal["en", "zh"]
Unit = Literal[
    "share",
    "change",
    "days",
    "hours",
    "count",
    "mentions",
    "nps",
    "score",
    "tone",
    "money",
    "ratio",
    "flag",
    "log_odds",
]


class Words(Section):
    """The same thing in English and Chinese."""

    en: str
    zh: str


class Feature(Section):
    """One feature: what it measures, what null means, which way is better, who can change it."""

    name: str
    family: str
    pillar: Pillar
    role: str | None = None
    unit: Unit
    range: tuple[float | None, float | None]
    direction: Direction = Field(description="what more of it means for the customer's health")
    actionable: bool = Field(description="whether the customer's team can act on it")
    learned: bool = Field(
        default=False,
        description="whether it is made in training, from outcomes: a snapshot leaves it missing, and who "
        "scores with the model fills it in",
    )
    ages: bool = Field(
        default=False,
        description="whether what is known goes on standing for itself, and weighs less or leaves its window "
        "as time passes; else no new record is itself the record: who uses nothing has stopped using",
    )
    missing: Words = Field(description="what a missing value means")
    title: Words
    text: Words = Field(description="driver sentence; {value} and {typical} are filled in")

    @property
    def monotone_in_churn(self) -> int:
        """LightGBM's constraint on the churn log-odds: −1 falls as the feature rises, +1 rises, 0 free."""
        return {"better": -1, "worse": 1, "not_monotone": 0}[self.direction]


@lru_cache
def load_catalog(windows: Windows) -> tuple[Feature, ...]:
    """Every feature, in the pillars' order; names carry the lengths of `windows`.

    >>> catalog = load_catalog(Windows())
    >>> [f.name for f in catalog][:2]
    ['active_users_30d', 'active_days_30d']
    """
    found: list[Feature] = []
    for pillar in PILLARS:
        text = (ENTRIES / f"{pillar}.yaml").read_text(encoding="utf-8")
        for family in yaml.safe_load(text):
            shared = {key: value for key, value in family.items() if key != "features"}
            found += [
                Feature(pillar=pillar, **_windowed({**shared, **own}, windows)) for own in family["features"]
            ]
    return tuple(found)


def _windowed(entry: dict[str, object], windows: Windows) -> dict[str, object]:
    """The entry with `<month>` in its name as `30d`, and in its sentences as `30`."""
    lengths = dict(windows)
    entry["name"] = _filled(str(entry["name"]), {k: f"{v}d" for k, v in lengths.items()})
    for key in ("title", "text", "missing"):
        words = entry[key]
        assert isinstance(words, dict)
        entry[key] = {
            lang: _filled(text, {k: str(v) for k, v in lengths.items()}) for lang, text in words.items()
        }
    return entry


def _filled(text: str, labels: dict[str, str]) -> str:
    for name, label in labels.items():
        text = text.replace(f"<{name}>", label)
    return text

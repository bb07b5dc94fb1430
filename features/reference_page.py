"""The feature reference, written from the catalogue: a page that cannot say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from features.catalog import Feature
from features.faults import Fault, WrongUse, nearest
from features.params import PILLARS

INTRODUCTION = """# Feature reference

Written from the catalogue (`features/catalog_entries/`) by `vitals catalog --page docs/features.md`; a
test fails where the two differ. Names carry the window lengths of `params.yaml`: `active_users_30d`
looks at `[as_of - 30 days, as_of)`. A missing value is never a zero: what it means stands beside each
feature. *Better* and *worse* say what more of it means for the customer's health, and the learned model
is held to that direction; of *not monotone* either end may be bad. What is *made in training* needs
outcomes: a snapshot leaves it missing, and the model that made it fills it in when it scores.
"""
DIRECTIONS = {"better": "more is better", "worse": "more is worse", "not_monotone": "not monotone"}
HEAD = "| feature | unit, range | direction | who can act | missing means |\n| --- | --- | --- | --- | --- |"
WORDS = "| feature | name | sentence | 名称 | 说明 |\n| --- | --- | --- | --- | --- |"


def reference_page(catalog: Sequence[Feature]) -> str:
    """The page as Markdown: by pillar and family, a table of meaning and one of words in both languages.

    >>> from features.catalog import load_catalog
    >>> from features.params import Windows
    >>> page = reference_page(load_catalog(Windows()))
    >>> "| `days_since_last_use` | days, from 1 | more is worse | the customer's team |" in page
    True
    """
    parts = [INTRODUCTION]
    for pillar in PILLARS:
        of_pillar = [feature for feature in catalog if feature.pillar == pillar]
        parts.append(f"## {pillar.capitalize()} ({len(of_pillar)} features)\n")
        parts += [_family(name, list(found)) for name, found in groupby(of_pillar, lambda f: f.family)]
    return "\n".join(parts)


def features_like(catalog: Sequence[Feature], words: str) -> list[Feature]:
    """The features whose name, family or title in either language holds `words` (all of them for "").

    WrongUse, with the nearest name, where there is none.
    """
    asked = words.lower()
    found = [f for f in catalog if asked in " ".join((f.name, f.family, f.title.en, f.title.zh)).lower()]
    if not found:
        known = [feature.name for feature in catalog]
        fault = Fault("feature", words, "a part of a feature's name or title", nearest(words, known))
        raise WrongUse("the catalogue has no such feature", [fault])
    return found


def as_lines(features: Iterable[Feature]) -> str:
    """The features for a terminal: name, direction and title, a line each."""
    return "\n".join(
        f"{f.name:<44} {DIRECTIONS[f.direction]:<15} {f.title.en} · {f.title.zh}" for f in features
    )


def _family(name: str, features: Sequence[Feature]) -> str:
    meaning = [HEAD, *map(_meaning, features)]
    words = [WORDS, *map(_words, features)]
    return "\n".join([f"### {name.replace('_', ' ')}\n", *meaning, "", *words, ""])


def _meaning(feature: Feature) -> str:
    role = f", {feature.role.replace('_', ' ')}" if feature.role else ""
    acts = "the customer's team" if feature.actionable else "nobody at once"
    made = ", made in training" if feature.learned else ""
    unit = f"{feature.unit}, {_range(feature)}{role}{made}"
    cells = [f"`{feature.name}`", unit, DIRECTIONS[feature.direction]]
    return _row([*cells, acts, feature.missing.en])


def _words(feature: Feature) -> str:
    title, text = feature.title, feature.text
    return _row([f"`{feature.name}`", title.en, text.en, title.zh, text.zh])


def _range(feature: Feature) -> str:
    low, high = feature.range
    if low is None:
        return "any number" if high is None else f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"


def _row(cells: Iterable[str]) -> str:
    """A table row; a bar inside a cell would end it."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

"""What differs between the configurations of two snapshots, by the names that stand in `params.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]


def configuration_changes(
    rule: Settings, last_rule: Settings, settings: Settings | None, last_settings: Settings | None
) -> list[str]:
    """The keys of `rule:` and of `features:` that differ. Settings that were not kept say nothing.

    >>> weights = {"weights": {"usage": 30}, "bands": {"green": 85}}
    >>> configuration_changes(weights, {**weights, "bands": {"green": 80}}, None, None)
    ['rule.bands']
    """
    found = list(_differing("rule", rule, last_rule))
    if settings is not None and last_settings is not None:
        found += _differing("features", settings["features"], last_settings["features"])
        if settings["lexicons"] != last_settings["lexicons"]:
            found.append("features.lexicons")
    return list(dict.fromkeys(found))


def _differing(section: str, first: Settings, last: Settings) -> Iterator[str]:
    for key in dict.fromkeys([*first, *last]):
        if first.get(key) != last.get(key):
            yield f"{section}.{key}"

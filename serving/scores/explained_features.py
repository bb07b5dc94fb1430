"""The features of an explanation in their order, and what is read off them, worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalog import Feature
from features.params import PILLARS
from serving.scores.shown_points import Nesting, Tenths


class ExplainedFeatures(tuple[Feature, ...]):
    """Features, with the pillars and families that they add up to."""

    @classmethod
    def of(cls, features: Sequence[Feature]) -> ExplainedFeatures:
        """These features; the very same where they are made ready already."""
        return features if isinstance(features, cls) else cls(features)

    @cached_property
    def names(self) -> NDArray[np.object_]:
        """(k,): their names."""
        return np.array([feature.name for feature in self], dtype=object)

    @cached_property
    def pillar_of(self) -> dict[str, str]:
        """The pillar of each family, in the order in which they are first named."""
        return {feature.family: feature.pillar for feature in self}

    @cached_property
    def nesting(self) -> Nesting:
        """How they nest in families and pillars."""
        return Nesting.of([f.pillar for f in self], [f.family for f in self])

    def by_pillar(self, tenths: Tenths) -> Tenths:
        """(n, k) -> (n, pillars): added up by pillar, 0 where a pillar has none."""
        return tenths @ self._in_pillar

    def by_family(self, tenths: Tenths) -> Tenths:
        """(n, k) -> (n, families): added up by family, in the order of `pillar_of`."""
        return tenths @ self._in_family

    @cached_property
    def _in_pillar(self) -> Tenths:
        return _members([feature.pillar for feature in self], PILLARS)

    @cached_property
    def _in_family(self) -> Tenths:
        return _members([feature.family for feature in self], list(self.pillar_of))


def _members(group_of: Sequence[str], groups: Sequence[str]) -> Tenths:
    """(k, groups): 1 where a feature belongs to a group."""
    member = [[name == group for group in groups] for name in group_of]
    return np.array(member, dtype=np.int64).reshape(len(group_of), len(groups))

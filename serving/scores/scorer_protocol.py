"""What the service needs of a scorer: names, a score for rows, and what to say about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from serving.scores.feature_rows import Rows


class Scorer(Protocol):
    """A loaded model, or the rule where no model is champion.

    `model` is the `model` object of a health payload (`kind`, `version`, `trained_until`,
    `fallback`),
    `catalog` one entry per feature, `comparison` the figures of the models side by side, `weights` what
    the data believe the pillars should weigh beside the expert, `usual` what was usual of each feature in
    training (both empty where nothing was learned).
    """

    @property
    def feature_names(self) -> tuple[str, ...]: ...

    @property
    def model(self) -> dict[str, Any]: ...

    @property
    def catalog(self) -> list[dict[str, Any]]: ...

    @property
    def comparison(self) -> dict[str, Any]: ...

    @property
    def usual(self) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def weights(self) -> list[dict[str, Any]]: ...

    def score(self, rows: Rows, top: int, explain: bool) -> list[dict[str, Any]]:
        """One health payload per row, in the order of the rows.

        `rows` are `FeatureRows`, or a table of `account_id` and float64 feature columns; NaN, like a
        feature that is not there, is a missing measure. `top` is the number of drivers shown; the rest is
        in `other_points`.
        """
        ...

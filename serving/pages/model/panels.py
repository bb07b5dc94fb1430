"""The panels of the Model page, in their order: a new panel is a file, a template and a line here.

A panel is worked out from the visit and the model that is shown. Its heading is the message `model.<name>`;
its template is drawn with what it was filled with as `panel`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serving.pages.model.card_panel import card
from serving.pages.model.comparison_panel import comparison
from serving.pages.model.drift_panel import drift
from serving.pages.model.model_read import ModelRead
from serving.pages.model.performance_panel import performance
from serving.pages.model.reliability_panel import reliability_curve
from serving.pages.model.shadow_panel import shadow
from serving.pages.model.weights_panel import believed
from serving.pages.visits import Visit


@dataclass(frozen=True)
class Panel:
    """`fill` gives None where there is nothing to show: the panel is left out. `span`: of twelve columns."""

    name: str
    fill: Callable[[Visit, ModelRead], Mapping[str, Any] | None]
    span: int = 12

    @property
    def template(self) -> str:
        """Where it is drawn."""
        return f"model/{self.name}.html"


PANELS = (
    Panel("comparison", comparison),
    Panel("reliability", reliability_curve, span=6),
    Panel("believed", believed, span=6),
    Panel("performance", performance),
    Panel("shadow", shadow),
    Panel("drift", drift),
    Panel("card", card),
)

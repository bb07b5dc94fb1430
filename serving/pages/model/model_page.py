"""The page at `/model`: how good the answering model is, what it believes, and what would make it stale."""

from __future__ import annotations

from serving.pages.model.model_read import model_read
from serving.pages.model.panels import PANELS
from serving.pages.visits import Page, Visit


def model(visit: Visit) -> Page:
    """Every panel that has something to show."""
    read = model_read(visit)
    filled = [(panel, panel.fill(visit, read)) for panel in PANELS]
    panels = [(panel, values) for panel, values in filled if values is not None]
    return Page("model/model.html", "model", {"read": read, "panels": panels, "scorer": visit.held.scorer})

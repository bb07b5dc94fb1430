"""The pages that can be reached from every page, in their order: a new page is a line here.

Each is its topic (the key of its name in `messages/navigation.yaml`) and its path.
"""

from __future__ import annotations

NAVIGATION: tuple[tuple[str, str], ...] = (
    ("portfolio", "/"),
    ("themes", "/themes"),
    ("kpis", "/kpis"),
    ("model", "/model"),
    ("weights", "/weights"),
)

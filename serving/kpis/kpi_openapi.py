"""The OpenAPI path of `kpi_routes.py`."""

from __future__ import annotations

from typing import Any

from serving.api.openapi_parts import moment, operation, query


def kpi_paths() -> dict[str, Any]:
    """The call about the figures of the closed loop."""
    call = operation("The figures of the closed loop itself", "KpisResponse", (422, 503))
    call["parameters"] = [
        query("from", moment(), "A date or a time with its zone; left out: a year before `to`"),
        query(
            "to",
            moment(),
            "A date or a time with its zone, not included; left out: the end of today",
        ),
    ]
    return {"/v1/kpis": {"get": call}}

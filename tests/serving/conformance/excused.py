"""What Schemathesis takes for a fault and is none, each with its reason; everything else is one."""

from __future__ import annotations

import re
from typing import Any

from schemathesis import Response

# A value that fits its schema may still be refused where no schema could say so.
BEYOND_A_SCHEMA = {
    r"cursor|sort": "only what an earlier page gave out, in the order of that page",
    r"as_of|from|to|sent_at|responded_at|expires_at": "days of the calendar, in order, past or to come",
    r"rows\[\d+\]\.features\..*": "a feature of the catalogue of the model that answers",
    r"rows\[\d+\]\.account_id|account_ids\[\d+\]": "each account once in a call",
    r"top": "an integer is written as one: 2, not 2.0, which to a schema is the same",
    r"score|scale_min": "lies on the scale that comes with it",
    r"contact_id|role, left out": "somebody whom the newest book knows, or whose role stands beside",
    r"Idempotency-Key": "is not used again for another body",
}


def excuse(failure: Any, response: Response) -> str | None:
    """Why it is no fault; None where it is one."""
    name, status = type(failure).__name__, response.status_code
    if name == "ServerError" and status == 503 and "retry-after" in response.headers:
        return "503 that says when to come again"
    if name == "IgnoredAuth" and "got `429 " in failure.message:
        return "callers without a key are told to wait, after sixty refusals"
    if name == "UnsupportedMethodResponse" and status == 415:
        return "a body that is not declared as JSON is refused before its method is looked at"
    if name == "RejectedPositiveData" and status == 422:
        return _beyond_a_schema(response.json())
    return None


def _beyond_a_schema(problem: dict[str, Any]) -> str | None:
    reasons = {_reason(**fault) for fault in problem["errors"]}
    return "; ".join(sorted(map(str, reasons))) if reasons and None not in reasons else None


def _reason(field: str, value: object, allowed: str = "", **_: str) -> str | None:
    if allowed.endswith(", as the cursor's pages"):
        return "pages go on with what they were begun with"
    field = field if value is not None else f"{field}, left out"
    return next((why for rule, why in BEYOND_A_SCHEMA.items() if re.fullmatch(rule, field, re.DOTALL)), None)

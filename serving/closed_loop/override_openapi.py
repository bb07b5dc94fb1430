"""The OpenAPI paths of `override_routes.py`, and what goes over the wire there."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from serving.api.openapi_parts import body, operation
from serving.api.payloads import AccountId, Band, OverrideOf, Shape, ShortText
from serving.closed_loop.case_openapi import WRITE_ERRORS, idempotency_key
from serving.closed_loop.case_payloads import Caller, PostedMoment


class OverrideRequest(Shape):
    """A band with reason and end."""

    account_id: AccountId
    band: Band | None = Field(description="null withdraws what was set")
    reason: ShortText
    who: Caller
    expires_at: PostedMoment = Field(description="Within a year", examples=["2026-12-31T00:00:00Z"])


class SetOverrideResponse(OverrideOf):
    """What was set."""

    account_id: AccountId
    band: Band | None  # type: ignore[assignment]


class OverridesResponse(BaseModel):
    """Every band that a person set and that holds now."""

    overrides: list[SetOverrideResponse]


def override_paths() -> dict[str, Any]:
    """The calls about bands that people set."""
    listed = operation("Bands that people set, as they hold now", "OverridesResponse", (422, 503))
    posted = operation("Set an account's band, with reason and end", "SetOverrideResponse", WRITE_ERRORS)
    posted |= {"requestBody": body("OverrideRequest"), "parameters": [idempotency_key()]}
    return {"/v1/overrides": {"get": listed, "post": posted}}

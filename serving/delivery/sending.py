"""Sends one message to one endpoint: by HTTP to a webhook, by SMTP to a mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from serving.closed_loop.moments import moment_text
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.mailing import send_mail
from serving.delivery.webhook_call import post
from serving.delivery.webhook_formats import accepted, body_of
from serving.delivery.webhook_signature import PREFIX, is_secret, is_signed_by_us, signature_headers

CANNOT_SIGN = "not sent: its secret cannot sign. Next: vitals webhooks rotate"


@dataclass(frozen=True)
class Sent:
    """What came of an attempt: taken or not, the receiver's status, and a word for the log."""

    accepted: bool
    status: int | None
    outcome: str


def send(row: Row[Any], params: DeliveryParams, now: datetime) -> Sent:
    """Sends the message of a claimed delivery. May raise what the connection raises."""
    if row.format == "email":
        send_mail(row, params)
        return Sent(True, None, "taken by the mail server")
    if is_signed_by_us(row.format, row.secret) and not is_secret(row.secret):
        return Sent(False, None, CANNOT_SIGN)  # added by a version that took any secret
    own = None if row.secret.startswith(PREFIX) else row.secret
    body = body_of(row.format, row.type, row.at, row.data, own, now)
    headers = {"Content-Type": "application/json", "User-Agent": "vitals-webhooks"}
    headers |= signature_headers(row.message_id, now, body, _keys(row, now))
    answered = post(row.url, body, headers, params.timeout_seconds, params.networks)
    taken = accepted(row.format, answered.status, answered.body)
    return Sent(taken, answered.status, "taken" if taken else _why_not(answered.status))


def _keys(row: Row[Any], now: datetime) -> list[str]:
    """The secret, and the one before it while it still signs."""
    old = row.old_secret if row.old_secret and row.old_until > moment_text(now) else None
    return [key for key in (row.secret, old) if key and is_secret(key)]


def _why_not(status: int) -> str:
    if 300 <= status < 400:
        return f"HTTP {status}: redirects are not followed"
    return f"HTTP {status}: not taken"

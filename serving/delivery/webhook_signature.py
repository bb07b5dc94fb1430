"""Signatures by the Standard Webhooks convention: who sent it, and that nobody changed it.

The signed text is `id.timestamp.body`, the signature `v1,` and the base64 of its HMAC-SHA256; while a
secret is being changed for another, both sign (standard-webhooks, specification, "Signature scheme").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SIZES = range(24, 65)  # bytes, by the specification
ALLOWED = f"{PREFIX} and the base64 of {SIZES[0]} to {SIZES[-1]} bytes"
OURS = ("generic", "slack")  # formats in which no other signature says who sent a message
TOLERANCE = 300  # seconds; an older message may be a replay by an attacker


def new_secret() -> str:
    """A secret of 32 random bytes, as receivers expect it: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def is_signed_by_us(form: str, secret: str) -> bool:
    """Whether messages in this format carry our signature: a chat with a secret of its own has its own.

    >>> [is_signed_by_us(form, "mine") for form in ("generic", "slack", "wecom", "feishu", "email")]
    [True, True, False, False, False]
    >>> is_signed_by_us("feishu", "whsec_…")
    True
    """
    return form in OURS or (form != "email" and secret.startswith(PREFIX))


def is_secret(text: str) -> bool:
    """Whether `text` can sign.

    >>> is_secret(new_secret()), is_secret("whsec_"), is_secret("whsec_" + "!" * 32), is_secret("mysecret")
    (True, False, False, False)
    """
    try:
        return bool(_key_bytes(text))
    except ValueError:
        return False


def signature_headers(message_id: str, sent_at: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """The three headers of a message.

    >>> from datetime import UTC
    >>> key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    >>> sent = datetime.fromtimestamp(1614265330, UTC)
    >>> told = signature_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", sent, b'{"test": 2432232314}', [key])
    >>> told["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    stamp = str(int(sent_at.timestamp()))
    signed = [f"v1,{_sign(key, message_id, stamp, body)}" for key in keys]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signed)}


def is_signed(message_id: str, stamp: str, body: bytes, signature: str, key: str, now: datetime) -> bool:
    """What a receiver checks: one of the signatures fits, and the message is not old."""
    if not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > TOLERANCE:
        return False
    wanted = _sign(key, message_id, stamp, body)
    given = [part.removeprefix("v1,") for part in signature.split(" ") if part.startswith("v1,")]
    return any(hmac.compare_digest(wanted.encode(), each.encode()) for each in given)


def _sign(key: str, message_id: str, stamp: str, body: bytes) -> str:
    signed = b".".join([message_id.encode(), stamp.encode(), body])
    return base64.b64encode(hmac.new(_key_bytes(key), signed, hashlib.sha256).digest()).decode()


def _key_bytes(secret: str) -> bytes:
    """The key of a secret. Raises ValueError: read leniently, `whsec_!!!` is a key of no bytes at all."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):  # ValueError: it is not ASCII
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in SIZES:
        raise ValueError(f"a secret that cannot sign; allowed: {ALLOWED}")
    return key

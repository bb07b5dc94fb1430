"""An event as an e-mail, handed to the operator's own mail server."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from sqlalchemy import Row

from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.webhook_formats import lines_of


def send_mail(row: Row[Any], params: DeliveryParams) -> None:
    """Hands the message to the server of `delivery.smtp`. Raises ValueError where none is named.

    The user and the password come from VITALS_SMTP_USER and VITALS_SMTP_PASSWORD.
    """
    smtp = params.smtp
    if not smtp.host:
        raise ValueError("no mail server: set delivery.smtp.host")
    with smtplib.SMTP(smtp.host, smtp.port, timeout=params.timeout_seconds) as server:
        if smtp.starttls:
            server.starttls(context=ssl.create_default_context())
        if user := os.environ.get("VITALS_SMTP_USER"):
            server.login(user, os.environ.get("VITALS_SMTP_PASSWORD", ""))
        server.send_message(mail_of(row, smtp.sender))


def is_mailbox(text: str) -> bool:
    """Whether a message to `text` can be built: one address, or several behind commas.

    >>> is_mailbox("csm@example.com"), is_mailbox("csm@[example.com"), is_mailbox("csm@example..com")
    (True, False, False)
    """
    mail = EmailMessage()
    try:
        mail["To"] = text
        mail.as_bytes(policy=SMTP)
    except Exception:  # the library's parser ends in whatever error a text leads it to
        return False
    to: Any = mail["To"]
    # Letters beyond ASCII before the @ are for the mail server to take or to refuse (RFC 6531).
    faulty = any(not isinstance(defect, NonASCIILocalPartDefect) for defect in to.defects)
    return bool(to.addresses) and not faulty and all(each.username and each.domain for each in to.addresses)


def mail_of(row: Row[Any], sender: str) -> EmailMessage:
    """The e-mail of a delivery. Its Message-ID is the event's id: a repeat is known as one."""
    lines = lines_of(row.type, row.data)
    mail = EmailMessage()
    mail["Subject"] = f"{lines[0]} {lines[1] if len(lines) > 1 else ''}".strip()
    mail["From"], mail["To"] = sender, row.url.removeprefix("mailto:")
    mail["Message-ID"] = f"<{row.message_id}@vitals>"
    mail.set_content("\n".join(lines) + "\n")
    return mail

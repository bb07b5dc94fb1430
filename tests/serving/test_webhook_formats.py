from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from serving.closed_loop.case_states import KINDS
from serving.closed_loop.cases import TOLD_AS
from serving.delivery.delivery_params import DeliveryParams
from serving.delivery.mailing import is_mailbox, mail_of, send_mail
from serving.delivery.webhook_formats import EVENT_KINDS, EVENT_TYPES, FORMATS, TITLES, accepted, body_of
from serving.retraining.attempts import NEXT

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
DATA = {
    "case_id": "C-000412",
    "account_id": "A-1",
    "name": 'Acme <!channel> <at user_id="all"></at> @all\r\nBcc: x@y',
    "trigger": "detractor",
    "level": "csm",
    "assignee": "csm-1",
    "call_due_at": "2026-10-31T16:00:00.000000Z",
}


def document(form: str, event: str = "p0.opened", secret: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body_of(form, event, "2026-10-31T12:00:00Z", DATA, secret, NOW))
    return found


def test_a_program_gets_type_timestamp_and_data() -> None:
    assert document("generic") == {"type": "p0.opened", "timestamp": "2026-10-31T12:00:00Z", "data": DATA}


def test_a_chat_gets_lines_in_both_languages_and_no_name_can_mention_everybody() -> None:
    slack = document("slack")["text"]
    wecom = document("wecom")["text"]["content"]
    feishu = document("feishu")["content"]["text"]
    for text in (slack, wecom, feishu):
        assert "P0: call now · P0 警报:请立即致电" in text
        assert "C-000412" in text
        assert "@" not in text
        assert "Bcc" in text.splitlines()[1]  # on the account's own line
    assert "<!channel>" not in slack
    assert "<at" not in feishu


def test_feishu_signs_in_its_own_body() -> None:
    assert "sign" not in document("feishu")
    signed = document("feishu", secret="key")
    assert signed["timestamp"] == "1793448000"
    # base64(HMAC-SHA256(key="1793448000\nkey", message="")), worked out with openssl
    assert signed["sign"] == FEISHU


FEISHU = "og05vNtJMp9/VR2Tcr9NSvWv5tXfRyIiHNMitSKOp1w="


@pytest.mark.parametrize("event", TITLES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_event_has_words_in_every_format(form: str, event: str) -> None:
    assert document(form, event)


def test_every_type_that_is_announced_can_be_asked_for() -> None:
    of_cases = {f"{kind}.{told}" for kind in KINDS for told in ("opened", *TOLD_AS.values())}
    of_alarms = {"p0.trigger", "p0.call_overdue", "p0.escalated"}
    of_models = {f"model.{state}" for state in NEXT} | {"model.rolled_back"}
    assert set(EVENT_TYPES) == of_cases | of_alarms | of_models | {"test"}
    assert EVENT_KINDS == ("p0", "plan", "expansion", "model", "test")


@pytest.mark.parametrize(
    ("form", "status", "body", "taken"),
    [
        ("generic", 204, b"", True),
        ("generic", 302, b"", False),
        ("slack", 200, b"ok", True),
        ("slack", 404, b"no_service", False),
        ("wecom", 200, b'{"errcode": 0}', True),
        ("wecom", 200, b'{"errcode": 93000}', False),
        ("wecom", 200, b"<html>", False),
        ("feishu", 200, b'{"StatusCode": 0, "code": 0}', True),
        ("feishu", 200, b'{"code": 9499}', False),
        ("feishu", 200, b"[]", False),
        ("feishu", 200, b"[" * 60_000, False),
        ("feishu", 200, b'{"code":' * 900, False),
        ("feishu", 200, b'{"code": 0, "msg": "' + b"x" * 60_000 + b'"}', False),
        ("feishu", 200, b'{"code": false}', False),
        ("wecom", 200, b"\xff\xfe{", False),
        ("wecom", 200, b'{"errcode": ' + b"9" * 7_000 + b"}", False),
    ],
)
def test_whether_a_receiver_took_it_is_read_as_that_receiver_says_it(
    form: str, status: int, body: bytes, taken: bool
) -> None:
    assert accepted(form, status, body) is taken


def test_a_mail_has_the_events_id_and_no_header_that_a_name_smuggled_in() -> None:
    row: Any = SimpleNamespace(type="p0.opened", data=DATA, url="mailto:csm@example.com", message_id="msg_1")
    mail = mail_of(row, "vitals@example.com")
    assert (mail["To"], mail["Message-ID"], mail["Bcc"]) == ("csm@example.com", "<msg_1@vitals>", None)
    assert "C-000412" in mail.get_content()


NO_MAILBOXES = [
    *("csm@[example.com", "csm@example..com", ".csm@example.com", "csm@example.com;vp@example.com"),
    *("Anna<csm@example.com", '"csm@example.com', "csm@example.com(", "csm@example.com>", "a@b@c", "csm", ""),
]


@pytest.mark.parametrize("text", NO_MAILBOXES)
def test_an_address_to_which_no_mail_can_be_written_is_no_mailbox(text: str) -> None:
    assert not is_mailbox(text)


@pytest.mark.parametrize(
    "text", ["csm@example.com", "a@x.com,b@y.com", "o'neil+vip@x.com", "é@x.com", "a@[::1]"]
)
def test_an_address_to_which_mail_can_be_written_is_a_mailbox(text: str) -> None:
    assert is_mailbox(text)


def test_without_a_mail_server_the_attempt_fails_and_says_what_to_set() -> None:
    row: Any = SimpleNamespace(type="p0.opened", data=DATA, url="mailto:csm@example.com", message_id="msg_1")
    with pytest.raises(ValueError, match="set delivery"):
        send_mail(row, DeliveryParams())

"""An event in the words of its receiver: a program (generic), Slack, WeCom (企业微信), Feishu (飞书), e-mail.

Names of accounts and people are text that others wrote: in a chat they must not mention everybody, link
or format, so what the receiver reads as markup is taken out of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

FORMATS = ("generic", "slack", "wecom", "feishu", "email")
TITLES = {
    "p0.opened": ("P0: call now", "P0 警报:请立即致电"),
    "p0.trigger": ("P0: another reason to call", "P0 警报:又有新的致电原因"),
    "p0.call_overdue": ("P0: the call is overdue", "P0 警报:致电已超时"),
    "p0.escalated": ("P0: escalated", "P0 警报:已升级"),
    "p0.called": ("P0: called", "P0 警报:已致电"),
    "p0.assigned": ("P0: assigned", "P0 警报:已分派"),
    "p0.resolved": ("P0: resolved", "P0 警报:已解决"),
    "p0.reopened": ("P0: reopened", "P0 警报:已重新打开"),
    "plan.opened": ("Health improvement plan: begin", "健康改善计划:请开始"),
    "plan.called": ("Health improvement plan: called", "健康改善计划:已致电"),
    "plan.assigned": ("Health improvement plan: assigned", "健康改善计划:已分派"),
    "plan.resolved": ("Health improvement plan: resolved", "健康改善计划:已解决"),
    "plan.reopened": ("Health improvement plan: reopened", "健康改善计划:已重新打开"),
    "expansion.opened": ("Expansion: a chance", "扩展机会:请跟进"),
    "expansion.called": ("Expansion: called", "扩展机会:已致电"),
    "expansion.assigned": ("Expansion: assigned", "扩展机会:已分派"),
    "expansion.resolved": ("Expansion: resolved", "扩展机会:已解决"),
    "expansion.reopened": ("Expansion: reopened", "扩展机会:已重新打开"),
    "model.shadow": ("A new model scores beside the champion", "新模型正与当前模型并行试算"),
    "model.ready": ("A new model waits for you", "新模型等待您确认"),
    "model.promoted": ("A new model answers now", "新模型已启用"),
    "model.refused": ("A new model was refused by the gate", "新模型未通过检验"),
    "model.failed": ("Training again failed; the champion goes on", "重新训练失败,当前模型继续使用"),
    "model.superseded": ("A new model was overtaken by another", "新模型已被另一模型取代"),
    "model.rolled_back": ("The model was rolled back", "模型已回滚"),
    "test": ("A test of this webhook", "Webhook 测试"),
}
EVENT_TYPES = tuple(TITLES)  # every type that is announced
EVENT_KINDS = tuple(dict.fromkeys(each.partition(".")[0] for each in EVENT_TYPES))
MAX_WORDS = 120
MAX_TOLD = 8_000  # bytes; the chats answer in a hundred


def body_of(
    form: str, event_type: str, at: str, data: Mapping[str, Any], secret: str | None, now: datetime
) -> bytes:
    """The body of an event for a receiver of this format. `secret` signs inside Feishu's own body."""
    words = lines_of(event_type, data)
    if form == "slack":
        document: dict[str, Any] = {"text": "\n".join(_slack(line) for line in words)}
    elif form == "wecom":
        document = {"msgtype": "text", "text": {"content": "\n".join(words)[:2000]}}
    elif form == "feishu":
        text = "\n".join(line.replace("<", "＜").replace(">", "＞") for line in words)
        document = {"msg_type": "text", "content": {"text": text}, **_feishu_signature(secret, now)}
    else:
        document = {"type": event_type, "timestamp": at, "data": dict(data)}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def lines_of(event_type: str, data: Mapping[str, Any]) -> list[str]:
    """The event in a few lines for people, in both languages."""
    english, chinese = TITLES.get(event_type, (event_type, event_type))
    lines = [f"{english} · {chinese}"]
    account = " ".join(filter(None, [plain(data.get("name")), plain(data.get("account_id"))]))
    facts = {
        "account": account,
        "case": plain(data.get("case_id")),
        "why": plain(data.get("trigger")),
        "level": plain(data.get("level")),
        "assignee": plain(data.get("assignee")),
        "call due": plain(data.get("call_due_at")),
        "version": plain(data.get("version")),
        "shadow until": plain(data.get("shadow_until")),
        "failure": plain(data.get("failure")),
        "next": plain(data.get("next")),
    }
    return lines + [f"{name}: {value}" for name, value in facts.items() if value]


def plain(value: object) -> str:
    """A short text on one line, without what chats and mail read as a mention or a new header.

    >>> plain("Acme\\r\\nBcc: all@x"), plain("@all <!channel>")
    ('Acme Bcc: all＠x', '＠all <!channel>')
    """
    text = "" if value is None else " ".join(str(value).split())
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text.replace("@", "＠")[:MAX_WORDS]


def accepted(form: str, status: int, body: bytes) -> bool:
    """Whether the receiver took the message. The Chinese chats answer 200 and say in the body if not.

    What a receiver answers is a stranger's text: too long, too deep, or not the number 0, it is a no.

    >>> accepted("feishu", 200, b'{"code": 19021}'), accepted("wecom", 200, b'{"errcode": 0}')
    (False, True)
    """
    if not 200 <= status < 300:
        return False
    if form not in ("wecom", "feishu"):
        return True
    told = _read_answer(body)
    named = {"wecom": ("errcode",), "feishu": ("code", "StatusCode")}[form]
    found = [told[name] for name in named if name in told]
    return bool(found) and all(type(code) is int and code == 0 for code in found)


def _read_answer(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body) if len(body) <= MAX_TOLD else None
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _slack(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _feishu_signature(secret: str | None, now: datetime) -> dict[str, str]:
    """Feishu's own: HMAC-SHA256 of nothing, with `timestamp` and secret as the key (open.feishu.cn)."""
    if not secret:
        return {}
    stamp = str(int(now.timestamp()))
    digest = hmac.new(f"{stamp}\n{secret}".encode(), digestmod=hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}

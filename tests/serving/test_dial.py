from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import Any

import pytest

from serving.delivery.dial import AddressRefusedError, check_target, dial, is_open, parse_target
from serving.delivery.webhook_call import post
from tests.serving.hostile_addresses import hostile_urls
from tests.serving.receivers import receiver

URLS = hostile_urls()


class NoSocket:
    """Stands for `socket.socket`: counts every connection that is tried, and makes none."""

    tried: list[Any]

    def __init__(self, *_: Any) -> None: ...

    def settimeout(self, _: float) -> None: ...

    def close(self) -> None: ...

    def connect(self, where: Any) -> None:
        self.tried.append(where)
        raise ConnectionRefusedError


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a connection was tried to."""
    NoSocket.tried = []
    monkeypatch.setattr(socket, "socket", NoSocket)
    return NoSocket.tried


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver whose answer to each question is the next one; which names it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        six = [socket.AF_INET6 if ":" in text else socket.AF_INET for text in found]
        return [(family, 1, 6, "", (text, port)) for family, text in zip(six, found, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_there_are_at_least_three_hundred_hostile_addresses() -> None:
    assert len(URLS) >= 300


def test_no_hostile_address_is_ever_connected_to(tried: list[Any]) -> None:
    for url in URLS:
        with pytest.raises(OSError, match=r"."):
            post(url, b"{}", {}, 1)
    assert tried == []


def test_a_public_address_is_connected_to(tried: list[Any]) -> None:
    """So the test above can fail: the very same call connects where it may."""
    with pytest.raises(ConnectionRefusedError):
        post("http://93.184.215.14/", b"{}", {}, 1)
    assert tried == [("93.184.215.14", 80)]


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"])
def test_a_name_that_leads_inside_is_refused_even_among_public_addresses(
    monkeypatch: pytest.MonkeyPatch, tried: list[Any], inside: str
) -> None:
    for answer in ([inside], ["93.184.215.14", inside], [inside, "93.184.215.14"]):
        resolving(monkeypatch, answer)
        with pytest.raises(AddressRefusedError, match="not public"):
            post("https://rebind.example.com/", b"{}", {}, 1)
    assert tried == []


def test_a_resolver_that_changes_its_answer_is_asked_once_and_what_was_checked_is_called(
    monkeypatch: pytest.MonkeyPatch, tried: list[Any]
) -> None:
    asked = resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        post("http://rebind.example.com/", b"{}", {}, 1)
    assert (asked, tried) == (["rebind.example.com"], [("93.184.215.14", 80)])


def test_a_redirect_inside_is_not_followed() -> None:
    with receiver() as inner, receiver(status=302, headers={"Location": inner.url}) as outer:
        answered = post(outer.url, b"{}", {}, 5, [ipaddress.ip_network("127.0.0.1/32")])
        assert answered.status == 302
        assert (len(outer.calls), len(inner.calls)) == (1, 0)


def test_a_network_that_the_operator_allowed_is_called_and_its_neighbour_is_not(tried: list[Any]) -> None:
    allowed = [ipaddress.ip_network("10.1.2.0/24")]
    with pytest.raises(ConnectionRefusedError):
        dial(parse_target("http://10.1.2.3:8000/"), 1, allowed)
    with pytest.raises(AddressRefusedError):
        dial(parse_target("http://10.1.3.3:8000/"), 1, allowed)
    assert tried == [("10.1.2.3", 8000)]
    assert is_open(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)


def test_tls_asks_for_the_hosts_name_and_not_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Context:
        def wrap_socket(self, raw: Any, server_hostname: str) -> Any:
            asked.append(server_hostname)
            raise ssl.SSLError("enough")

    with receiver() as there:
        port = int(there.url.rpartition(":")[2].rstrip("/"))
        resolving(monkeypatch, ["127.0.0.1"])
        monkeypatch.setattr(ssl, "create_default_context", Context)
        with pytest.raises(ssl.SSLError):
            dial(parse_target(f"https://hooks.example.com:{port}/"), 5, [ipaddress.ip_network("127.0.0.0/8")])
    assert asked == ["hooks.example.com"]


def test_an_endpoint_is_checked_as_it_is_added_but_an_unknown_name_may_come_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(AddressRefusedError):
        check_target("http://localhost/")

    def nowhere(*_: Any, **__: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    check_target("https://soon.example.com/")

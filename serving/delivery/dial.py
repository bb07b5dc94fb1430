"""Connects to an address that somebody else named, and to no address inside.

A webhook's URL is written by a customer of the API, so it may name our own network on purpose
(server-side request forgery, OWASP). The name is resolved once, every address it leads to is checked, and
the connection is made to the very address that was checked: a resolver that changes its answer between the
check and the connection changes nothing. TLS still asks for the host's own name.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Beside what the library calls not global: networks that lead to another address written inside them, and
# those that are nobody's (RFC 6890, RFC 8215, RFC 6598, RFC 2544, RFC 9637).
CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
# The addresses of cloud metadata services that are not link-local.
METADATA = ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")


class AddressRefusedError(ConnectionError):
    """The URL leads to an address that is not to be called; nothing was connected."""


@dataclass(frozen=True)
class Target:
    """A parsed URL that may be called: `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str


def parse_target(url: str) -> Target:
    """The target of a webhook's URL. Raises AddressRefusedError saying what is wrong with it.

    >>> parse_target("https://example.com/hook?x=1")
    Target(scheme='https', host='example.com', port=443, path='/hook?x=1')
    >>> parse_target("https://user@example.com/")
    Traceback (most recent call last):
    ...
    serving.delivery.dial.AddressRefusedError: a URL with a user or password is refused
    """
    if any(letter <= " " or letter in "\\\x7f" for letter in url) or not url.isascii():
        raise AddressRefusedError("a URL is ASCII without spaces, backslashes or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefusedError("the URL cannot be read") from None
    if parts.scheme not in ("https", "http"):
        raise AddressRefusedError("a URL begins with https:// (or http://)")
    if "@" in parts.netloc:
        raise AddressRefusedError("a URL with a user or password is refused")
    if not parts.hostname or "%" in parts.netloc or port == 0:
        raise AddressRefusedError("the URL names no host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or {"https": 443, "http": 80}[parts.scheme], path)


def is_open(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether an address may be called: a public one, or one of the networks that the operator allowed.

    >>> is_open(ipaddress.ip_address("93.184.215.14")), is_open(ipaddress.ip_address("::ffff:127.0.0.1"))
    (True, False)
    """
    inner = getattr(address, "ipv4_mapped", None)
    if inner is not None:
        return is_open(inner, allowed)
    if any(address in network for network in allowed if network.version == address.version):
        return True
    closed = any(address in network for network in CLOSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not closed and str(address) not in METADATA


def dial(target: Target, seconds: float, allowed: Sequence[Network] = ()) -> socket.socket:
    """A connection to the target. Raises AddressRefusedError, or OSError where nobody answers.

    All addresses of the name must be open: one that leads inside makes the name suspect.
    """
    found = list(_resolved(target))
    _check_open([where for _, where in found], allowed)
    failure: OSError = ConnectionError("the host has no address")
    for family, where in found:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(seconds)
            connection.connect(where)
            return _secured(connection, target)
        except OSError as error:
            connection.close()
            failure = error
    raise failure


def check_target(url: str, allowed: Sequence[Network] = ()) -> None:
    """Raises AddressRefusedError where the URL leads inside now. A name that leads nowhere yet is let be."""
    target = parse_target(url)
    try:
        found = list(_resolved(target))
    except ConnectionError:
        return
    _check_open([where for _, where in found], allowed)


def _check_open(places: Sequence[tuple], allowed: Sequence[Network]) -> None:
    if any(not is_open(ipaddress.ip_address(where[0].partition("%")[0]), allowed) for where in places):
        raise AddressRefusedError("the host leads to an address that is not public")


def _resolved(target: Target) -> Iterator[tuple[int, tuple]]:
    try:
        answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ConnectionError("the host's name leads nowhere") from None
    for family, _, _, _, where in answers:
        if family in (socket.AF_INET, socket.AF_INET6):
            yield family, where


def _secured(connection: socket.socket, target: Target) -> socket.socket:
    if target.scheme == "http":
        return connection
    return ssl.create_default_context().wrap_socket(connection, server_hostname=target.host)

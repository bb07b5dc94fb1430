"""Addresses that a webhook must never reach, in every spelling that a resolver or a browser understands.

Each is a URL; none may lead to a connection. They are made from a few hundred bytes of rules, so that the
list can be read: private and special networks, the spellings of 127.0.0.1 and of the metadata address, and
URLs that look like one host and mean another.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

SPECIAL_V4 = """
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.0.0.1 10.1.2.3 10.255.255.255 100.64.0.0 100.64.0.1
100.100.100.200 100.127.255.255 127.0.0.0 127.0.0.1 127.0.0.53 127.0.1.1 127.1.2.3 127.255.255.254
127.255.255.255 169.254.0.0 169.254.0.1 169.254.169.254 169.254.170.2 169.254.169.253 169.254.255.255
172.16.0.0 172.16.0.1 172.17.0.1 172.20.1.1 172.31.255.255 192.0.0.0 192.0.0.1 192.0.0.8 192.0.0.170
192.0.0.192 192.0.2.0 192.0.2.1 192.0.2.255 192.88.99.1 192.168.0.0 192.168.0.1 192.168.1.1
192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 203.0.113.255 224.0.0.1 224.0.0.251
232.1.1.1 239.255.255.250 240.0.0.1 250.1.2.3 255.255.255.254 255.255.255.255 168.63.129.16
"""
SPECIAL_V6 = """
:: ::1 ::2 ::127.0.0.1 ::10.0.0.1 ::169.254.169.254 ::ffff:0:127.0.0.1 ::ffff:0:10.0.0.1
64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::127.0.0.1 64:ff9b:1::a00:1
100::1 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1 2001:db8::1 2001:db8:ffff::1 2002:7f00:1::
2002:a00:1:: 2002:a9fe:a9fe:: 2002:c0a8:101:: 3fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254
fd12:3456:789a::1 fe80::1 fe80::a9fe:a9fe febf::1 fec0::1 ff00::1 ff01::1 ff02::1 ff02::fb ff05::2
ff0e::1
"""
SPELT = ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0")


def spellings(text: str) -> Iterator[str]:
    """One IPv4 address in decimal, octal, hexadecimal, mixed and shortened form (inet_aton)."""
    value = int(ipaddress.IPv4Address(text))
    a, b, c, d = (value >> shift & 255 for shift in (24, 16, 8, 0))
    yield str(value)
    yield hex(value)
    yield f"0{value:o}"
    yield f"{a}.{value & 0xFFFFFF}"
    yield f"{a}.{b}.{value & 0xFFFF}"
    yield f"0{a:o}.0{b:o}.0{c:o}.0{d:o}"
    yield f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"
    yield f"0x{a:x}.{b}.0{c:o}.{d}"
    yield f"0{a:o}.{value & 0xFFFFFF}"
    yield f"0x{a:x}.{value & 0xFFFFFF:#x}"


def hostile_urls() -> list[str]:
    """All of them, each once."""
    found = [f"http://{host}/" for host in SPECIAL_V4.split()] + [
        f"https://{host}/x" for host in SPECIAL_V4.split()
    ]
    found += [f"http://[{host}]/" for host in SPECIAL_V6.split()]
    found += [f"http://[::ffff:{host}]:8080/" for host in SPECIAL_V4.split()]
    found += [f"http://{spelt}/" for text in SPELT for spelt in spellings(text)]
    found += [f"https://{spelt}:443/" for text in SPELT[:2] for spelt in spellings(text)]
    found += [f"http://example.com@{host}/" for host in SPELT] + [f"http://{host}@{host}/" for host in SPELT]
    found += [f"http://{host}#@example.com/" for host in SPELT] + [
        f"http://{host}?@example.com" for host in SPELT
    ]
    found += [f"http://{host}\\@example.com/" for host in SPELT] + [
        f"http://{host}%00.example.com/" for host in SPELT
    ]
    found += [f"http://localhost{port}/" for port in ("", ":80", ":8080", ":22", ":6379")]
    found += ["http://LOCALHOST/", "http://localhost./", "http://ip6-localhost/", "http://[fe80::1%25eth0]/"]
    found += [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1:11211/",
    ]
    found += [
        "unix:///run/docker.sock",
        "http:///x",
        "http://",
        "//127.0.0.1/",
        "127.0.0.1",
        "javascript:0",
        "",
    ]
    found += [
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1",
        "http://[/",
    ]
    found += ["http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://exa mple.com/", "http://127.0.0.1\t/"]
    found += [
        "http://127.0.0.1\r\nHost: example.com/",
        "http://[::ffff:7f00:1]/",
        "http://[::ffff:a9fe:a9fe]/",
    ]
    return list(dict.fromkeys(found))

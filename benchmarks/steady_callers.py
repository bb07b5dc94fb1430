"""Callers of a server: so many at once, each on its own connection, bounded in calls and in seconds.

Plain sockets and no client library: a library's own time per call is as long as that of the servers.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """Calls per second, and the times of calls in milliseconds."""

    per_second: float
    p50: float
    p99: float
    calls: int


def measure(port: int, request: bytes, at_once: int, most_calls: int, most_seconds: float) -> Measured:
    """Calls for `most_seconds` or `most_calls`, whichever ends first. RuntimeError for an answer but 200."""
    return asyncio.run(_measure(port, request, at_once, most_calls, most_seconds))


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The bytes of a POST."""
    lines = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    } | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def _measure(port: int, request: bytes, at_once: int, most_calls: int, most_seconds: float) -> Measured:
    times: list[float] = []
    begun = time.perf_counter()

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while len(times) < most_calls and time.perf_counter() - begun < most_seconds:
            sent = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            times.append(1000 * (time.perf_counter() - sent))
        writer.close()

    await asyncio.gather(*(caller() for _ in range(at_once)))
    took = time.perf_counter() - begun
    p50, p99 = np.percentile(times, [50, 99])
    return Measured(len(times) / took, float(p50), float(p99), len(times))


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(head.decode(errors="replace") + (await reader.read(400)).decode(errors="replace"))
    await reader.readexactly(int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))

"""uvicorn's server, but it takes in many connections at a time, and loses no call as it stops.

What happens otherwise:

- Its event loop takes one connection at a turn. While a turn is long, since much is asked, new connections
  wait for seconds: the probe of /livez too, and a service that is alive is restarted. Here one socket is
  watched `AT_A_TURN` times over, and so many are taken in.
- As it stops it closes the listening socket, and with it the connections that wait to be taken: their
  calls have been sent, and end without an answer. Here new connections are first kept out by a filter in
  the kernel, then those that wait are taken in, and only then the socket is closed.
- Then it closes kept connections at once, though a call may just be on its way. Here each is answered once
  more, with `Connection: close`; only one on which nothing comes for `LAST_CALL` seconds is closed.
- Python's collector walks through all that was imported, a quarter of a million objects, every few thousand
  calls: for a sixth of a second no call is answered. Here it leaves alone what was there at the start.
"""

from __future__ import annotations

import ctypes
import gc
import select
import signal
import socket
import struct
from asyncio import sleep
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

import uvicorn

AT_A_TURN = 32
LAST_CALL = 2.0  # seconds
TAKE_IN = 5.0  # seconds in which connections that wait are taken in, at most
SETTLE = 0.05  # seconds that the last packet of a connection that is being made takes, on a near network

SO_ATTACH_FILTER = 26  # Linux
# A filter that the kernel runs on each packet of a socket: what begins a connection (SYN, and no ACK) is
# dropped, as (code, jump if true, jump if false, operand); see bpf(4) and Linux' filter.rst.
NO_SYN = (
    (0x30, 0, 0, 13),  # the flags: byte 13 of the TCP header
    (0x54, 0, 0, 0x12),  # of which SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # … no byte of the packet is kept
    (0x06, 0, 0, 0xFFFFFFFF),  # … all of it is
)


class DrainingServer(uvicorn.Server):
    """Runs like uvicorn's; see above for what differs. To have been asked to stop is no failure."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves on the sockets until SIGTERM or SIGINT, and drains."""
        # For the moment until uvicorn listens to them itself; and it hands them on when it has drained.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        watched = [one if turn == 0 else one.dup() for one in sockets or () for turn in range(AT_A_TURN)]
        super().run(watched)

    def stop(self) -> None:
        """Asks it to drain and end."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to answer."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes in the connections that wait, closes the sockets, and ends as calls and connections do."""
        for one in sockets or ():
            keep_out(one)
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        for connection in state.connections:
            if not is_idle(connection):
                connection.shutdown()  # its answer is its last
        await _taken_in(sockets or ())
        for server in self.servers:
            server.close()
        end = monotonic() + LAST_CALL
        while state.connections and monotonic() < end:
            await sleep(0.02)
        while await close_quiet(state.connections) and monotonic() < end + LAST_CALL:
            await sleep(0)
        await super().shutdown(sockets)


async def close_quiet(connections: Iterable[Any]) -> int:
    """Closes the connections without a call, one at a turn; how many are left, since a call came on them.

    What came may not have been read yet, where this process had to wait for a processor: to close then would
    end a call without an answer. So each is looked at in the moment before it is closed.
    """
    left = 0
    for one in [one for one in connections if is_idle(one)]:
        if one.transport.is_closing():
            continue
        if came(one.transport.get_extra_info("socket")):
            left += 1
        else:
            one.shutdown()
            await sleep(0)  # the turn in which it is closed
    return left


def came(one: socket.socket) -> bool:
    """Whether there is something to be taken from a socket: bytes, or a connection."""
    waiting = select.poll()
    waiting.register(one.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


def is_idle(connection: Any) -> bool:
    """Whether no call is being answered on a connection of uvicorn's, and it is not being closed."""
    cycle = getattr(connection, "cycle", None)
    return (cycle is None or cycle.response_complete) and not connection.transport.is_closing()


def keep_out(listening: socket.socket) -> None:
    """No new connection reaches the socket from now on; those that are being made do.

    Who tries is heard by nobody, tries again after a second, and is then told that nothing listens. Where the
    kernel has no such filter, nothing happens: a connection made in the moment of closing is lost.
    """
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in NO_SYN))
    try:
        told = struct.pack("HP", len(NO_SYN), ctypes.addressof(program))
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, told)
    except OSError:
        return


async def _taken_in(listening: Sequence[socket.socket]) -> None:
    """Waits until no connection waits to be taken."""
    await sleep(SETTLE)
    end = monotonic() + TAKE_IN
    while any(map(came, listening)) and monotonic() < end:
        await sleep(0)
    await sleep(0)

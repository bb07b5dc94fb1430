"""A receiver of webhooks on this machine, that answers as it is told and keeps every call."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`calls` are the headers (lower case) and body of each; `script` the statuses to answer with first.

    A status of 0 resets the connection; a negative one waits that many tenths of a second, then 200.
    """

    url: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    script: list[int] = field(default_factory=list)
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> list[str]:
        """The id of each call, in the order they came."""
        return [headers["webhook-id"] for headers, _ in self.calls]


@contextmanager
def receiver(**told: Any) -> Iterator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    held = Receiver("", **told)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            with held.lock:
                held.calls.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = held.script.pop(0) if held.script else held.status
            if status == 0:
                self.connection.close()
                return
            if status < 0:
                time.sleep(-status / 10)
                status = 200
            self.send_response(status)
            for name, value in held.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(held.body)))
            self.end_headers()
            self.wfile.write(held.body)

        def log_message(self, *_: Any) -> None: ...

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None: ...

    server = Server(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

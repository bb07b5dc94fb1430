"""An object store on this machine: a folder, served by as much of the S3 protocol as reading it takes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest


@dataclass(frozen=True)
class ObjectStore:
    """The folder whose first level are the buckets, and how it is reached."""

    folder: Path
    environment: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    folder: Path

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        asked = urlsplit(self.path)
        query = parse_qs(asked.query, keep_blank_values=True)
        path = self.folder / unquote(asked.path).strip("/")
        if "list-type" in query:
            self._send(200, self._listing(path, query.get("prefix", [""])[0], query), body)
        elif path.is_file():
            self._file(path.read_bytes(), body)
        elif path.is_dir() and path.parent == self.folder:
            self._send(200, b"", body)
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", body)

    def _file(self, data: bytes, body: bool) -> None:
        found = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not found:
            self._send(200, data, body)
            return
        first = int(found[1])
        last = min(int(found[2] or len(data) - 1), len(data) - 1)
        self._send(206, data[first : last + 1], body, f"bytes {first}-{last}/{len(data)}")

    def _listing(self, bucket: Path, prefix: str, query: dict[str, list[str]]) -> bytes:
        keys = sorted(p.relative_to(bucket).as_posix() for p in bucket.rglob("*") if p.is_file())
        keys = [key for key in keys if key.startswith(prefix)]
        folders: set[str] = set()
        if query.get("delimiter") == ["/"]:
            folders = {
                prefix + key[len(prefix) :].split("/")[0] + "/" for key in keys if "/" in key[len(prefix) :]
            }
            keys = [key for key in keys if "/" not in key[len(prefix) :]]
        items = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{(bucket / key).stat().st_size}</Size>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag></Contents>"
            for key in keys
        )
        items += "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders)
        )
        count = len(keys) + len(folders)
        return (
            f'<?xml version="1.0"?><ListBucketResult><Name>{bucket.name}</Name>'
            f"<Prefix>{escape(prefix)}</Prefix>"
            f"<KeyCount>{count}</KeyCount><IsTruncated>false</IsTruncated>{items}</ListBucketResult>"
        ).encode()

    def _send(self, status: int, data: bytes, body: bool, piece: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"x"')
        if piece:
            self.send_header("Content-Range", piece)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def object_store(tmp_path: Path) -> Iterator[ObjectStore]:
    """A store on a free port of this machine."""
    folder = tmp_path / "buckets"
    folder.mkdir()
    handler = type("Handler", (_Handler,), {"folder": folder})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    keys = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
    yield ObjectStore(folder, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", **keys})
    server.shutdown()
    server.server_close()
    thread.join()

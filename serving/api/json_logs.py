"""Logs as JSON, a line each, for machines: time, level, logger, message, the id of the request.

Of an exception its type and the places it came through are told, never its text: that of a parser or a
database driver quotes the values it stumbled over. Of what other packages log, the first line is kept, for
the same reason: what follows it are the values of a call.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from serving.api.request_log import request_id

OURS = "vitals"
ROOT = Path(__file__).resolve().parents[2]


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON in ASCII, so that no text can break the line.

    >>> record = logging.LogRecord("vitals.serving", logging.INFO, "", 0, "took %d", (3,), None)
    >>> record.created = 0.0
    >>> print(JsonLines().format(record))
    {"time": "1970-01-01T00:00:00.000Z", "level": "INFO", "logger": "vitals.serving", "message": "took 3"}
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment.replace("+00:00", "Z"), "level": record.levelname}
        line["logger"] = record.name
        if (fields := getattr(record, "fields", None)) is not None:
            return json.dumps(line | fields)
        said = record.getMessage()
        line["message"] = said if record.name.startswith(OURS) else said.partition("\n")[0]
        if (called := request_id.get()) is not None:
            line["request_id"] = called
        if record.exc_info and record.exc_info[0] is not None:
            line |= {"error": record.exc_info[0].__name__, "traceback": _places(record.exc_info[2])}
        return json.dumps(line)


def _places(found: TracebackType | None) -> list[str]:
    """Where the exception came through, outermost first: `serving/history/store.py:120 ping`."""
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(found)]


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-3:])


def log_as_json(handlers_of_bentoml: type[logging.Filter]) -> None:
    """Turns the handlers that BentoML made for a worker (they have this filter) to JSON, and ours with them.

    Elsewhere, as in a test, there are none, and nothing is changed.
    """
    for name in (None, "bentoml", "uvicorn.error", "circus"):
        for handler in logging.getLogger(name).handlers:
            if any(isinstance(one, handlers_of_bentoml) for one in handler.filters):
                handler.filters.clear()  # it asks the tracer for a span of every record
                handler.setFormatter(JsonLines())
                logging.getLogger(OURS).setLevel(logging.INFO)

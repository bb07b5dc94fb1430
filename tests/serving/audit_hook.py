"""What no call may set off: unpickling, a shell or another process, a connection that was not asked for.

Python tells an audit hook (PEP 578) of each. A hook cannot be taken out again, so there is one for the
process, which listens while a test's own code runs. What a test does itself (starting a server, calling it,
unpickling on purpose) is told apart by the call stack: from inside out, the first file that belongs to this
project is then one of `tests/`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(str(ROOT / name) + "/" for name in ("features", "training", "serving", "tests"))
TESTS = OURS[-1]
FORBIDDEN = frozenset(
    {
        "pickle.find_class",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "pty.spawn",
        "subprocess.Popen",
        "socket.connect",
        "socket.sendto",
        "ftplib.connect",
        "http.client.connect",
        "smtplib.connect",
        "urllib.Request",
    }
)


class AuditHook:
    """`seen` are the forbidden events since `listen`: the event, and the file of ours that set it off."""

    def __init__(self) -> None:
        self.listening = False
        self.seen: list[tuple[str, str]] = []
        sys.addaudithook(self._heard)

    def listen(self) -> None:
        self.seen, self.listening = [], True

    def stop(self) -> None:
        self.listening = False

    def _heard(self, event: str, args: tuple[object, ...]) -> None:
        if self.listening and event in FORBIDDEN:
            place = _set_off_by(sys._getframe(1))
            if not place.startswith(TESTS):
                self.seen.append((event, place))


def _set_off_by(frame: FrameType | None) -> str:
    """The first file of this project, from inside out; empty where there is none on the stack."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(OURS):
            return frame.f_code.co_filename
        frame = frame.f_back
    return ""

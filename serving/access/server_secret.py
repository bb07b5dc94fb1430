"""The secret that session cookies are signed with: `VITALS_SECRET`, or a file beside the store."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from sqlalchemy import make_url

from features.faults import Fault, WrongUse

VARIABLE = "VITALS_SECRET"
FILE = "vitals.secret"
SHORTEST = 32


def server_secret(store_url: str) -> bytes:
    """The secret; made where there is none. For a store in memory it lasts as long as the process.

    Raises WrongUse for a secret shorter than 32 characters, or in a file that others can read.
    """
    if given := os.environ.get(VARIABLE):
        return _long_enough(given, VARIABLE, len(given))
    url = make_url(store_url)
    if url.get_backend_name() != "sqlite":
        path = Path("data") / FILE
    elif url.database and url.database != ":memory:":
        path = Path(url.database).parent / FILE
    else:
        return secrets.token_bytes(SHORTEST)
    return _of_file(path)


def _of_file(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(SHORTEST))
    except FileExistsError:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            fault = Fault(
                str(path), f"mode {mode:o}", "mode 600, for its owner alone", f"run: chmod 600 {path}"
            )
            raise WrongUse("others can read the secret of the sessions", [fault]) from None
    text = path.read_text(encoding="ascii", errors="replace").strip()
    return _long_enough(text, str(path), len(text))


def _long_enough(secret: str, place: str, length: int) -> bytes:
    if length < SHORTEST:
        fault = Fault(
            place, f"{length} characters", f"at least {SHORTEST}", "make it with: openssl rand -hex 32"
        )
        raise WrongUse("the secret of the sessions is too short", [fault])
    return secret.encode()

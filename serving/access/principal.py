"""Who calls: the key that was shown, what it may do, and whose accounts it may see."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope


@dataclass(frozen=True)
class Principal:
    """The caller of a request. `owner` limits it to the accounts of one CSM; None: every account.

    >>> Principal("k1", "crm", frozenset({"score:read"})).may("cases:write")
    False
    """

    key_id: str
    name: str
    scopes: frozenset[str]
    owner: str | None = None

    def may(self, scope: str) -> bool:
        """Whether a call that needs `scope` is allowed; `admin` is allowed every call."""
        return scope in self.scopes or "admin" in self.scopes


def principal_of(scope: Scope) -> Principal | None:
    """The caller that the door has found, from the ASGI scope; None where nothing has asked for a key."""
    found: Principal | None = scope.get("state", {}).get("principal")
    return found

"""What a key may be allowed to do, and which of it a call needs."""

from __future__ import annotations

SCOPES = {
    "score:read": "health, drivers, evidence and history of accounts",
    "score:write": "health of rows the caller brings, and answers to surveys",
    "cases:read": "the closed loop: cases and their history",
    "cases:write": "log a call, comment, assign, resolve, reopen; set a band; draft weights",
    "weights:adopt": "let a version of the rule's weights hold from the next scoring on",
    "metrics:read": "figures of the running service, for Prometheus",
    "admin": "everything",
}
# What reaches every account: no key that is limited to the accounts of an owner may do it.
OF_ALL_ACCOUNTS = ("weights:adopt", "admin")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Topics (the first word of a path after /v1) whose calls need something else than score:read for
# reading and admin for writing. None: any key will do.
BY_TOPIC: dict[tuple[str, bool], str | None] = {
    ("cases", True): "cases:read",
    ("cases", False): "cases:write",
    ("kpis", True): "cases:read",
    ("plays", True): "cases:read",
    ("gaming", True): "cases:read",
    ("overrides", True): "cases:read",
    ("overrides", False): "cases:write",
    ("verdicts", False): "cases:write",
    ("weights", False): "cases:write",
    ("adoptions", False): "weights:adopt",
    ("health", False): "score:read",  # a POST because its list of accounts can be long; it changes nothing
    ("predict", False): "score:write",
    ("survey-responses", False): "score:write",
    ("metrics", True): "metrics:read",
    ("docs.json", True): None,
    ("schema.json", True): None,
    ("sign-out", False): None,
}


def needed_scope(method: str, path: str) -> str | None:
    """The scope that a call needs; None where any key will do. What is not listed fails closed.

    >>> needed_scope("POST", "/v1/cases/C-1/resolve"), needed_scope("GET", "/v1/accounts")
    ('cases:write', 'score:read')
    >>> needed_scope("DELETE", "/v1/accounts")
    'admin'
    """
    topic = path.removeprefix("/v1/").lstrip("/").partition("/")[0]
    reads = method in READING
    return BY_TOPIC.get((topic, reads), "score:read" if reads else "admin")

"""Every leakage check, in one list. A run is checked once, logged, and promoted only where none is fatal.

    L0x  time      leakage_in_time.py
    L1x  rows      leakage_in_rows.py
    L2x  features  leakage_in_features.py
    L3x  controls  leakage_controls.py

A code is never given to another check: logs and decisions refer to it.
"""

from __future__ import annotations

from collections.abc import Callable

from training import leakage_controls, leakage_in_features, leakage_in_rows, leakage_in_time
from training.leakage_evidence import Check, Evidence
from training.leakage_finding import Finding

Progress = Callable[[str], None]

CHECKS: tuple[Check, ...] = (
    *leakage_in_time.CHECKS,
    *leakage_in_rows.CHECKS,
    *leakage_in_features.CHECKS,
    *leakage_controls.CHECKS,
)


def check_leakage(evidence: Evidence, progress: Progress = lambda _: None) -> tuple[Finding, ...]:
    """The answer of every check about this run, in the order of their codes."""
    found = []
    for check in CHECKS:
        progress(f"leakage check {check.code}")
        found.append(check.finding(evidence))
    return tuple(found)

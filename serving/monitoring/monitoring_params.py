"""The `monitoring:` section of `params.yaml`."""

from __future__ import annotations

from pydantic import Field

from features.params_file import Section


class MonitoringParams(Section):
    """When a book is monitored, and how often an alarm may be false (a share of the comparisons).

    >>> MonitoringParams().false_alarms
    0.05
    """

    nightly: bool = True
    false_alarms: float = Field(0.05, gt=0, le=0.5)

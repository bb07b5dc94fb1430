"""BentoML, imported in one place: without telemetry, and without the warning its import causes."""

from __future__ import annotations

import os
import warnings

# Read by BentoML when it serves: nothing about the use of this service leaves the machine.
os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

with warnings.catch_warnings():
    # BentoML 1.4 uses a name of pathspec and a method of pydantic that these have deprecated.
    warnings.filterwarnings("ignore", message="GitWildMatchPattern", category=DeprecationWarning)
    warnings.filterwarnings("ignore", message=".*__get_pydantic_core_schema__", category=DeprecationWarning)
    import bentoml
    from bentoml import IODescriptor, Service
    from bentoml._internal.log import TraceRecordFilter

__all__ = ["IODescriptor", "Service", "TraceRecordFilter", "bentoml"]

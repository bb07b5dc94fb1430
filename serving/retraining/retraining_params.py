"""The `retraining:` section of `params.yaml`: when a model is trained again, and what becomes of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from features.params_file import Section
from features.units import Days, Share

Count = Annotated[int, Field(ge=1)]


class RetrainingParams(Section):
    """When `vitals watch` trains again, and how long the challenger then scores beside the champion.

    A trigger of None never fires. `every`: days since the champion was trained, or that was last tried.
    `new_churns`: churned accounts that the labels know now and did not then. `drifted_share`: of the features
    that monitoring looked at; a drifted prediction fires too. `decay`: AUC lost against what was measured
    when it was trained. `pause`: days between two attempts, whatever fires. `shadow`: days beside the
    champion; 0: none. `most_band_changes`: of the accounts; beyond it a person must look. `promote`: `ask`
    leaves the last step to a person.
    """

    automatic: bool = True
    every: Days | None = 90
    new_churns: Count | None = 20
    drifted_share: Share | None = 0.25
    decay: Annotated[float, Field(gt=0, lt=0.5)] | None = 0.05
    pause: Days = 7
    shadow: Days = 14
    most_band_changes: Share = 0.25
    promote: Literal["ask", "auto"] = "ask"

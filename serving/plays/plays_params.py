"""The `plays:` section of `params.yaml`: when the outcome of a play is read, and who gets none at random."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from features.params_file import Section
from features.units import Days, Share


class PlaysParams(Section):
    """`within`: so long after a case was opened it is asked whether the account stayed. `fewest`: cases below
    which nothing is claimed. `hold_out`: share of yellow accounts for which no plan is made, picked by
    `seed` and the account's id alone, so that plans can be told from what would have come anyway.
    """

    within: Days = 90
    fewest: Annotated[int, Field(ge=2)] = 10
    hold_out: Annotated[Share, Field(le=0.5)] = 0.0
    seed: int = 7

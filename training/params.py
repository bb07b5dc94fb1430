"""The `training:` section of `params.yaml` as typed, frozen objects."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from features.params_file import Section
from features.units import Days, Share

Count = Annotated[int, Field(ge=1)]


class LearnerParams(Section):
    """The bagged LightGBM. At most 8 leaves, so that serving can tabulate every tree."""

    leaves: Annotated[int, Field(ge=2, le=8)] = 6
    rounds: Count = 60
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    rows_in_leaf: Count = 60
    feature_share: Annotated[float, Field(gt=0, le=1)] = 0.35
    l2: Annotated[float, Field(ge=0)] = 20.0
    bags: Annotated[int, Field(ge=2, le=64)] = 10
    folds: Annotated[int, Field(ge=2)] = 5


class GateParams(Section):
    """What a challenger must show to become champion: probabilities over the account bootstrap.

    The clock is tenure and the renewal date alone. Against the rule an even chance is enough: a
    model that is no worse is still calibrated, which the rule is not. A champion is only displaced
    by what is probably better.
    """

    better_than_chance: Share = 0.95
    better_than_clock: Share = 0.8
    better_than_rule: Share = 0.5
    better_than_champion: Share = 0.8
    lone_feature_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    missing_importance: Share = 0.1
    too_good_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.98


class TrainingParams(Section):
    """How labels, splits, models and their comparison are made.

    `horizon`: the label says whether the account churned in `[as_of, as_of + horizon)`.
    `label_lag`: how late a churn may be recorded; a row is mature only that long after its horizon.
    `train_until`, `test_dates`: fixed dates for the evaluation (the embargo may end training before
    `train_until`); left out, the last `test_months` mature month starts are tested, in origins of
    `months_per_origin`, each trained on the month starts whose labels were mature by then.
    """

    horizon: Days = 365
    label_lag: Days = 30
    warm_up: Days = 180
    test_months: Count = 3
    months_per_origin: Count = 3
    train_until: dt.date | None = None
    test_dates: tuple[dt.date, ...] = ()
    seed: Annotated[int, Field(ge=0)] = 7
    bootstrap: Annotated[int, Field(ge=100)] = 1000
    calls: Count = 25
    learner: LearnerParams = LearnerParams()
    gate: GateParams = GateParams()

"""The `training:` section of `params.yaml` as typed, frozen objects."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from features.params_file import Section
from features.units import Days, Points, Share

Count = Annotated[int, Field(ge=1)]
Member = Literal["pool", "lightgbm", "reweighted", "rule"]


class LearnerParams(Section):
    """The learner: bagged LightGBM and how members are weighed.

    `leaves`: one bag of trees is grown for each; at most 8, so that serving can tabulate every tree.
    `rounds`: at most this many; how many are used is chosen out of fold. `rows_in_leaf`: at most this
    many, and at most a sixtieth of the training rows. `bags`: boosters per fold and size of tree;
    `folds`: cut by account.
    """

    leaves: Annotated[tuple[Annotated[int, Field(ge=2, le=8)], ...], Field(min_length=1)] = (4, 8)
    rounds: Count = 800
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.05
    rows_in_leaf: Count = 60
    feature_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    l2: Annotated[float, Field(ge=0)] = 5.0
    bags: Annotated[int, Field(ge=1, le=16)] = 2
    folds: Annotated[int, Field(ge=2, le=20)] = 5


class SearchParams(Section):
    """The budget of the search for better learner parameters; 0 trials: none.

    Trials are the budget, so that a run can be repeated to the byte. `seconds` only guard it; where they
    run out the run says so.
    """

    trials: Annotated[int, Field(ge=0, le=1000)] = 0
    seconds: Annotated[int, Field(ge=1)] = 600


class PriorParams(Section):
    """What a point of the rule's score says about churn before any outcome is known.

    An account whose score is `at_score` leaves within a year with probability `annual_churn`; each
    point below adds `log_odds_per_point` to its log-odds of churn. The data soon overrule all three.
    """

    annual_churn: Annotated[float, Field(gt=0, lt=1)] = 0.12
    at_score: Points = 70
    log_odds_per_point: Annotated[float, Field(gt=0, le=1)] = 0.04

    def churn_rate(self, horizon: int) -> float:
        """The prior churn rate within a horizon in days, at a constant rate.

        >>> round(PriorParams(annual_churn=0.19).churn_rate(730), 4)
        0.3439
        """
        return float(-np.expm1(horizon / 365 * np.log1p(-self.annual_churn)))

    def log_odds_of(self, score: float, horizon: int) -> float:
        """The prior log-odds of churn within a horizon, at this score (0–100)."""
        rate = self.churn_rate(horizon)
        return float(np.log(rate / (1 - rate)) - self.log_odds_per_point * (score - self.at_score))


class TextSignalParams(Section):
    """The learned text signal. `learn`: whether there is one; what is written is then hashed into the model.

    `folds` are cut by account. `strength` is the ridge's. A word counts where `min_accounts` used it.
    """

    learn: bool = True
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    strength: Annotated[float, Field(gt=0)] = 1.0
    min_accounts: Count = 5


class GateParams(Section):
    """What a challenger must show to become champion: probabilities over the account bootstrap, and bounds.

    The clock is tenure and the renewal date alone. Against the rule an even chance is enough: a
    model that is no worse is still calibrated, which the rule is not. A champion is only displaced
    by what is probably better. `calibration_level`: how much of what chance gives counts as calibrated.
    `red_over_base_rate`, `churners_below_green` (of those who left `days_ahead`, first to last day, both
    earlier where the horizon is shorter) and `most_green` are bounds on the bands; one of them is refuted,
    and fails, where it holds in fewer than `refuted_below` of the resamples. The last three belong to the
    leakage checks L22, L24 and L32.
    """

    least_dates: Count = 2
    better_than_chance: Share = 0.95
    better_than_clock: Share = 0.8
    better_than_rule: Share = 0.5
    better_than_champion: Share = 0.8
    calibration_level: Annotated[float, Field(gt=0, lt=1)] = 0.99
    red_over_base_rate: Annotated[float, Field(ge=1)] = 3.0
    days_ahead: tuple[Annotated[int, Field(ge=0)], Count] = (60, 90)
    churners_below_green: Share = 0.667
    most_green: Share = 0.8
    refuted_below: Share = 0.1
    lone_feature_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.9
    missing_importance: Share = 0.1
    too_good_auc: Annotated[float, Field(ge=0.5, le=1)] = 0.98

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.days_ahead[0] >= self.days_ahead[1]:
            raise ValueError("days_ahead must rise, as [60, 90]")
        return self


class TrainingParams(Section):
    """How labels, splits, models and their comparison are made.

    `horizon`: the label says whether the account churned in `[as_of, as_of + horizon)`.
    `label_lag`: how late a churn may be recorded; a row is mature only that long after its horizon.
    `train_until`, `test_dates`: fixed dates for the evaluation (the embargo may end training before
    `train_until`); left out, the last `test_months` mature month starts are tested, in origins of
    `months_per_origin`, each trained on the month starts whose labels were mature by then.
    `member`: which of the learner's members answers once it is champion; all are compared.
    """

    horizon: Annotated[Days, Field(ge=1)] = 365
    label_lag: Days = 30
    warm_up: Days = 180
    test_months: Count = 3
    months_per_origin: Count = 3
    train_until: dt.date | None = None
    test_dates: tuple[dt.date, ...] = ()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    bootstrap: Annotated[int, Field(ge=100, le=100_000)] = 1000
    calls: Count = 25
    member: Member = "pool"
    prior: PriorParams = PriorParams()
    learner: LearnerParams = LearnerParams()
    text: TextSignalParams = TextSignalParams()
    search: SearchParams = SearchParams()
    gate: GateParams = GateParams()

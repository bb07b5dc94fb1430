"""The questions that a challenger must pass, asked of its predictions for past dates that it knew nothing of.

It must be better than chance, the clock, the rule and the champion (`gate_comparisons`), calibrated within
its noise (`gate_calibration`), and its bands must be of use (`gate_bands`). Every number is bootstrapped by
account; every threshold stands in `params.yaml` under `training.gate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from features.params import BandLimits
from training.gate_bands import band_questions
from training.gate_calibration import calibration_questions
from training.gate_comparisons import better_than, better_than_chance, incomparable
from training.gate_verdict import Verdict, answered
from training.leakage_finding import Finding
from training.params import TrainingParams

KEYS = ["account_id", "as_of"]
CHECKED_BY = ("lone_feature_auc", "missing_importance", "too_good_auc")  # bounds of checks made at training


def gate(
    tested: pd.DataFrame,
    champion: pd.DataFrame | None,
    params: TrainingParams,
    doubt: str | None = None,
    bands: BandLimits | None = None,
    learned_churns: int | None = None,
) -> list[Verdict]:
    """Every question but those of leakage.

    `tested`: one row per account and past date, with `churned`, `days_to_churn`, `answer` (the churn
    probability that would be served) and those of `base_rate`, `clock` and `rule`. `champion`: the same of
    the champion, None where there is none and the rule answers. `doubt`: why the champion foretells something
    else, and cannot be compared. `learned_churns`: the churned accounts that were learned from.
    """
    verdicts = [_several_dates(tested, params), *better_than_chance(tested, params)]
    verdicts.append(better_than(tested, "rule", params.gate.better_than_rule, params))
    if champion is not None:
        verdicts.append(_better_than_the_champion(tested, champion, params, doubt))
    verdicts += calibration_questions(tested, params, learned_churns)
    return [*verdicts, *band_questions(tested, bands or BandLimits(), params)]


def leakage_verdicts(findings: tuple[Finding, ...] | None) -> list[Verdict]:
    """One verdict for each check that blocks; one for all together where none does."""
    question, allowed = "passes the leakage checks", "no fatal check fails"
    if findings is None:
        return [Verdict(question, "failed", "it was not checked", allowed, "run vitals train BOOK again")]
    blocking = [one for one in findings if one.blocks]
    if blocking:
        return [Verdict(f"{question} ({f.code})", "failed", f.found, f.title, f.step) for f in blocking]
    asked = [one for one in findings if one.result != "not applicable"]
    rest = [f"{one.code} not applicable, {one.found}" for one in findings if one not in asked]
    warned = [f"{one.code} warns: {one.found}" for one in asked if one.result == "failed"]
    found = "; ".join([f"{len(asked)} checks", *warned, *rest])
    return [Verdict(question, "passed", found, allowed, "vitals compare shows each of them")]


def laxer_checks(logged: Mapping[str, Any], params: TrainingParams) -> list[Verdict]:
    """That a run was checked by laxer bounds than are asked for now; empty where it was not."""
    then, laxer = logged["training"]["gate"], []
    for name in CHECKED_BY:
        asked = getattr(params.gate, name)
        if then.get(name, asked) > asked:
            laxer.append(f"{name} {then[name]:g} (asked: {asked:g})")
    if not laxer:
        return []
    step = "train again with the bounds of params.yaml, or promote with those it was trained with"
    question = "was checked for leaks as strictly as is asked"
    return [Verdict(question, "failed", f"with {', '.join(laxer)}", "the bounds of this promotion", step)]


def _several_dates(tested: pd.DataFrame, params: TrainingParams) -> Verdict:
    dates, needed = tested["as_of"].nunique(), params.gate.least_dates
    step = "raise training.test_months, or name more training.test_dates"
    found = f"{dates} dates, {tested['account_id'].nunique()} accounts, {tested['churned'].sum():.0f} churns"
    question, allowed = "was tested on several past dates", f"at least {needed} dates"
    return Verdict(question, answered(dates >= needed), found, allowed, step)


def _better_than_the_champion(
    tested: pd.DataFrame, champion: pd.DataFrame, params: TrainingParams, doubt: str | None
) -> Verdict:
    both = tested.merge(champion[[*KEYS, "churned", "answer"]], on=KEYS, suffixes=("", "_champion"))
    both = both.rename(columns={"answer_champion": "champion"})
    if doubt := doubt or incomparable(both):
        allowed = "a test of the champion's accounts, dates and horizon"
        step = "train on the champion's book, dates and horizon, or force the change"
        return Verdict("is better than the champion", "failed", doubt, allowed, step)
    return better_than(both, "champion", params.gate.better_than_champion, params)

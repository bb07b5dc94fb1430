"""Whether a challenger's bands are of use: red is red, churners were warned of, and not all is green.

Each is a number with a bound. It passes on the right side of its bound; on the wrong side it fails only where
the resamples refute the bound (it holds in fewer than `training.gate.refuted_below` of them), and is
*uncertain* between: a handful of red accounts must not decide, and must not be hidden either.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from features.params import BandLimits
from features.rule_score import rule_band
from training.account_sums import ratio, resampled_sums, share_where, span
from training.calibration import Matrix
from training.gate_verdict import Answer, Verdict
from training.params import TrainingParams

Sums = Mapping[str, Matrix]


def band_questions(tested: pd.DataFrame, bands: BandLimits, params: TrainingParams) -> list[Verdict]:
    """Red against the base rate, churners below green in time, and the share of green."""
    sums = resampled_sums(_quantities(tested, bands, params), params.bootstrap, params.seed)
    return [_red(sums, params), _below_green(sums, params), _green(sums, bands, params)]


def days_ahead(params: TrainingParams) -> tuple[int, int]:
    """The days of `gate.days_ahead`, as many but within the horizon: what churned later has no label.

    >>> days_ahead(TrainingParams(horizon="60d"))
    (30, 60)
    """
    first, last = params.gate.days_ahead
    end = min(last, params.horizon)
    return max(end - (last - first), 0), end


def _quantities(tested: pd.DataFrame, bands: BandLimits, params: TrainingParams) -> pd.DataFrame:
    """What each account adds to the sums."""
    # Predictions of before healths had a range are taken at their word, as in a backtest.
    health, lowest = (
        100 * (1 - told) for told in (tested["answer"], tested.get("at_worst", tested["answer"]))
    )
    band, days = rule_band(health, lowest, bands), tested["days_to_churn"]
    first, last = days_ahead(params)
    soon = (days >= first) & (days < last)
    columns = {
        "rows": 1.0,
        "churned": tested["churned"],
        "red": band == "red",
        "red churned": (band == "red") * tested["churned"],
        "green": band == "green",
        "soon": soon,
        "soon below green": soon & (band != "green"),
    }
    of_row = pd.DataFrame(columns, index=tested.index).astype(float)
    return of_row.groupby(tested["account_id"].to_numpy(str)).sum()


def _red(sums: Sums, params: TrainingParams) -> Verdict:
    question, bound = "its red accounts churn far more than the rest", params.gate.red_over_base_rate
    allowed = f"at least {bound:g} times the base rate"
    step = "a red band that is no alarm wastes calls: train again, or lower rule.bands.yellow"
    if not sums["red"][0]:
        return Verdict(question, "not applicable", "because no account was red in the tests", allowed, step)
    usual = ratio(sums["churned"], sums["rows"])
    if bound * usual[0] > 1:
        why = f"because no band can churn {bound:g} times as often as the base rate of {usual[0]:.0%}"
        return Verdict(question, "not applicable", why, allowed, step)
    times = ratio(ratio(sums["red churned"], sums["red"]), usual)
    said = f"{span(times).as_text('.1f')} times the base rate, {sums['red'][0]:.0f} red rows"
    return Verdict(question, _judged(times - bound, params), said, allowed, step)


def _below_green(sums: Sums, params: TrainingParams) -> Verdict:
    (first, last), bound = days_ahead(params), params.gate.churners_below_green
    question = f"churners were below green {first}-{last} days ahead"
    allowed = f"at least {bound:.0%} of them"
    step = "train again, or raise rule.bands.green so that doubtful accounts are not green"
    if not sums["soon"][0]:
        why = f"because nobody churned {first} to {last} days after a test date"
        return Verdict(question, "not applicable", why, allowed, step)
    share = ratio(sums["soon below green"], sums["soon"])
    said = f"{span(share).as_text()} of {sums['soon'][0]:.0f} churners"
    return Verdict(question, _judged(share - bound, params), said, allowed, step)


def _green(sums: Sums, bands: BandLimits, params: TrainingParams) -> Verdict:
    """What is not green is foretold to churn at a rate above (100 − green) %: where so few churn, a
    calibrated model has to call most of the book green."""
    question, allowed = "not all of the book is green", f"at most {params.gate.most_green:.0%}"
    share, bound = ratio(sums["green"], sums["rows"]), params.gate.most_green
    step = "a book that is nearly all green warns of nobody: train again, or raise rule.bands.green"
    least, usual = (1 - bound) * (1 - bands.green / 100), float(ratio(sums["churned"], sums["rows"])[0])
    if usual < least:
        why = f"because at a base rate of {usual:.1%} a calibrated model must call more of it green"
        return Verdict(question, "not applicable", why, allowed, step)
    said = f"{span(share).as_text()} of the book is green"
    return Verdict(question, _judged(bound - share, params), said, allowed, step)


def _judged(beyond: Matrix, params: TrainingParams) -> Answer:
    """From how far each draw lies beyond the bound: 0 or more is right."""
    holds = share_where(np.where(beyond == 0, 1.0, beyond))
    if np.isfinite(beyond[0]) and beyond[0] >= 0:
        return "passed"
    return "failed" if holds is None or holds < params.gate.refuted_below else "uncertain"

"""Checks of features: each is in the catalogue, known in time, and none is the outcome in disguise."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from features.cut_tables import cut_at
from features.snapshot import build_snapshot
from features.warehouse import warehouse
from training.bootstrap import compare
from training.leakage_evidence import Answer, Check, Evidence, not_applicable, verdict
from training.ranked_rows import Outcomes

OUTCOME_WORDS = {"churn", "churned", "churns", "outcome", "label", "target", "attrition", "attrited"} | {
    "cancel", "canceled", "cancelled", "cancellation", "terminated", "lost"
}  # fmt: skip
RARE, USUAL = 0.9, 0.5  # missing in nearly all rows; missing in at most half of them
FEWEST = 20  # rows of either outcome below which a lone feature's AUC says nothing


def named_like_outcomes(evidence: Evidence) -> Answer:
    """No feature bears the name of what is to be foretold."""
    found = [
        name for name in evidence.feature_columns if OUTCOME_WORDS & set(re.split(r"[^a-z]+", name.lower()))
    ]
    return verdict(bool(found), ", ".join(found), f"none of {len(evidence.feature_columns)} features")


def in_the_catalogue(evidence: Evidence) -> Answer:
    """What is not in the catalogue does not exist, and cannot be served."""
    known = {feature.name for feature in evidence.catalog}
    found = [name for name in evidence.feature_columns if name not in known]
    return verdict(bool(found), ", ".join(found), f"all {len(evidence.feature_columns)} features")


def lone_features(evidence: Evidence) -> Answer:
    """No feature alone, nor its being missing, separates who churned from who stayed."""
    data, bound = evidence.data, evidence.params.gate.lone_feature_auc
    churned = data.churned.to_numpy(float)
    if min(churned.sum(), (1 - churned).sum()) < FEWEST:
        return not_applicable(f"there are fewer than {FEWEST} rows of either outcome")
    strongest, wrong = (0.5, "none"), []
    for name in evidence.feature_columns:
        for what, score in _scores(name, data.rows[name]):
            auc = _auc(score, churned)
            strongest = max(strongest, (max(auc, 1 - auc), what))
            if max(auc, 1 - auc) > bound and (low := _low(evidence, score if auc > 0.5 else -score)) > bound:
                wrong.append(f"{what} has an AUC of {max(auc, 1 - auc):.3f} (at least {low:.3f})")
    right = f"the strongest is {strongest[1]} with an AUC of {strongest[0]:.3f}, allowed up to {bound:g}"
    return verdict(bool(wrong), "; ".join(wrong), right)


def recomputed(evidence: Evidence) -> Answer:
    """The rows of a date are the same to the bit when every table is cut at that date."""
    if evidence.tables is None:
        return not_applicable("the book is not at hand")
    dates = sorted(evidence.data.rows["as_of"].unique())
    date = pd.Timestamp(np.random.default_rng(evidence.params.seed).choice(np.array(dates, dtype=object)))
    known = warehouse(cut_at(evidence.tables, date, evidence.versions))
    again = build_snapshot(known, [date], evidence.features).set_index("account_id")
    rows = evidence.data.rows
    logged = rows[rows["as_of"] == date].set_index("account_id")
    gone = logged.index.difference(again.index)
    learned = {
        feature.name for feature in evidence.catalog if feature.learned
    }  # made in training, out of fold
    names = [name for name in evidence.feature_columns if name not in learned]
    changed = [name for name in names if name not in again or not gone.empty]
    if gone.empty:
        same = [name for name in names if name in again]
        pairs = [(name, logged[name], again.loc[logged.index, name]) for name in same]
        changed += [name for name, one, two in pairs if not _same_bits(one, two)]
    wrong = f"as of {date:%Y-%m-%d} these are not as they were known then: {', '.join(changed)}"
    return verdict(bool(changed), wrong, f"{len(logged)} rows as of {date:%Y-%m-%d}, to the bit")


def there_when_serving(evidence: Evidence) -> Answer:
    """The model does not lean on features that were there in training and are missing now."""
    if evidence.importance is None or evidence.serving is None:
        return not_applicable("the model's importance was not worked out")
    total = float(evidence.importance.sum())
    if total == 0:
        return not_applicable("the model gives no feature any weight")
    names = [str(name) for name in evidence.importance.index]
    now = evidence.serving.reindex(columns=names).isna().mean()
    then = evidence.data.rows.reindex(columns=names).isna().mean()
    lost = [name for name in names if now[name] >= RARE and then[name] <= USUAL]
    share, bound = float(evidence.importance[lost].sum()) / total, evidence.params.gate.missing_importance
    wrong = f"{share:.0%} of the model's weight is on {', '.join(lost)}; allowed up to {bound:.0%}"
    return verdict(share > bound, wrong, f"{share:.0%} of its weight is on features that are missing now")


def _scores(name: str, column: pd.Series) -> list[tuple[str, np.ndarray]]:
    """The feature as a score (missing in the middle), and whether it is missing."""
    values, missing = column.to_numpy(float), column.isna().to_numpy()
    if missing.all():
        return []
    scores = [(name, np.where(missing, np.nanmedian(values), values))]
    return [*scores, (f"{name} being missing", missing.astype(float))] if missing.any() else scores


def _auc(score: np.ndarray, churned: np.ndarray) -> float:
    lost = churned.sum()
    ranks = rankdata(score)[churned == 1].sum()
    return float((ranks - lost * (lost + 1) / 2) / (lost * (len(churned) - lost)))


def _low(evidence: Evidence, score: np.ndarray) -> float:
    """The low end of the AUC's interval, bootstrapped by account."""
    risk = rankdata(score) / (len(score) + 1)
    outcomes = Outcomes.of(evidence.data.churned, evidence.data.rows["account_id"].to_numpy(str))
    return compare({"it": risk}, outcomes, resamples=200, seed=evidence.params.seed).estimate("it", "auc").low


def _same_bits(one: pd.Series, two: pd.Series) -> bool:
    return bool((one.to_numpy(float).view("int64") == two.to_numpy(float).view("int64")).all())


CHECKS = (
    Check(
        "L20",
        "no feature is named like an outcome",
        "fatal",
        "take it out of the rows, or rename it in the catalogue if it is known in time",
        named_like_outcomes,
    ),
    Check(
        "L21",
        "every feature is in the catalogue",
        "fatal",
        "describe it in features/catalog_entries and read it in the snapshot, or take it out",
        in_the_catalogue,
    ),
    Check(
        "L22",
        "no feature alone tells the outcome",
        "fatal",
        "find out when it is known; if truly in time, raise training.gate.lone_feature_auc and say why",
        lone_features,
    ),
    Check(
        "L23",
        "features are the same to the bit when the book is cut at the as-of date",
        "fatal",
        "let the feature use only what was known before the as-of date",
        recomputed,
    ),
    Check(
        "L24",
        "the model does not lean on what is missing when it serves",
        "fatal",
        "bring the source back, or train without those features",
        there_when_serving,
    ),
)

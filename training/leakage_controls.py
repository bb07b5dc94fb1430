"""Controls: what must learn nothing, learns nothing, and the model is not too good to be true.

Labels are shuffled by handing each account the labels of another, the same one on nearly every date. Then
nothing about an account tells its labels, and a learner beats chance only where the machinery hands them
over: rows on both sides, windows that overlap, a fit that sees the answers. A label of the same donor
months earlier is such a hint, so that split errors show here which no list of dates would show.
The labels of the test are shuffled too. Against true ones a learner with the expert's signs (monotone
constraints) would beat chance rightly, having been told what is good.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.neighbors import KNeighborsClassifier

from training.bootstrap import compare
from training.leakage_evidence import Answer, Check, Evidence, Fit, not_applicable, verdict
from training.out_of_time import outcomes_of

SHUFFLES = 3
SIGMAS = 3.3  # beyond chance by luck alone once in two thousand runs
MOST_ROWS = 5_000  # of training rows, drawn by the seed: a control need not be strong
NEIGHBOURS = 5


def learner_on_shuffled_labels(evidence: Evidence) -> Answer:
    """The learner itself, retrained on labels that belong to other accounts."""
    if evidence.fit is None:
        return not_applicable("the learner is not at hand")
    return _control(evidence, evidence.fit, "the learner")


def memory_of_shuffled_labels(evidence: Evidence) -> Answer:
    """Nearest neighbours remember whatever the test shares with the training."""
    return _control(evidence, _nearest_neighbours, "a memory")


def too_good(evidence: Evidence) -> Answer:
    """Nobody foretells churn this well; who seems to, has seen it."""
    bound = evidence.params.gate.too_good_auc
    tested, params = evidence.tested, evidence.params
    models = {"answer": tested["answer"]}
    auc = compare(models, outcomes_of(tested, params.calls), 200, params.seed).estimate("answer", "auc")
    found = f"AUC {auc.value:.3f}, at least {auc.low:.3f}"
    return verdict(auc.low > bound, f"{found}; allowed up to {bound:g}", found)


def shuffled_labels(rows: pd.DataFrame, churned: pd.Series, seed: int) -> pd.Series:
    """On each date every account has the label of the next account there, in one random order of all.

    >>> rows = pd.DataFrame({"account_id": list("ABCABC"), "as_of": [1, 1, 1, 2, 2, 2]})
    >>> shuffled_labels(rows, pd.Series([1.0, 0, 0, 1, 0, 0]), seed=1).tolist()
    [0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
    """
    names, account = np.unique(rows["account_id"].to_numpy(str), return_inverse=True)
    place = np.random.default_rng(seed).permutation(len(names))[account]
    order = np.lexsort((place, rows["as_of"].to_numpy()))
    dates = rows["as_of"].to_numpy()[order]
    starts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]])
    ends = np.r_[starts[1:], len(order)]
    taken = np.concatenate([np.roll(order[a:b], -1) for a, b in zip(starts, ends, strict=True)])
    labels = np.empty(len(order))
    labels[order] = churned.to_numpy(float)[taken]
    return pd.Series(labels, index=rows.index, name=churned.name)


def _control(evidence: Evidence, fit: Fit, who: str) -> Answer:
    """The mean AUC over the shuffles, against what chance allows: one account is one piece of evidence."""
    data = evidence.data
    if not data.origins:
        return not_applicable("there are no origins")
    split = data.origins[-1]
    rows, test = data.training_rows(split)[0], data.rows[data.at(split.test)]
    kept = rows.sample(min(len(rows), MOST_ROWS), random_state=evidence.params.seed).sort_index()
    found, errors = [], []
    for number in range(SHUFFLES):
        labels = shuffled_labels(data.rows, data.churned, evidence.params.seed + number)
        learned, seen = labels[kept.index], labels[test.index]
        if learned.nunique() < 2 or seen.nunique() < 2:
            return not_applicable("the labels of a fold are all alike")
        found.append(_auc(fit(kept, learned, test), seen.to_numpy()))
        errors.append(_chance_error(test["account_id"], seen))
    mean, error = float(np.mean(found)), float(np.mean(errors)) / np.sqrt(SHUFFLES)
    bound = 0.5 + SIGMAS * error
    said = f"{who} reaches a mean AUC of {mean:.3f} over {SHUFFLES} shuffles; chance allows {bound:.3f}"
    return verdict(mean > bound, said, said)


def _chance_error(account: pd.Series, churned: pd.Series) -> float:
    """The standard error of an AUC of chance (Hanley & McNeil 1982), accounts counted and not rows."""
    lost = int(churned.groupby(account.to_numpy(str)).max().sum())
    stayed = account.nunique() - lost
    return float(np.sqrt((lost + stayed + 1) / (12 * lost * max(stayed, 1))))


def _auc(score: np.ndarray, churned: np.ndarray) -> float:
    lost = churned.sum()
    ranks = rankdata(score)[churned == 1].sum()
    return float((ranks - lost * (lost + 1) / 2) / (lost * (len(churned) - lost)))


def _nearest_neighbours(rows: pd.DataFrame, churned: pd.Series, test: pd.DataFrame) -> np.ndarray:
    """The share of the nearest training rows that churned; features by rank, missing ones in the middle."""
    names = [name for name in rows.columns if name not in ("account_id", "as_of", "segment")]
    both = pd.concat([rows[names], test[names]]).rank(pct=True).fillna(0.5).to_numpy(float)
    model = KNeighborsClassifier(min(NEIGHBOURS, len(rows)), weights="distance", algorithm="brute")
    model.fit(both[: len(rows)], churned.to_numpy(int))
    return np.asarray(model.predict_proba(both[len(rows) :])[:, 1])


CHECKS = (
    Check(
        "L30",
        "the learner finds nothing in shuffled labels",
        "fatal",
        "look for what training and test share: rows, windows, or a fit that sees the answers",
        learner_on_shuffled_labels,
    ),
    Check(
        "L31",
        "a memory finds nothing in shuffled labels",
        "fatal",
        "look for what training and test share: the same accounts within one label window",
        memory_of_shuffled_labels,
    ),
    Check(
        "L32",
        "the model is not too good to be true",
        "fatal",
        "find what knows the outcome; if truly nothing does, raise training.gate.too_good_auc and say why",
        too_good,
    ),
)

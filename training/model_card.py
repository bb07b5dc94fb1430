"""The card of a version: what it was learned from, how it fared, for whom, what limits it, when it is stale.

Made from what its run logged, and nothing else, so that the same version gives the same card (after Mitchell
et al. 2019, "Model Cards for Model Reporting"). Segments are customers' words: this document holds them as
they are, the page escapes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from training import registry as versions
from training.account_sums import ratio, resampled_sums, span
from training.bootstrap import compare
from training.card_limits import FEW, FRESH
from training.out_of_time import outcomes_of
from training.registry import REGISTRY, tracking

if TYPE_CHECKING:
    from mlflow import MlflowClient

UNKNOWN = "unknown"
Document = dict[str, Any]


def model_card(client: MlflowClient, version: str, promotion: Document | None = None) -> Document:
    """The card of a version, fit for JSON. `promotion`: the gate's answer, if it was asked."""
    run = client.get_run(client.get_model_version(versions.MODEL, version).run_id)
    settings = versions.logged_document(client, version, "params.json")
    compared = versions.logged_document(client, version, "comparison.json")
    origins = versions.origins_of(client, version)
    tested = versions.predictions(client, version)
    training, tags = settings["training"], run.data.tags
    return {
        "version": version,
        "answers": training["member"],
        "horizon": training["horizon"],
        "bands": settings["rule"]["bands"],
        "trained_until": tags["trained_until"],
        "known_until": tags["known_until"],
        "data_fingerprint": tags["data_fingerprint"],
        "population": _population(tested),
        "origins": origins,
        "comparison": {name: compared[name] for name in ("level", "resamples", "estimates", "differences")},
        "segments": _segments(tested, training),
        "weights": compared.get("weights", []),
        "leakage": [one.as_dict() for one in versions.findings_of(client, version) or ()],
        "gate": promotion,
        "limits": _limits(tested, training),
        "stale_when": _stale_when(tags, training, tested),
    }


def card_of(version: str | None, registry: Path = REGISTRY) -> Document:
    """The card that was logged when the version became champion (None: the champion); one without the
    gate's answer where it never did. WrongUse where there is no such version."""
    from training.what_if_question import version_named

    known = version_named(version or "champion", registry)
    with tracking(registry) as client:
        try:
            found: Document = versions.logged_document(client, known, "card.json")
        except FileNotFoundError:
            found = model_card(client, known)
    return found


def _population(tested: pd.DataFrame) -> Document:
    return {
        "rows": len(tested),
        "accounts": int(tested["account_id"].nunique()),
        "churned_accounts": int(tested.loc[tested["churned"] == 1, "account_id"].nunique()),
        "churn_rate": float(tested["churned"].mean()),
        "dates": [f"{date:%Y-%m-%d}" for date in sorted(tested["as_of"].unique())],
    }


def _segments(tested: pd.DataFrame, training: Document) -> list[Document]:
    """How it fared with each segment, the largest first: what was foretold, what came, and the order."""
    named = tested.assign(segment=tested["segment"].fillna(UNKNOWN).astype(str))
    sizes = named.groupby("segment")["account_id"].nunique()
    order = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    return [_segment(name, named[named["segment"] == name], training) for name in order]


def _segment(name: str, tested: pd.DataFrame, training: Document) -> Document:
    sums = tested.groupby("account_id").agg(churned=("churned", "sum"), rows=("churned", "size"))
    drawn = resampled_sums(sums, training["bootstrap"], training["seed"])
    happened = span(ratio(drawn["churned"], drawn["rows"]))
    lost = int((sums["churned"] > 0).sum())
    auc = None
    if lost >= FEW and tested["churned"].nunique() > 1:
        outcomes = outcomes_of(tested, training["calls"])
        found = compare({"answer": tested["answer"]}, outcomes, training["bootstrap"], training["seed"])
        estimate = found.estimate("answer", "auc")
        auc = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {
        "segment": name,
        "accounts": len(sums),
        "churned_accounts": lost,
        "foretold": float(tested["answer"].mean()),
        "happened": {"value": happened.value, "low": happened.low, "high": happened.high},
        "auc": auc,
    }


def _limits(tested: pd.DataFrame, training: Document) -> list[str]:
    """What it must not be taken for."""
    lost = tested.loc[tested["churned"] == 1]
    accounts = lost["account_id"].nunique()
    width = 1.645 / np.sqrt(max(accounts, 1))
    thin = [s["segment"] for s in _segments(tested, training) if s["churned_accounts"] < FEW]
    found = [
        f"It was judged by {accounts} churned accounts: a rate is known to about ±{width:.0%} of itself.",
        f"It says who may leave within {training['horizon']}, not why, and not what a call would change:"
        " drivers are associations.",
        "Its intervals are about the estimate; they are no range for what an account will do.",
        "A customer unlike any in the training dates is foretold by those that resemble it least badly.",
    ]
    if thin:
        found.append(f"In {len(thin)} segments fewer than {FEW} accounts churned: no order is claimed there.")
    return found


def _stale_when(tags: dict[str, str], training: Document, tested: pd.DataFrame) -> list[str]:
    """What would make it stale, with the date or number that can be checked."""
    until = pd.Timestamp(tags["known_until"]) + pd.Timedelta(days=FRESH)
    per_account = tested.groupby("account_id").agg(churned=("churned", "sum"), rows=("churned", "size"))
    drawn = resampled_sums(per_account, training["bootstrap"], training["seed"])
    rate = span(ratio(drawn["churned"], drawn["rows"]))
    return [
        f"From {until:%Y-%m-%d} on: {FRESH} days of outcomes are then known that it has not learned from.",
        f"The churn rate within {training['horizon']} leaves {rate.as_text('.1%')}, the rate of its tests.",
        "vitals monitor finds a feature or the health drifted, or a table of the book stops coming.",
        "features.windows, training.horizon or the rule in params.yaml change: the question is then another.",
    ]

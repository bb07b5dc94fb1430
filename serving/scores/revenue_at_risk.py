"""What an account's yearly revenue and its risk are, wherever money at risk is ranked."""

from __future__ import annotations

from typing import Any

from serving.history.snapshots import ScoredAccount


def churn_risk(payload: dict[str, Any]) -> float:
    """The churn probability; where the rule answers there is none, and what is missing to a full health
    stands for it.

    >>> churn_risk({"churn_probability": None, "health": 60.0})
    0.4
    """
    probability = payload.get("churn_probability")
    return float(1 - payload["health"] / 100 if probability is None else probability)


def yearly_revenue(account: ScoredAccount) -> float:
    """12 × MRR; 0 where it is not known."""
    return 12 * float(account.details.get("mrr") or 0.0)


def revenue_at_risk(account: ScoredAccount) -> float:
    """Risk × yearly revenue."""
    return churn_risk(account.payload) * yearly_revenue(account)

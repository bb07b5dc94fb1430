"""The same accounts under two ways of scoring them: who changes band, and what revenue stands in each.

Everything here is counted, nothing is estimated, so there are no intervals; what either way would have
been worth on past outcomes is `training.band_backtest`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.params import BandLimits, RuleParams
from features.rule_score import rule_band, rule_score
from serving.scores.shown_points import tenths_down
from training.health_model import HealthModel

BANDS = ("green", "yellow", "red")
SHOWN = 20  # accounts in the text for people; JSON and --out hold them all
DETAILS = ("name", "segment", "owner", "mrr")


@dataclass(frozen=True, eq=False)
class Side:
    """One way of scoring the accounts: `told` says which, `score` 0–100 and `band` are per account."""

    told: Mapping[str, Any]
    score: pd.Series
    band: pd.Series


def rule_side(rows: pd.DataFrame, segment: pd.Series, rule: RuleParams) -> Side:
    """The accounts as the rule scores them."""
    found = rule_score(rows, rule, segment)
    weights = {"weights": rule.weights.model_dump(), "profiles": _dumped(rule.profiles)}
    weights |= {"stage_profiles": _dumped(rule.stage_profiles)}
    return Side({"model": "rule", **weights, "bands": rule.bands.model_dump()}, found.score, found.band)


def model_side(
    rows: pd.DataFrame, segment: pd.Series, model: HealthModel, version: str, bands: BandLimits
) -> Side:
    """The accounts as a learned model scores them."""
    X = rows.reindex(columns=list(model.features)).to_numpy("float64")
    health = pd.Series(model.health(X, segment.tolist()), index=rows.index)
    lowest = pd.Series(model.under_missing_evidence(X, segment.tolist())[:, 0], index=rows.index)
    told = {"model": f"version {version}", "bands": bands.model_dump()}
    return Side(told, health, rule_band(health, lowest, bands))


@dataclass(frozen=True, eq=False)
class WhatIf:
    """`accounts`: account_id, name, segment, owner and mrr, aligned with both sides.

    `source` says where the accounts came from: a published snapshot, or a book.
    """

    as_of: str
    source: Mapping[str, Any]
    accounts: pd.DataFrame
    before: Side
    after: Side

    @property
    def table(self) -> pd.DataFrame:
        """One row per account: its facts, both scores (rounded down to a tenth) and both bands."""
        sides = {"before": self.before, "after": self.after}
        scores = {
            f"score_{name}": tenths_down(side.score.to_numpy(float)) / 10 for name, side in sides.items()
        }
        bands = {f"band_{name}": side.band.to_numpy() for name, side in sides.items()}
        return self.accounts.assign(**scores, **bands)

    @property
    def movers(self) -> pd.DataFrame:
        """The accounts that change band: those that end in red first, then yellow, the most revenue first."""
        table = self.table
        moved = table[table["band_before"] != table["band_after"]]
        place = moved["band_after"].map({"red": 0, "yellow": 1, "green": 2})
        order = pd.DataFrame({"place": place, "mrr": -moved["mrr"].fillna(0.0), "id": moved["account_id"]})
        return moved.loc[order.sort_values(["place", "mrr", "id"]).index]

    def as_dict(self) -> dict[str, Any]:
        """The whole as plain values, fit for JSON."""
        return {
            "as_of": self.as_of,
            "source": dict(self.source),
            "before": dict(self.before.told),
            "after": dict(self.after.told),
            "accounts": len(self.accounts),
            "accounts_without_mrr": int(self.accounts["mrr"].isna().sum()),
            "bands": {band: {s: self._held(s, band) for s in ("before", "after")} for band in BANDS},
            "moves": self._moves(),
            "changed": [_record(row) for row in self.movers.to_dict("records")],
        }

    def as_text(self) -> str:
        """The bands before and after, the moves between them, and the accounts that move."""
        lines = [f"{len(self.accounts)} accounts as of {self.as_of[:10]}, {self._came_from()}"]
        lines += [f"  {when}: {_in_words(side.told)}" for when, side in self._sides()]
        lines += ["", f"{'':<10}{'before':>24}{'after':>24}"]
        for band in BANDS:
            cells = [_amount(self._held(side, band)) for side in ("before", "after")]
            lines.append(f"{band:<10}{cells[0]:>24}{cells[1]:>24}")
        lines += ["", *(f"{m['from']} to {m['to']}: {_amount(m)}" for m in self._moves())]
        moved = self.movers
        lines.append(f"{len(moved)} accounts change band" + ("" if moved.empty else ":"))
        lines += [_line(row) for row in moved.head(SHOWN).to_dict("records")]
        if len(moved) > SHOWN:
            lines.append(f"  and {len(moved) - SHOWN} more: --json, or --out FILE for every account")
        return "\n".join(lines)

    def _sides(self) -> tuple[tuple[str, Side], ...]:
        return ("before", self.before), ("after", self.after)

    def _came_from(self) -> str:
        if self.source["kind"] == "history":
            return f"from the published snapshot {self.source['snapshot']}"
        return "worked out from the book"

    def _held(self, side: str, band: str) -> dict[str, Any]:
        table = self.table
        return _counted(table[table[f"band_{side}"] == band])

    def _moves(self) -> list[dict[str, Any]]:
        moved = self.movers
        pairs = [(old, new) for old in BANDS for new in BANDS if old != new]
        found = [
            {"from": a, "to": b, **_counted(moved[(moved["band_before"] == a) & (moved["band_after"] == b)])}
            for a, b in pairs
        ]
        return [move for move in found if move["accounts"]]


def _counted(rows: pd.DataFrame) -> dict[str, Any]:
    """How many accounts, and their monthly revenue to the cent; an unknown one counts 0."""
    # Added exactly and rounded once: the order of the rows must not show.
    return {"accounts": len(rows), "mrr": round(float(np.rint(rows["mrr"].fillna(0.0) * 100).sum()) / 100, 2)}


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One account as JSON shows it: null where a fact is not known."""
    known = {name: None if pd.isna(row[name]) else row[name] for name in ("account_id", *DETAILS)}
    return known | {
        when: {"score": row[f"score_{when}"], "band": row[f"band_{when}"]} for when in ("before", "after")
    }


def _dumped(profiles: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: weights.model_dump() for name, weights in profiles.items()}


def _in_words(told: Mapping[str, Any]) -> str:
    bands = f"green from {told['bands']['green']:g}, yellow from {told['bands']['yellow']:g}"
    if "weights" not in told:
        return f"{told['model']}; {bands}"
    of_their_own = {**told["profiles"], **told.get("stage_profiles", {})}
    profiles = [f"{name} {_percent(weights)}" for name, weights in of_their_own.items()]
    return "; ".join([f"the rule with {_percent(told['weights'])}", *profiles, bands])


def _percent(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{pillar} {weight:g}" for pillar, weight in weights.items())


def _amount(counted: Mapping[str, Any]) -> str:
    return f"{counted['accounts']} (MRR {counted['mrr']:,.0f})"


def _line(row: Mapping[Any, Any]) -> str:
    known = _record(row)
    facts = [known["segment"], known["owner"], known["mrr"] is not None and f"MRR {known['mrr']:,.0f}"]
    who = f"{known['account_id']} {known['name'] or ''}".strip()
    told = ", ".join(str(fact) for fact in facts if fact)
    old, new = known["before"], known["after"]
    return f"  {who} ({told}): {old['score']:.1f} {old['band']} -> {new['score']:.1f} {new['band']}"

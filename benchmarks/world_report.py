"""What the cells of many worlds say together: the lines that are printed, with intervals and bars.

Every interval is a bootstrap over worlds: a world is drawn with all its churn rates, sizes and models, so
that differences are paired. There is no luck of outcomes among the tested accounts to bootstrap: figures are
expected ones (`world_cells`). 90 % of the resamples lie in an interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

RIVALS = ("logistic", "tuned_lightgbm", "ebm", "ebm_with_pairs")
SHOWN = ("base_rate", "logistic", "lightgbm", "tuned_lightgbm", "ebm", "ebm_with_pairs")
SHOWN += ("rule", "reweighted", "boosted", "unruled", "learned")
CELL = ["world", "churn", "accounts"]
RESAMPLES = 2_000


def report(table: pd.DataFrame) -> Iterator[str]:
    """All that is printed; cells that lack a model are left out of the lines that need it."""
    wide = table.set_index([*CELL, "kind", "model"]).unstack("model")
    yield f"{table['world'].nunique()} worlds; 90 % intervals by bootstrap over worlds"
    yield from _attained(wide)
    yield from _ahead(wide)
    yield from _regret(wide)
    yield from _probability(wide)
    yield from _kinds(wide)
    yield from _against_rule(wide)
    yield from _wrong_rule(wide)


def spread(values: pd.Series, of: Callable[[Matrix], float] = np.mean) -> tuple[float, float, float]:
    """The figure of all cells, and its interval over worlds."""
    worlds = [group.to_numpy(float) for _, group in values.groupby("world")]
    rng = np.random.default_rng(0)
    draws = rng.integers(len(worlds), size=(RESAMPLES if of is np.mean else 400, len(worlds)))
    if of is np.mean:
        sums, counts = np.array([w.sum() for w in worlds]), np.array([len(w) for w in worlds])
        resampled = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    else:
        resampled = np.array([of(np.concatenate([worlds[i] for i in draw])) for draw in draws])
    return (of(values.to_numpy(float)), *np.quantile(resampled, (0.05, 0.95)).tolist())


def _line(name: str, values: pd.Series, digits: int = 3, of: Callable[[Matrix], float] = np.mean) -> str:
    value, low, high = spread(values, of)
    return f"  {name:<36}{value:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]  {len(values)} cells"


def _sizes(wide: pd.DataFrame) -> list[int]:
    return sorted(wide.index.get_level_values("accounts").unique())


def _at(wide: pd.DataFrame, measure: str, models: list[str], accounts: int | None = None) -> pd.DataFrame:
    """The measure of those models in the cells that have them all."""
    if not all((measure, model) in wide for model in models):
        return pd.DataFrame(index=wide.index[:0], columns=models, dtype=float)
    found = wide[measure][models].dropna()
    return found if accounts is None else found[found.index.get_level_values("accounts") == accounts]


def _attained(wide: pd.DataFrame) -> Iterator[str]:
    yield "\nshare of the attainable signal, by accounts learned from"
    models = [model for model in SHOWN if ("attained", model) in wide]
    for accounts in _sizes(wide):
        yield f"{accounts} accounts"
        for model in models:
            values = _at(wide, "attained", [model], accounts)
            if len(values):
                yield _line(model, values[model])


def _ahead(wide: pd.DataFrame) -> Iterator[str]:
    """Learned against the peer whose mean is best at that size."""
    yield "\nshare attained above the best single peer (at least +0.020 up to 1200, +0.000 at 3000)"
    rivals = [model for model in RIVALS if ("attained", model) in wide and model != "ebm_with_pairs"]
    for ours in ("learned", "unruled"):
        for accounts in _sizes(wide):
            found = _at(wide, "attained", [*rivals, ours], accounts)
            if rivals and len(found):
                best = found[rivals].mean().idxmax()
                yield _line(f"{ours}, {accounts}, above {best}", found[ours] - found[best])


def _regret(wide: pd.DataFrame) -> Iterator[str]:
    yield "\nlog loss above the better of base rate and logistic, % (mean at most 0, 95th at most +1)"
    models = [m for m in ("learned", "unruled", "tuned_lightgbm", "ebm") if ("loss", m) in wide]
    for model in models:
        found = _at(wide, "loss", ["base_rate", "logistic", model])
        floor = found[["base_rate", "logistic"]].min(axis=1)
        regret = 100 * (found[model] / floor - 1)
        for accounts in [None, *_sizes(wide)]:
            some = (
                regret if accounts is None else regret[regret.index.get_level_values("accounts") == accounts]
            )
            if len(some):
                name = f"{model}, {accounts or 'all sizes'}"
                yield _line(f"{name}, mean", some, 2)
                yield _line(f"{name}, 95th percentile", some, 2, lambda v: float(np.quantile(v, 0.95)))


def _probability(wide: pd.DataFrame) -> Iterator[str]:
    yield "\nroot mean square error of the probability (at most 0.060 at 1200)"
    yield "share of 90 % intervals that hold the true probability (0.88 to 0.92), and their width"
    for accounts in _sizes(wide):
        for model in ("logistic", "tuned_lightgbm", "ebm", "learned"):
            found = _at(wide, "error", [model], accounts)
            if len(found):
                yield _line(f"error, {accounts}, {model}", found[model], 4)
        for measure in ("covered", "width"):
            found = _at(wide, measure, ["learned"], accounts)
            if len(found):
                yield _line(f"{measure}, {accounts}", found["learned"])


def _kinds(wide: pd.DataFrame) -> Iterator[str]:
    rivals = [model for model in RIVALS if ("attained", model) in wide and model != "ebm_with_pairs"]
    if not rivals:
        return
    yield "\nshare attained by kind of world, mean over churn rates: learned, and the best peer"
    found = _at(wide, "attained", [*rivals, "learned"])
    covered = _at(wide, "covered", ["learned"])
    for (kind, accounts), some in found.groupby(["kind", "accounts"]):
        best = some[rivals].mean().idxmax()
        there = covered["learned"].groupby(["kind", "accounts"]).mean()[kind, accounts]
        told = f"learned {some['learned'].mean():.3f}  {best} {some[best].mean():.3f}  covered {there:.2f}"
        yield f"  {kind:<20}{accounts:>6}  {told}"


def _against_rule(wide: pd.DataFrame) -> Iterator[str]:
    yield "\nlearned against the rule: difference over its paired standard error (never below -1)"
    right = wide[wide.index.get_level_values("kind") == "rule_right"]
    for name, some in (("all", wide), ("rule_right", right)):
        for measure, sign in (("attained", 1), ("loss", -1)):
            for accounts in _sizes(some):
                found = _at(some, measure, ["rule", "learned"], accounts)
                by_world = (sign * (found["learned"] - found["rule"])).groupby("world").mean()
                if len(by_world) > 1:
                    error = max(float(by_world.std(ddof=1)) / len(by_world) ** 0.5, 1e-12)
                    told = f"{by_world.mean():+.4f}, {by_world.mean() / error:+.1f} standard errors"
                    yield f"  {name:<11}{measure:<10}{accounts:>6}  {told}"


def _wrong_rule(wide: pd.DataFrame) -> Iterator[str]:
    yield "\na wrong rule is overcome: learned in the worlds of rule_wrong"
    wrong = wide[wide.index.get_level_values("kind") == "rule_wrong"]
    for accounts in _sizes(wrong):
        for other in ("rule", "unruled"):
            found = _at(wrong, "attained", [other, "learned"], accounts)
            if len(found):
                yield _line(f"{accounts}: above {other}", found["learned"] - found[other])

"""What a comparison of models found: each measure with its interval, each pair with its difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd

from features.faults import Fault, WrongUse, nearest
from training.evaluation import MEASURES


@dataclass(frozen=True)
class Estimate:
    """One measure of one model: its value on the rows, and the interval of its resamples."""

    model: str
    measure: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """One measure of `model` minus that of `against`, on the same resamples.

    For measures with a target (calibration slope and intercept) it is the difference of the distances
    from the target. `better` is the share of resamples in which `model` is better, ties counting half.
    """

    model: str
    against: str
    measure: str
    value: float
    low: float
    high: float
    better: float


@dataclass(frozen=True)
class Comparison:
    """Models side by side on the same rows. `level` is the intervals' share, 0 to 1.

    `skipped` of the `resamples` held one outcome only (or no churned revenue) and say nothing.
    """

    estimates: tuple[Estimate, ...]
    differences: tuple[Difference, ...]
    rows: int
    accounts: int
    churns: int
    resamples: int
    skipped: int
    level: float
    seed: int

    @property
    def models(self) -> tuple[str, ...]:
        """The models, in the order they were given."""
        return tuple(dict.fromkeys(estimate.model for estimate in self.estimates))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures, by their keys in `evaluation.MEASURES`."""
        return tuple(dict.fromkeys(estimate.measure for estimate in self.estimates))

    def estimate(self, model: str, measure: str) -> Estimate:
        """The estimate of that model and measure; WrongUse naming the nearest where there is none."""
        self._know(model=(model, self.models), measure=(measure, self.measures))
        return next(e for e in self.estimates if (e.model, e.measure) == (model, measure))

    def difference(self, model: str, against: str, measure: str) -> Difference:
        """`model` minus `against`, of any two models; WrongUse naming the nearest where there is none."""
        others = tuple(name for name in self.models if name != model)
        self._know(model=(model, self.models), against=(against, others), measure=(measure, self.measures))
        key = (model, against, measure)
        return next(d for d in self.differences if (d.model, d.against, d.measure) == key)

    def as_frame(self) -> pd.DataFrame:
        """Tidy: one row per estimate (`against` and `better` are null) and one per difference."""
        columns = ["model", "against", "measure", "value", "low", "high", "better"]
        found: list[Estimate | Difference] = [*self.estimates, *self.differences]
        return pd.DataFrame([asdict(one) for one in found], columns=columns)

    def as_dict(self) -> dict[str, object]:
        """The whole as plain lists and numbers, without NaN: fit for JSON."""
        whole = asdict(self)
        return whole | {name: list(whole[name]) for name in ("estimates", "differences")}

    def as_text(self) -> str:
        """A table for the terminal: the measures by model, then the last model against each other one."""
        evidence = f"{self.rows} rows, {self.accounts} accounts, {self.churns} churns; {self.level:.0%}"
        resampled = f"intervals from {self.resamples} resamples of accounts ({self.skipped} skipped)"
        lines = [f"{evidence} {resampled}", "", _line("", "better", self.models)]
        for measure in self.measures:
            shown = [_span(self.estimate(model, measure)) for model in self.models]
            lines.append(_line(MEASURES[measure].title, MEASURES[measure].better, shown))
        for against in self.models[:-1]:
            lines += ["", f"{self.models[-1]} minus {against}, and the probability that it is better"]
            for measure in self.measures:
                found = self.difference(self.models[-1], against, measure)
                lines.append(
                    _line(MEASURES[measure].compared, "", [_span(found, "+"), f"{found.better:.0%}"])
                )
        return "\n".join(line.rstrip() for line in lines)

    def _know(self, **asked: tuple[str, tuple[str, ...]]) -> None:
        faults = [
            Fault(field, value, ", ".join(known), nearest(value, known))
            for field, (value, known) in asked.items()
            if value not in known
        ]
        if faults:
            raise WrongUse("The comparison does not hold that", faults)


def _span(found: Estimate | Difference, sign: str = "") -> str:
    return f"{found.value:{sign}.3f} [{found.low:{sign}.3f}, {found.high:{sign}.3f}]"


def _line(title: str, better: str, cells: Iterable[str]) -> str:
    return f"{title:<30}{better:<8}" + "".join(f"{cell:<26}" for cell in cells)

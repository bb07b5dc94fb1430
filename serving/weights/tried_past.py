"""Proposed weights on past outcomes, at once: replayed on the past that the newest training kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.measured_rows import MeasuredRows
from features.params import RuleParams
from features.rule_weights import RuleWeights
from features.weighed_rows import Weighing
from serving.batch.run_documents import LoggedRun, alias_of, run_of
from training.band_backtest import Backtest, compared
from training.bootstrap import account_draws
from training.calibration import Matrix
from training.kept_past import FACTS, FILE, KeptPast, read_by
from training.replayed_past import PreparedPast

RESAMPLES = 200  # of accounts: enough for the ends of a 90 % interval, and an answer at once
SEED = 7
MOST_KEPT = 8  # ways of setting bands that are remembered of a past


@dataclass(frozen=True, eq=False)
class PastBook:
    """Past rows, measured under the rule's measures and made ready to be replayed. `version`: of the model
    whose training kept them."""

    version: str
    table: MeasuredRows
    past: PreparedPast
    _bands: dict[str, NDArray[np.str_]] = field(default_factory=dict)

    @cached_property
    def drawn(self) -> list[Matrix]:
        """The draws of the accounts: the same for every proposal, so that two can be compared."""
        return list(account_draws(np.arange(len(self.past.names)), RESAMPLES, SEED))

    def bands(self, rule: RuleParams) -> NDArray[np.str_]:
        """The band of every row under a rule of these measures; the last ones are remembered, since the
        weights in force are asked for with every proposal."""
        key = rule.model_dump_json(exclude={"measures", "exceptions"})
        if (found := self._bands.get(key)) is None:
            if len(self._bands) >= MOST_KEPT:
                self._bands.clear()
            found = self._bands[key] = Weighing(rule).scores(self.table).band
        return found


def past_book(registry: Path, rule: RuleParams) -> PastBook | None:
    """The past that the champion's training kept, or else the challenger's; None where none did, or where
    the rule reads what they did not keep."""
    version = alias_of(registry, "champion") or alias_of(registry, "challenger")
    run = None if version is None else run_of(registry, version)
    if version is None or run is None:
        return None
    measured = rule.model_dump_json(include={"measures", "exceptions"})
    return _read(run, version, measured)


def tried_past(book: PastBook, rule: RuleParams, before: RuleWeights, after: RuleWeights) -> Backtest:
    """The replay of both weights, with intervals bootstrapped by account."""
    bands = {"before": book.bands(before.over(rule)), "after": book.bands(after.over(rule))}
    return compared(book.past, bands, book.drawn)


@lru_cache(maxsize=2)
def _read(run: LoggedRun, version: str, measured: str) -> PastBook | None:
    """What a run kept never changes. `measured`: the rule's measures and exceptions, as JSON."""
    rule = RuleParams.model_validate_json(measured)
    kept = run.table(FILE, [*dict.fromkeys([*FACTS, *read_by(rule)])])
    settings = run.document("params.json")
    if kept is None or settings is None:
        return None
    found = KeptPast.of(kept, int(settings["training"]["horizon"].removesuffix("d")))
    if found is None:
        return None
    table = MeasuredRows.of(found.rows, rule, found.rows["segment"])
    return PastBook(version, table, PreparedPast.of(found.rows, found.churns, found.dates))

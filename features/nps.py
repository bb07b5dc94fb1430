"""The NPS features: by role (V1), by account (V2), how sure, and whether it moved (H7).

The engine counts people (features/nps_panel.py); shares, intervals and probabilities are worked out
from the counts in NumPy, row by row, so that a row's bits depend neither on the engine nor on which
other as-of dates are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.cohort import KEYS
from features.nps_change import heard_at, probabilities
from features.nps_panel import CLASSES, DATES, Date, cells, heard, people, there
from features.nps_posterior import (
    Flags,
    Floats,
    account_interval,
    account_nps,
    role_interval,
    role_nps,
    segment_shares,
)
from features.params import FeatureParams
from features.source_tables import ROLES
from features.warehouse import Warehouse

DECIDES = ROLES.index("decision_maker")


@dataclass(frozen=True)
class CountedPanel:
    """The panel of many accounts in numbers, a position per account and as-of date.

    `keys` has KEYS and `segment`; `cells` is (rows, roles, 4, 4): people by earlier and later class;
    `present` tells by date which roles somebody holds, (rows, roles).
    """

    keys: pd.DataFrame
    cells: Floats
    present: dict[Date, Flags]

    def heard(self, date: Date) -> Floats:
        """Detractors, passives, promoters by role at a date: (rows, roles, 3)."""
        return heard_at(self.cells, -1 if date == "later" else -2)

    def elsewhere(self) -> Floats:
        """How each role answers in the other accounts at the later date: (rows, roles, 3), see
        `segment_shares`. Both dates have this one prior: a segment's move is not the account's."""
        day = self.keys["as_of_day"].to_numpy("int64")
        return segment_shares(self.heard("later"), day, self.keys["segment"])


def counted(
    source: Warehouse, cohort: ir.Table, panel: ir.Table, gap: int, dates: tuple[Date, ...] = DATES
) -> CountedPanel:
    """Counts the people of `panel` (see `nps_panel.people`) for every account of the cohort."""
    accounts = source["accounts"].select("account_id", "segment")
    keys = cohort.left_join(accounts, "account_id").select(*KEYS, "segment")
    keys = keys.order_by("as_of_day", "account_id").to_pandas()
    present = {
        date: in_order(there(source, cohort, gap, date), keys, list(ROLES)) > 0
        if source.has("contacts")
        else np.zeros((len(keys), len(ROLES)), dtype=bool)
        for date in dates
    }
    return CountedPanel(keys, _cells(cells(panel), keys), present)


def _cells(table: ir.Table, keys: pd.DataFrame) -> Floats:
    """(rows, roles, 4, 4) in the order of `keys`, from the pairs of classes that anybody has."""
    found = table.to_pandas()
    accounts = pd.MultiIndex.from_frame(keys[list(KEYS)])
    row = accounts.get_indexer(pd.MultiIndex.from_frame(found[list(KEYS)]))
    role = pd.Index(ROLES).get_indexer(found["role"])
    numbers = np.zeros((len(keys), len(ROLES), len(CLASSES), len(CLASSES)))
    numbers[row, role, found["earlier"].to_numpy("int64"), found["later"].to_numpy("int64")] = found["people"]
    return numbers


def in_order(table: ir.Table, keys: pd.DataFrame, names: list[str]) -> Floats:
    """The columns of `table` in the order of `keys`; 0 where an account has no row."""
    found = table.to_pandas().set_index(list(KEYS))[names].astype("float64")
    aligned = found.reindex(pd.MultiIndex.from_frame(keys[list(KEYS)])).fillna(0.0)
    return np.asarray(aligned, dtype=np.float64)


def nps(source: Warehouse, cohort: ir.Table, params: FeatureParams) -> pd.DataFrame:
    """The family `nps`, a row per account of the cohort: KEYS, then the features as float64.

    `nps_<role>`: 100 (promoters − detractors) / n, −100 … 100 (Reichheld 2003); `nps_account`: their
    mean over the roles heard, weighted by `role_weights`. Null where nobody answered.
    `nps_account_half_width`: half the width of the interval that holds the account's latent NPS in
    at least 90 % (`account_interval`); roles present and silent widen it.
    `nps_account_change`, `nps_decision_maker_change`: now minus half a year earlier, −200 … 200, each
    level over the roles heard at its date, the earlier from answers given before then and known now.
    `nps_drop_probability`: that the account's NPS really fell between the two (`nps_change`).
    `decision_maker_detractors` is 0 where none was heard, and null where an answer with unknown
    score or role may be one (missing evidence never flatters).
    """
    windows, weights = params.windows, np.array([dict(params.role_weights)[role] for role in ROLES])
    answers = heard(source, cohort, params, windows.half_year).cache()
    panel = counted(source, cohort, people(answers), windows.half_year, ("later",))
    now, before = role_nps(panel.heard("later")), role_nps(panel.heard("earlier"))
    low, high = role_interval(panel.heard("later"), panel.elsewhere())
    account_low, account_high = account_interval(now, low, high, panel.present["later"], weights)
    account, account_before = account_nps(now, weights), account_nps(before, weights)
    fell, _ = probabilities(panel.cells, weights)
    year, half = windows.labels()["year"], windows.labels()["half_year"]
    said = {f"nps_{role}_{year}": now[:, place] for place, role in enumerate(ROLES)} | {
        f"nps_account_{year}": account,
        f"nps_account_half_width_{year}": (account_high - account_low) / 2,
        f"nps_account_change_{half}": account - account_before,
        f"nps_decision_maker_change_{half}": now[:, DECIDES] - before[:, DECIDES],
        f"nps_drop_probability_{half}": fell,
    }
    rows = pd.concat([panel.keys[list(KEYS)], pd.DataFrame(said)], axis=1)
    return rows.merge(_words(answers, cohort, year), on=list(KEYS), validate="one_to_one")


def _words(answers: ir.Table, cohort: ir.Table, year: str) -> pd.DataFrame:
    """How many answered, the lowest score of a decision maker, and how many of them detract."""
    now = answers.filter(answers.is_later)
    counts = now.group_by(*KEYS).agg(
        answers=now.ten.count(), lowest=now.ten.min(where=now.role == "decision_maker"), low=_detractors(now)
    )
    t = cohort.left_join(counts, KEYS)
    low = ibis.ifelse(t.answers.isnull(), 0, t.low)
    said = {
        f"nps_answers_{year}": t.answers.fill_null(0),
        f"decision_maker_score_{year}": t.lowest,
        f"decision_maker_detractors_{year}": low,
    }
    words: pd.DataFrame = t.select(*KEYS, **said).to_pandas().astype(dict.fromkeys(said, "float64"))
    return words


def _detractors(votes: ir.Table) -> ir.Value:
    """How many decision makers gave 0–6; null where none is sure and an unknown score or role may be one."""
    top = (votes.role == "decision_maker").fill_null(False)
    low = (votes.ten < 7).fill_null(False)
    sure = (top & low).sum()
    may_be = ((top | votes.role.isnull()) & (low | votes.ten.isnull())).sum()
    return ibis.ifelse((sure == 0) & (may_be > 0), ibis.null("int64"), sure)
